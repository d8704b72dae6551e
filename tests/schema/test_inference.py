import datetime

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SchemaError
from polymodal.schema.inference import infer_schema
from polymodal.schema.read import read_frame

N = 24
WORDS = [f"p{n:03}" for n in range(N)]
SENTENCES = [f"sentence number {n}" for n in range(N)]
PICTURES = [f"{n}.png" for n in range(N)]


def infer(columns, **declared):
    return infer_schema(read_frame(columns)[0], **declared)


def kinds(schema):
    return {name: one.kind for name, one in schema.modalities.items()}


@pytest.mark.parametrize(
    ("cells", "kind", "reason"),
    [
        (PICTURES, "image", "paths of pictures"),
        ([f"ecg/{n}.npy" for n in range(N)], "series", "paths of recorded series"),
        ([[1.0] * (n + 1) for n in range(N)], "series", "unequal length"),
        ([[1.0, 2.0, 3.0]] * N, "vector", "lists of 3 numbers"),
        (SENTENCES, "text", "words on average"),
        ([f"street{n // 2}" for n in range(N * 3)], "text", "single words of 36 values, too many for categories"),
        (["łódź", "雨", "🌧"] * 8, "tabular", "3 categories"),
        (["a", "NA", None] * 8, "tabular", "2 categories"),
        ([True, False, None] * 8, "tabular", "yes or no"),
        ([1.5, None, float("inf")] * 8, "tabular", "numbers"),
        ([str(n / 7) for n in range(N)], "tabular", "numbers written as text"),
        (pd.Categorical(["u", "v"] * 12), "tabular", "2 categories"),
        (pd.date_range("2020-01-01", periods=N), "moment", "timestamps"),
        (pd.date_range("2020-01-01", periods=N, tz="Asia/Tokyo"), "moment", "timestamps"),
        ([datetime.date(2020, 1, 1), None] * 12, "moment", "dates"),
        (["2020-01-01 10:00", "2021-03-01T10:00:30.5+02:00", None] * 8, "moment", "dates written YYYY-MM-DD"),
    ],
)
def test_one_column_is_recognised_with_a_reason(cells, kind, reason):
    schema = infer({"column": cells})
    assert list(kinds(schema).values()) == [kind]
    assert reason in schema.reasons["column"]


@pytest.mark.parametrize(
    ("name", "cells", "reason"),
    [
        ("code", WORDS, "single words, each different"),
        ("patient_id", ["a", "a", "b"] * 8, "its name says identifier"),
        ("patientID", list(range(100, 100 + N)), "its name says identifier"),
        ("index", list(range(N)), "it counts the rows"),
        ("", list(range(N)), "it counts the rows"),
        ("nothing", [None] * N, "it holds nothing"),
        ("record", [{"a": 1}] * N, "no modality recognises dict values"),
    ],
)
def test_columns_that_cannot_be_used_are_left_out_with_a_reason(name, cells, reason):
    schema = infer({name: cells, "note": SENTENCES})
    assert kinds(schema) == {"note": "text"}
    assert reason in schema.reasons[name or "Unnamed: 0"]
    with pytest.raises(SchemaError, match="no column is left to learn from"):
        infer({name: cells})


@pytest.mark.parametrize("name", ["paid", "squid", "valid", "mass_index", "id_card_valid"])
def test_names_that_only_end_like_an_identifier_are_used(name):
    assert kinds(infer({name: [3, 1, 4, 1, 5, 9]})) == {"tabular": "tabular"}


@pytest.mark.parametrize("separator", "_.:")
def test_wide_panels_become_vectors(separator):
    panel = {f"rna{separator}{gene}": np.arange(5.0) for gene in range(20)}
    schema = infer({**panel, "dose_a": np.arange(5.0), "age": [1, 2, 3, 4, 5]})
    assert kinds(schema) == {"rna": "vector", "tabular": "tabular"}
    assert schema.modalities["rna"].columns == tuple(panel)
    assert schema.modalities["tabular"].columns == ("age", "dose_a")
    assert schema.reasons["rna"] == f"20 columns of numbers that start with 'rna{separator}'"


def test_names_that_columns_have_are_not_taken():
    panel = {f"rna_{gene}": np.arange(3.0) for gene in range(20)}
    schema = infer({**panel, "rna": ["a b", "c d", "e f"], "tabular": [1.5, 2.5, 3.5]})
    assert kinds(schema) == {"rna": "text", "rna_columns": "vector", "tabular_columns": "tabular"}


def test_types_override_and_the_rest_is_inferred():
    columns = {
        "photo": WORDS,
        "ecg": [[1.0, 2.0]] * N,
        "a": [1.5] * N,
        "b": ["x"] * N,
        "g_1": [1.0] * N,
        "g_2": [2.0] * N,
    }
    schema = infer(
        columns,
        types={
            "photo": "image",
            "ecg": pm.Series(rate=500),
            "clinic": pm.Tabular(columns=["a"]),
            "genes": pm.Vector(prefix="g_"),
            "b": {"kind": "text", "max_words": 9},
        },
    )
    assert kinds(schema) == {"photo": "image", "ecg": "series", "clinic": "tabular", "genes": "vector", "b": "text"}
    assert schema.modalities["genes"].columns == ("g_1", "g_2")
    assert schema.modalities["ecg"].rate == 500
    assert schema.modalities["b"].max_words == 9
    assert set(schema.reasons.values()) == {"given"}


def test_targets_roles_and_ignored_columns_are_no_inputs():
    columns = {name: np.arange(N) % 3 + shift for shift, name in enumerate("abcdefgh")}
    schema = infer(
        columns,
        target=["a", pm.Survival("b", "c", event_values=(2,))],
        roles={"id": "d", "group": "d", "time": "e", "weight": "f"},
        ignore="g",
    )
    assert schema.modalities["tabular"].columns == ("h",)
    assert set(schema.targets) == {"a", "survival"}
    assert schema.roles == {"id": "d", "group": "d", "time": "e", "weight": "f"}


def test_the_schema_travels_as_json():
    schema = infer(
        {"note": SENTENCES, "age": list(range(N)), "died": [0, 1] * 12}, target="died", types={"age": "tabular"}
    )
    assert pm.Schema.model_validate_json(schema.model_dump_json()) == schema


def test_only_kinds_that_take_numbers_are_asked_about_columns_of_numbers(monkeypatch):
    asked = []
    monkeypatch.setattr(pm.Audio, "recognises", classmethod(lambda cls, values, files: asked.append(values.name)))
    infer_schema(pd.DataFrame({"age": [1.5, 2.5], "note": ["chest pain", "all is well"], "ill": [True, False]}))
    assert asked == ["note"]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([f"{n},5" for n in range(N)], "numbers written with a comma, such as '0,5'"),
        ([f"{n % 5} %" for n in range(N)], "percentages"),
        ([f"${n}.50" for n in range(N)], "amounts of money"),
        ([f"{n + 1:02}.03.2024" for n in range(N)], "dates, such as '01.03.2024'"),
    ],
)
def test_what_looks_like_numbers_or_dates_is_pointed_out(cells, says):
    reasons = infer({"column": cells, "age": range(N)}).reasons
    assert says in reasons["column"]
    assert "looks like" not in reasons["age"]


def test_the_reason_of_a_table_points_at_its_columns():
    reason = infer({"share": ["10 %", "20 %"] * N, "age": list(range(2 * N))}).reasons["tabular"]
    assert reason == (
        "2 columns of numbers and categories; 'share' looks like percentages, such as '10 %': leave the sign out"
    )
