"""Bags of ids: how they are written, what is counted, what ids never met become."""

import json

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.modalities.tokens import FIRST, MARK, Tokens, TokensStatistics
from polymodal.schema.cells import State


def read(cells: list[object], **settings: object):
    return Tokens(**settings).read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), None)


@pytest.mark.parametrize(
    "cell",
    [
        "b|a|b",
        " b |a|| b ",
        ["b", "a", "b"],
        ("b", None, "b", "a"),
        np.array(["a", "b", "b"]),
        {"a": 1, "b": 2.0, "c": 0, "d": None},
        "['b', 'a', 'b']",
        '["a","b","b"]',
        "b a b",
    ],
)
def test_one_bag_in_many_ways(cell: object) -> None:
    cells = read([cell])
    assert cells.samples == [{"a": 1.0, "b": 2.0}]
    assert list(cells.samples[0]) == ["a", "b"]


def test_numbers_are_ids_and_sets_have_no_counts() -> None:
    assert read([[7, 7.0, "7"], {8, 9}]).samples == [{"7": 3.0}, {"8": 1.0, "9": 1.0}]


def test_an_empty_string_is_a_bag_of_nothing() -> None:
    assert (
        read(["", {"a": 0}, [], None, [None], {"a": None}]).state.tolist() == [State.PRESENT] * 2 + [State.ABSENT] * 4
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (3.5, "float came"),
        ([["a"], ["b"]], "an id is a word or a whole number, ['a'] came"),
        ([1.5], "1.5 came"),
        ({"a": -1}, "a count is a finite number from 0, -1 came for 'a'"),
        ({"a": float("inf")}, "inf came"),
        ({"a": "many"}, "'many' came"),
    ],
)
def test_what_is_no_bag_is_unreadable(cell: object, said: str) -> None:
    cells = read([cell])
    assert cells.state.tolist() == [State.UNREADABLE]
    assert said in cells.faults[0].reason


def test_the_delimiter_of_the_table_is_kept_for_single_rows() -> None:
    frame = pd.DataFrame({"x": ["new york;rome", "rome"]})
    kind = Tokens().resolve("x", frame)
    assert isinstance(kind, Tokens)
    assert kind.delimiter == ";"
    assert kind.read("x", pd.DataFrame({"x": ["new york"]}), None).samples == [{"new york": 1.0}]
    assert read(["a, b|c"], delimiter=",").samples == [{"a": 1.0, "b|c": 1.0}]


def test_codes_of_frequent_ids_and_buckets_of_the_rest() -> None:
    kind = Tokens(max_vocabulary=2, buckets=3)
    statistics = kind.measure([{"a": 9.0, "b": 1.0}, {"b": 1.0, "c": 1.0}, {"c": 1.0}])
    assert statistics.ids == ("b", "c")  # in most bags, however often in one
    assert statistics.n_codes == FIRST + 2 + 3
    array = kind.prepare({"a": 4.0, "b": 1.0, "never met": 1.0}, statistics)
    assert array[0].tolist() == [MARK, 1.0]
    assert array[2].tolist() == [FIRST, 1.0]
    assert array[1, 1] == pytest.approx(1 + np.log(4))
    assert all(FIRST + 2 <= code < statistics.n_codes for code in array[[1, 3], 0])
    assert kind.prepare({"🌧": 1.0, "\ud800": 1.0}, statistics).shape == (3, 2)


def test_ids_met_once_among_many_share_codes_so_that_those_are_learnt() -> None:
    samples = [{"often": 1.0, f"once {row}": 1.0} for row in range(1_000)]
    assert Tokens().measure(samples).ids == ("often",)


def test_statistics_survive_json() -> None:
    statistics = Tokens().measure([{"a": 1.0}, {"ß": 1.0}])
    assert TokensStatistics.model_validate(json.loads(statistics.model_dump_json())) == statistics


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([["a", "b"], ["c"], None], "lists of words"),
        ([np.array(["a", "b"], dtype=object), ["c", None]], "lists of words"),
        ([{1, 2}, {3}], "lists of words"),
        (["Action|Comedy", "Comedy", "Action|Drama|Comedy", "Drama|Action"] * 3, "ids with | between them, 2.0"),
        (["a|b", "c|d"], None),
        (["chest pain", "all is well"], None),
        ([[1.0, 2.0], [3.0]], None),
        ([[["a"], ["b"]]], None),
        ([], None),
    ],
)
def test_recognised_only_where_it_is_plain(cells: list[object], reason: str | None) -> None:
    found = Tokens.recognises(pd.Series(cells, dtype=object), None)
    assert found == reason if reason is None else found is not None and found.startswith(reason)


def test_a_table_learns_which_id_counts() -> None:
    random = np.random.default_rng(0)
    goods = [f"g{number}" for number in range(12)]
    baskets = [[str(one) for one in random.choice(goods, 4)] for _ in range(150)]
    table = pm.Table.read({"basket": baskets, "y": ["yes" if "g3" in one else "no" for one in baskets]}, target="y")
    assert isinstance(table.schema.modalities["basket"], Tokens)
    model = pm.Model(preset="fast", learners=["linear"]).fit(table.take(np.arange(100)), progress=False)
    rest = table.take(np.arange(100, 150))
    assert (model.predict(rest).values() == rest.frame["y"]).mean() >= 0.95


def test_shown_short_and_escaped() -> None:
    shown = Tokens().html({"<b>": 2.0, **{f"g{number}": 1.0 for number in range(30)}})
    assert "&lt;b&gt; &times; 2" in shown
    assert "and 11 more" in shown
