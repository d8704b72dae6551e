"""Targets and types as they are typed."""

import pytest

from polymodal.cli._table import parse_targets, parse_types
from polymodal.errors import SettingError
from polymodal.modalities.series import Series
from polymodal.modalities.tabular import Tabular
from polymodal.modalities.vector import Vector
from polymodal.schema.target import Category, Multilabel, Number, Survival


@pytest.mark.parametrize(
    ("spec", "name", "target"),
    [
        ("outcome", "outcome", None),
        ("rna:TP53", "rna:TP53", None),
        ("category", "category", None),
        ("category:grade", "grade", Category()),
        ("number:bmi", "bmi", Number()),
        ("multilabel:findings", "findings", Multilabel()),
        ("multilabel:findings:a,b", "findings", Multilabel(columns=("a", "b"))),
        ("survival:days:dead", "survival", Survival("days", "dead")),
        ("survival:days:dead:2", "survival", Survival("days", "dead", event_values=(2,))),
    ],
)
def test_target(spec: str, name: str, target: object) -> None:
    assert parse_targets([spec]) == {name: target}


def test_target_that_makes_no_sense_is_told_what_is_allowed() -> None:
    with pytest.raises(SettingError, match="survival:TIME:EVENT"):
        parse_targets(["survival:days"])


@pytest.mark.parametrize(
    ("spec", "name", "modality"),
    [
        ("ecg=series", "ecg", Series()),
        ("ecg=series,rate=500", "ecg", Series(rate=500)),
        ("rna=vector,prefix=rna:", "rna", Vector(prefix="rna:")),
        ("vitals=tabular,columns=age+pulse", "vitals", Tabular(columns=("age", "pulse"))),
    ],
)
def test_type(spec: str, name: str, modality: object) -> None:
    assert parse_types([spec]) == {name: modality}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("ecg", "NAME=KIND"),
        ("ecg=serie", "Did you mean 'series'"),
        ("ecg=series,rat=5", "Did you mean 'rate'"),
        ("ecg=series,rate", "no SETTING=VALUE"),
        ("ecg=series,rate=fast", "rate: Input should be a valid number"),
    ],
)
def test_type_that_makes_no_sense_is_told_what_is_allowed(spec: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        parse_types([spec])
