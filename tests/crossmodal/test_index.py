"""Search by any part of a row: against all scores written out, with filters, and what cannot be asked."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.crossmodal.index import Index
from polymodal.errors import SchemaError, SettingError


@pytest.fixture(scope="module")
def index(model: pm.Model, test: pm.Table) -> Index:
    return model.index(test)


def by_hand(model: pm.Model, index: Index, query: dict[str, object], among: list[str]) -> np.ndarray:
    """`[N]` mean cosine of every part with every cell, all moved to have their middles at the origin."""
    vectors, asked = index.vectors, model.vectors(query)
    score, count = np.zeros(len(index)), np.zeros(len(index))

    def moved(one: np.ndarray, name: str) -> np.ndarray:
        one = one - vectors.values[name].mean(axis=0)
        return one / np.linalg.norm(one, axis=1, keepdims=True)

    for name in among:
        parts = [moved(asked.values[part], part)[0] for part in asked.modalities]
        score[vectors.rows[name]] += moved(vectors.values[name], name) @ np.mean(parts, axis=0)
        count[vectors.rows[name]] += 1
    return np.where(count > 0, score / np.maximum(count, 1), -np.inf)


@pytest.mark.parametrize(
    ("query", "among"),
    [
        ({"note": "letter2 shade0"}, ["panel"]),
        ({"panel": np.arange(10.0)}, ["note"]),
        ({"panel": np.arange(10.0), "note": "letter1"}, ["panel", "note"]),
    ],
)
def test_the_best_of_all_scores(model: pm.Model, index: Index, query: dict[str, object], among: list[str]) -> None:
    [found] = index.search(query, k=7)
    expected = by_hand(model, index, query, among)
    best = np.argsort(-expected, kind="stable")[:7]
    np.testing.assert_allclose(found["score"], expected[best], atol=1e-5)
    assert set(found.columns[3:]) == set(among)


def test_words_that_were_never_met_are_told(index: Index) -> None:
    assert index.search(note="letter4 of all", k=1).faults == ()
    hits = index.search([{"note": "letter4"}, {"note": "something quite new"}], k=1)
    assert hits.faults == (
        "query 1, 'note': none of its words was met in training: 'something', 'quite', 'new'; what it finds is a guess",
    )
    assert "none of its words was met in training" in str(hits)


def test_a_sentence_finds_panels_of_its_letter(index: Index, test: pm.Table) -> None:
    hits = index.search(note="letter4 shade2", k=4)
    assert (hits.rows().frame["letter"] == "l4").mean() >= 0.75
    assert hits.rows().frame["panel"].notna().all()


def test_a_condition_on_other_columns_holds(index: Index) -> None:
    hits = index.search(note="letter4", k=200, where="price < 30")
    assert 0 < len(hits[0]) < 60
    assert (hits.rows().frame["price"] < 30).all()
    assert index.search(note="letter4", where="price < -1")[0].empty


def test_one_modality_may_be_asked_for(index: Index) -> None:
    [found] = index.search(note="letter4", among="note", k=3)
    assert list(found.columns) == ["rank", "row", "score", "note"]


def test_many_queries_at_once(index: Index, test: pm.Table) -> None:
    some = test.take(np.arange(3))
    hits = index.search(some, k=2)
    assert len(hits) == 3
    assert len(hits.to_pandas()) == 6
    for number in range(3):
        [alone] = index.search(some.take(np.array([number])), k=2)
        pd.testing.assert_frame_equal(alone, hits[number])


def test_hits_print_and_are_json(index: Index) -> None:
    hits = index.search(note="letter4", k=2)
    assert "rank" in str(hits)
    assert "<table>" in hits._repr_html_()
    [one] = hits.to_dict()
    assert [hit["rank"] for hit in one["found"]] == [1, 2]


def test_what_cannot_be_asked(index: Index) -> None:
    with pytest.raises(SettingError, match="one query, or its parts by name"):
        index.search()
    with pytest.raises(SettingError, match="k is a whole number from 1; 0 came"):
        index.search(note="a", k=0)
    with pytest.raises(SettingError, match=r"among='notes' is no modality of the rows. Did you mean 'note'"):
        index.search(note="a", among="notes")
    with pytest.raises(SettingError, match="where='cost < 3' cannot be asked"):
        index.search(note="a", where="cost < 3")
    with pytest.raises(SchemaError, match="query 0 has nothing that can be read"):
        index.search({"note": None})
    with pytest.raises(SchemaError, match="nota"):
        index.search(nota="a")
    with pytest.raises(SchemaError, match="there is no row to look for"):
        index.search([])
    with pytest.raises(SettingError, match="among= names no modality"):
        index.search(note="a", among=[])
    with pytest.raises(SettingError, match="where= is a condition as text"):
        index.search(note="a", where=3)
    with pytest.raises(SettingError, match="least is a mean cosine"):
        index.duplicates("most")
    with pytest.raises(SchemaError, match=r"nothing that can be read.*10 numbers were learnt, 2 came"):
        index.search(panel=[1.0, 2.0])


def test_a_query_that_cannot_be_read_is_told_and_others_are_answered(index: Index) -> None:
    hits = index.search([{"note": "letter1"}, {"note": None}, {"panel": "loud", "note": "letter2"}], k=np.int64(2))
    assert [len(one) for one in hits] == [2, 0, 2]
    assert hits.faults[0] == "query 1 has nothing that can be read, and finds nothing"
    assert "a list of numbers is expected" in hits.faults[1]
    assert "query 1 has nothing" in str(hits)
