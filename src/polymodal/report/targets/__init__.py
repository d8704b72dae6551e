"""How each kind of target is shown: its answer for a row, which rows are instructive, answers against the truth."""

from __future__ import annotations

from polymodal.lattice import Lattice
from polymodal.predictions import Predictions
from polymodal.report.targets._view import Answer, Bar, Notable, View
from polymodal.report.targets.category import CategoryView
from polymodal.report.targets.multilabel import MultilabelView
from polymodal.report.targets.number import NumberView
from polymodal.report.targets.ordinal import OrdinalView
from polymodal.report.targets.survival import SurvivalView

VIEWS: dict[str, type[View]] = {
    "category": CategoryView,
    "multilabel": MultilabelView,
    "number": NumberView,
    "ordinal": OrdinalView,
    "survival": SurvivalView,
}
__all__ = ["VIEWS", "Answer", "Bar", "Notable", "View", "view_of"]


def view_of(name: str, lattice: Lattice, predictions: Predictions) -> View:
    """The view of one target."""
    return VIEWS[lattice.targets[name].kind](name, lattice, predictions)
