"""What is to be learnt: settings, and how labels are read from a table with their gaps. One kind a file."""

from __future__ import annotations

from polymodal.schema.target._discrete import Discrete
from polymodal.schema.target._target import Label, Labels, Target
from polymodal.schema.target._threshold import Wish, wish_of
from polymodal.schema.target.category import Category
from polymodal.schema.target.multilabel import Multilabel
from polymodal.schema.target.number import Number
from polymodal.schema.target.ordinal import Ordinal
from polymodal.schema.target.survival import Survival

__all__ = [
    "TARGETS",
    "Category",
    "Discrete",
    "Label",
    "Labels",
    "Multilabel",
    "Number",
    "Ordinal",
    "Survival",
    "Target",
    "Wish",
    "wish_of",
]

TARGETS: dict[str, type[Target]] = {kind.kind: kind for kind in (Category, Multilabel, Number, Ordinal, Survival)}
