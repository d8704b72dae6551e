"""Targets and types as they are typed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from polymodal.cli._table import parse_encoders, parse_targets, parse_types, read_table
from polymodal.errors import SchemaError, SettingError
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


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("survival:days", "survival:TIME:EVENT"),
        ("category:ill:decid=f1", "category has no setting 'decid'. Did you mean 'decide'?"),
        ("number:bmi:decide=0.5", "number has no setting 'decide'. Allowed: none"),
    ],
)
def test_target_that_makes_no_sense_is_told_what_is_allowed(spec: str, says: str) -> None:
    with pytest.raises(SettingError, match=re.escape(says)):
        parse_targets([spec])


def test_what_stands_before_a_colon_and_is_no_kind_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("age,outcome,x:y\n1,no,3\n2,yes,4\n")
    with pytest.raises(SchemaError, match=r"'categry' is no kind of target either.* Did you mean 'category'"):
        read_table(tmp_path / "a.csv", files=None, targets=["categry:outcome"])
    assert list(read_table(tmp_path / "a.csv", files=None, targets=["x:y"]).schema.targets) == ["x:y"]


@pytest.mark.parametrize(
    ("parse", "specs"),
    [
        (parse_targets, ["age", "number:age"]),
        (parse_types, ["ecg=series", "ecg=image"]),
        (parse_encoders, ["note=a", "note=b"]),
    ],
    ids=["target", "type", "encoder"],
)
def test_what_is_named_twice_is_refused(parse: Callable[[list[str]], object], specs: list[str]) -> None:
    with pytest.raises(SettingError, match="twice; leave one of them out"):
        parse(specs)


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
