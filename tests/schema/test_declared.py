import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SchemaError
from polymodal.schema.declared import infer_target
from polymodal.schema.inference import infer_schema

FRAME = pd.DataFrame({"outcome": ["a", "b"] * 3, "age": np.arange(6.0), "ward": list("xyzxyz"), "dead": [0, 1] * 3})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["yes", "no"], "category"),
        ([True, False, None], "category"),
        ([0, 1, None], "category"),
        (list(range(10)), "category"),
        (list(range(11)), "number"),
        ([0.5, 1.5], "number"),
        ([str(n) for n in range(30)], "number"),
        (pd.Categorical(range(30)), "category"),
        (pd.Categorical(["low", "high"], categories=["low", "high"], ordered=True), "ordinal"),
        ([["a"], ["a", "b"], None], "multilabel"),
    ],
)
def test_the_kind_of_a_target_is_inferred(values, kind):
    assert infer_target("t", pd.Series(values))[0].kind == kind


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("outcome", {"outcome": pm.Category(classes=("a", "b"))}),
        (
            ["outcome", "age"],
            {"outcome": pm.Category(classes=("a", "b")), "age": pm.Category(classes=(0, 1, 2, 3, 4, 5))},
        ),
        ({"age": pm.Number()}, {"age": pm.Number()}),
        ({"age": "number", "outcome": None}, {"age": pm.Number(), "outcome": pm.Category(classes=("a", "b"))}),
        (pm.Survival("age", "dead"), {"survival": pm.Survival("age", "dead")}),
        ({"os": pm.Survival("age", "dead")}, {"os": pm.Survival("age", "dead")}),
    ],
)
def test_ways_to_name_targets(target, expected):
    assert infer_schema(FRAME, target=target).targets == expected


def test_every_fault_is_shown_at_once_with_near_misses():
    with pytest.raises(SchemaError) as caught:
        infer_schema(
            FRAME,
            target=["outcom", pm.Survival("age", "ded")],
            roles={"group": "wards"},
            types={"photo": "imge", "agee": "tabular", "clinic": pm.Tabular(columns=("age", "wrad"))},
            ignore=["nothing"],
        )
    assert len(caught.value.faults) == 7
    message = str(caught.value)
    for fault in (
        "target 'outcom': no column 'outcom'. Did you mean 'outcome'? Allowed: 'age', 'dead', 'outcome', 'ward'.",
        "target 'survival': no column 'ded'. Did you mean 'dead'?",
        "group=: no column 'wards'. Did you mean 'ward'?",
        "types['photo']: unknown modality 'imge'. Did you mean 'image'?",
        "types['agee']: no column 'agee'. Did you mean 'age'?",
        "types['clinic']: no column 'wrad'. Did you mean 'ward'?",
        "ignore=: no column 'nothing'.",
    ):
        assert fault in message


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"target": "outcome", "types": {"outcome": "text"}}, "'outcome' is named by target 'outcome' and by types"),
        ({"target": "age", "roles": {"id": "age"}}, "'age' is named by id= and by target 'age'"),
        ({"types": {"a": pm.Tabular(columns=("age",)), "b": pm.Tabular(columns=("age",))}}, "'age' is named by types"),
        ({"types": {"ward": pm.Tabular(columns=("age",))}}, "a column has this name; choose another name"),
        ({"types": {"ward": 3}}, "a modality such as pm.Text"),
        ({"types": {"ward": {"kind": "text", "max_words": 0, "size": 3}}}, "max_words: .*; 0 came; no setting 'size'"),
        ({"types": {"g": pm.Vector(prefix="gene_")}}, "no column starts with 'gene_'"),
        ({"roles": {"group": "tags"}}, "group='tags' holds list values"),
        ({"target": {"age": 3}}, "a Target such as pm.Category"),
        ({"target": pm.Category()}, "target 'category': no column 'category'"),
        ({"target": [pm.Survival("age", "dead"), pm.Survival("age", "dead")]}, "two targets are named 'survival'"),
    ],
)
def test_declarations_that_clash(declared, message):
    with pytest.raises(SchemaError, match=message):
        infer_schema(FRAME.assign(tags=[["a"]] * 6), **declared)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a"] * 6, "one class only, 'a'"),
        ([None] * 6, "no known label"),
        ([1.5] * 6, "never varies"),
        ([0.5, np.inf, 1, 2, 3, 4], "infinite in 1 rows"),
        ([0, np.inf, 1, 0, 1, 0], "infinite in 1 rows"),
        (pd.date_range("2020", periods=6), "holds Timestamp values"),
        ([None, 1j] * 3, "holds complex"),
    ],
)
def test_labels_that_cannot_be_learnt(values, message):
    with pytest.raises(SchemaError, match=message):
        infer_schema(FRAME.assign(t=values), target="t")


def test_a_different_text_in_each_row_is_no_class():
    frame = pd.DataFrame({"t": [f"text {n}" for n in range(12)], "age": range(12)})
    with pytest.raises(SchemaError, match="a different text in each of its 12 rows"):
        infer_schema(frame, target="t")
    assert infer_schema(frame, target={"t": pm.Category()}).targets["t"].kind == "category"


def test_classes_that_look_alike_are_pointed_out():
    _, reason = infer_target("t", pd.Series(["yes", "no", "yes "]))
    assert reason == "text of 3 values; 'yes' and 'yes ' count as two classes, though only spaces or capitals differ"
    assert infer_target("t", pd.Series(["yes", "no", "no"]))[1] == "text of 2 values"
