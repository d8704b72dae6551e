"""A space learnt from which cells stand in one row: found across modalities, saved, refused where it cannot be."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import FitError, SettingError


def test_what_belongs_together_is_found_both_ways(model: pm.Model, test: pm.Table) -> None:
    found = model.retrieval(test)
    present = test.present()
    for pair in (("panel", "note"), ("note", "panel")):
        one = found[pair]
        assert one.rows == int(present.all(axis=1).sum())
        assert one.recall[10] > 0.9  # about eight rows show each letter
        assert one.recall[10] > 2 * one.by_chance[10]


def test_vectors_are_of_what_is_there(model: pm.Model, test: pm.Table) -> None:
    vectors = model.vectors(test)
    for place, name in enumerate(test.schema.names):
        assert vectors.rows[name].tolist() == np.flatnonzero(test.present()[:, place]).tolist()
        np.testing.assert_allclose(np.linalg.norm(vectors.values[name], axis=1), 1, atol=1e-5)


def test_a_cell_has_its_vector_whatever_stands_around_it(model: pm.Model, test: pm.Table) -> None:
    every, some = model.vectors(test), model.vectors(test.take(np.arange(5)))
    for name, rows in some.rows.items():
        np.testing.assert_allclose(some.values[name], every.values[name][: len(rows)], atol=1e-5)


def test_saved_and_loaded_it_says_the_same(model: pm.Model, test: pm.Table, tmp_path: Path) -> None:
    again = pm.load(model.save(tmp_path / "space.pm"))
    first, second = model.vectors(test), again.vectors(test)
    for name in first.modalities:
        assert (first.values[name] == second.values[name]).all()
    assert again.objective == "align"


def test_a_target_is_learnt_beside_the_space(make_table: Callable[..., pm.Table]) -> None:
    rows = make_table(300, seed=0, target="letter")
    model = pm.Model(objective="align", width=32, epochs=10, learners=["network"]).fit(rows, progress=False)
    assert model.retrieval(make_table(100, seed=1))["note", "panel"].recall[10] > 0.4
    asked = make_table(100, seed=1, target="letter")
    assert (model.predict(asked).values() == asked.frame["letter"]).mean() > 0.5


@pytest.mark.parametrize("contrast", ["infonce", "total_correlation"])
def test_other_contrasts(contrast: str, train: pm.Table, test: pm.Table) -> None:
    model = pm.Model(objective="align", contrast=contrast, hub="note", width=32, epochs=12).fit(train, progress=False)
    [first, *_] = model.index(test).search(note="letter3 shade1", k=5)
    shown = test.frame.loc[first["row"], "note"].dropna()
    assert shown.str.startswith("letter3 ").mean() > 0.5


def test_rows_that_show_the_same_are_all_right(make_table: Callable[..., pm.Table], tmp_path: Path) -> None:
    rows, asked = make_table(200, seed=0), make_table(60, seed=1)
    model = pm.Model(objective="align", same="letter", width=16, epochs=20).fit(rows, progress=False)
    found = model.retrieval(asked)["panel", "note"]
    assert found.recall[1] > 0.8
    assert found.by_chance[1] == pytest.approx(1 / 12, abs=0.03)
    # Where the column is not there, the cells of a row belong together and nothing is said of others.
    unknown = pm.Table.read(asked.frame.drop(columns="letter"), types=dict(asked.schema.modalities), ignore=["price"])
    assert model.retrieval(unknown)["panel", "note"].by_chance[1] < 0.05
    assert pm.load(model.save(tmp_path / "space.pm")).same == "letter"


def test_a_model_of_a_space_predicts_nothing(model: pm.Model, test: pm.Table) -> None:
    for verb in (model.predict, model.evaluate, model.explain):
        with pytest.raises(FitError, match="learnt a shared space and no target; ask vectors, retrieval or index"):
            verb(test)


def test_a_model_of_targets_has_no_space(make_table: Callable[..., pm.Table]) -> None:
    rows = pm.Table.read({"x": [0.0, 1.0] * 10, "y": ["a", "b"] * 10}, target="y")
    fitted = pm.Model(preset="fast").fit(rows, progress=False)
    with pytest.raises(FitError, match=r"no shared space; fit it with Model\(objective='align'\)"):
        fitted.vectors(rows)
    with pytest.raises(FitError, match="not fitted yet"):
        pm.Model(objective="align").index(rows)
    with pytest.raises(SettingError, match=r"none is trained; preset='good' trains one"):
        pm.Model(objective="align", preset="fast").fit(make_table(40, 0, target="letter"))


def test_what_cannot_be_aligned_is_said_at_once(train: pm.Table, make_table: Callable[..., pm.Table]) -> None:
    with pytest.raises(SettingError) as caught:
        pm.Model(objective="align", contrast="sigmoidal", hub="nota", folds=5, pretrain=2).fit(train)
    for said in (
        "unknown contrast 'sigmoidal'",
        "hub='nota' is no modality",
        "one space; folds=5",
        "pretrain=2 is about",
    ):
        assert said in str(caught.value)
    with pytest.raises(SettingError, match="hub='note' says whom modalities are paired with"):
        pm.Model(hub="note").fit(make_table(40, 0, target="letter"))
    alone = pm.Table.read({"note": ["a b", "c d"] * 10}, types={"note": "text"})
    with pytest.raises(SettingError, match="takes two modalities or more; the table has note"):
        pm.Model(objective="align").fit(alone)
    with pytest.raises(SettingError, match=r"without one: Model\(objective='align'\)"):
        pm.Model().fit(train)


def test_rows_that_share_nothing_cannot_be_learnt_from() -> None:
    halves = {"note": ["a b"] * 10 + [None] * 10, "panel": [None] * 10 + [[0.0, 1.0, 2.0]] * 10}
    apart = pm.Table.read(halves, types={"note": "text", "panel": "vector"})
    with pytest.raises(FitError, match="0 of 20 rows have cells of two modalities"):
        pm.Model(objective="align").fit(apart)


@pytest.mark.parametrize("hub", [None, "note"])
def test_a_modality_without_any_pair_is_named(hub: str | None) -> None:
    frame = {"note": ["a b"] * 20 + [None] * 10, "panel": [[0.0, 1.0]] * 20 + [None] * 10}
    frame |= {"other": [None] * 20 + [[1.0, 2.0]] * 10}
    types = {"note": "text", "panel": "vector", "other": "vector"}
    with pytest.raises(FitError, match=r"no row has 'other' \(10 cells\) together with .*; bring rows that have both"):
        pm.Model(objective="align", hub=hub).fit(pm.Table.read(frame, types=types))
