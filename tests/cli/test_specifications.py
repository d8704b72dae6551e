"""Targets and types as they are typed."""

import pytest

from polymodal.cli._table import parse_targets, parse_types
from polymodal.errors import SettingError
from polymodal.modalities.image import Image
from polymodal.modalities.series import Series
from polymodal.modalities.tabular import Tabular
from polymodal.modalities.vector import Vector
from polymodal.schema.target import Category, Multilabel, Number, Ordinal, Survival


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
        ("ordinal:rating", "rating", Ordinal()),
        ("ordinal:grade:levels=low,high", "grade", Ordinal(levels=("low", "high"))),
        ("category:ill:class_weight=balanced", "ill", Category(class_weight="balanced")),
        (
            "category:ill:class_weight=yes=5,no=1:decide=0.3",
            "ill",
            Category(class_weight={"yes": 5, "no": 1}, decide=0.3),
        ),
        ("category:ill:decide=recall>=0.9", "ill", Category(decide="recall>=0.9")),
        ("multilabel:tags:decide=f1", "tags", Multilabel(decide="f1")),
        ("multilabel:tags:a,b:thresholds=0.1,0.5", "tags", Multilabel(columns=("a", "b"), thresholds=(0.1, 0.5))),
        ("survival:days:dead", "survival", Survival("days", "dead")),
        ("survival:days:dead:2", "survival", Survival("days", "dead", event_values=(2,))),
    ],
)
def test_target(spec: str, name: str, target: object) -> None:
    assert parse_targets([spec]) == {name: target}


@pytest.mark.parametrize("spec", ["survival:days", "category:ill:weight=3", "number:bmi:decide=0.5"])
def test_target_that_makes_no_sense_is_told_what_is_allowed(spec: str) -> None:
    with pytest.raises(SettingError, match="survival:TIME:EVENT"):
        parse_targets([spec])


def test_settings_that_mean_nothing_are_told_why() -> None:
    with pytest.raises(SettingError, match=r"'category:ill:decide=f2': Category: decide is .* 'f2' came"):
        parse_targets(["category:ill:decide=f2"])


@pytest.mark.parametrize(
    ("spec", "name", "modality"),
    [
        ("ecg=series", "ecg", Series()),
        ("ecg=series,rate=500", "ecg", Series(rate=500)),
        ("rna=vector,prefix=rna:", "rna", Vector(prefix="rna:")),
        ("vitals=tabular,columns=age+pulse", "vitals", Tabular(columns=("age", "pulse"))),
        ("photos=image,many=true,size=32", "photos", Image(many=True, size=32)),
        ("ward=series,irregular=true,channels=hr+o2", "ward", Series(irregular=True, channels=("hr", "o2"))),
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
