"""A model learns from a store that does not fit into memory, and says what it did not look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.store.disk.store import Store
from polymodal.store.loader.outline import outline
from polymodal.store.loader.streamed import Streamed
from polymodal.store.preprocessing import Preprocessor

N_ROWS = 160
QUICK = {"folds": 1, "epochs": 5, "batch_size": 32, "width": 16}


@pytest.fixture(scope="module")
def table() -> pm.Table:
    random = np.random.default_rng(0)
    ill = np.arange(N_ROWS) % 2 == 1
    frame = pd.DataFrame(
        {
            "age": np.where(ill, 70, 50) + random.normal(0, 6, N_ROWS),
            "note": [f"{'chest pain' if one else 'a cold'}, day {row % 9}" for row, one in enumerate(ill)],
            "scan": [random.normal(one, 1, 12).astype(np.float32) for one in ill],
            "day": np.arange(N_ROWS) % 9,
            "ill": np.where(ill, "yes", "no"),
        }
    )
    for column in ("age", "note", "scan"):
        frame.loc[random.random(N_ROWS) < 0.3, column] = None
    return pm.Table.read(frame, target="ill", types={"scan": "series", "note": "text"}, ignore="day")


@pytest.fixture(scope="module")
def store(table: pm.Table, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return pm.Store.create(tmp_path_factory.mktemp("store") / "rows.lance", table)


@pytest.fixture(scope="module")
def fitted(store: Store) -> pm.Model:
    return pm.Model(learners=["network", "linear"], **QUICK).fit(store, memory=0)


def test_an_outline_knows_what_the_table_knows(store: Store) -> None:
    read, told = store.table(), outline(store)
    assert told.present().tolist() == read.present().tolist()
    assert told.labels("ill").values.tolist() == read.labels("ill").values.tolist()
    assert told.take(np.array([5, 3])).present().tolist() == read.present()[[5, 3]].tolist()


@pytest.mark.parametrize("memory", [0, "1GB"], ids=["streamed", "held"])
def test_a_column_says_which_rows_show_the_same(store: Store, memory: float | str) -> None:
    settings = {"objective": "align", "same": "day", "width": 8, "epochs": 2, "learners": ["network"]}
    model = pm.Model(**settings).fit(store, memory=memory)
    assert model.retrieval(store.table())["note", "scan"].by_chance[1] > 0.1  # each day is that of every ninth row
    with pytest.raises(SettingError, match=r"same='dya' is no column of the table\. Did you mean 'day'"):
        pm.Model(**settings | {"same": "dya"}).fit(store, memory=memory)


def test_a_streamed_batch_is_that_of_memory(store: Store) -> None:
    read, told = store.table(), outline(store)
    preprocessor = Preprocessor.measure(read, {})
    memory, streamed = preprocessor.prepare(read), Streamed.of(store, told, preprocessor, 50)
    rows = np.array([7, 3, 150, 11])
    one, other = memory.batch(rows, with_labels=True), streamed.batch(rows, with_labels=True)
    assert one.labels["ill"].values.tolist() == other.labels["ill"].values.tolist()
    for name, field in one.fields.items():
        assert field.rows.tolist() == other.fields[name].rows.tolist()
        assert field.values.tolist() == other.fields[name].values.tolist()
    some = streamed.take(np.arange(10, 150))
    dealt = list(some.shuffled(np.arange(0, 140, 2), 32, 0, 1))
    assert sorted(row for at, _ in dealt for row in at.tolist()) == list(range(0, 140, 2))
    for at, batch in dealt:
        expected = memory.batch(at + 10, with_labels=True)
        assert batch.labels["ill"].values.tolist() == expected.labels["ill"].values.tolist()
        assert all(batch.fields[name].values.tolist() == one.values.tolist() for name, one in expected.fields.items())
    assert [at.tolist() for at, _ in streamed.batches(100)] == [list(range(0, 100)), list(range(100, 160))]


def test_a_streamed_fit_is_as_good_as_one_in_memory(fitted: pm.Model, store: Store) -> None:
    in_memory = pm.Model(learners=["network", "linear"], **QUICK).fit(store)
    truth = store.table().labels("ill").values
    scores = [(one.predict(store).values() == np.array(["no", "yes"])[truth]).mean() for one in (fitted, in_memory)]
    assert min(scores) > 0.85
    assert abs(scores[0] - scores[1]) < 0.1
    assert not any("larger than memory" in one for one in in_memory.limitations)


def test_what_was_not_looked_at_is_told(fitted: pm.Model) -> None:
    [told] = [one for one in fitted.limitations if "larger than memory" in one]
    assert "rows batch by batch" in told
    assert "drawn from the seed" in told


def test_a_killed_fit_goes_on_from_its_store(fitted: pm.Model, store: Store, tmp_path: Path) -> None:
    class Killed(Exception):
        pass

    def kill(*_: object) -> None:
        raise Killed

    whole = pm.Model(learners=["network"], **QUICK).fit(store, memory=0)
    cut = pm.Model(learners=["network"], **QUICK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("polymodal.training.fit.validate", _after(3, kill))
        with pytest.raises(Killed):
            cut.fit(store, memory=0, checkpoint=tmp_path / "state")
    again = pm.Model(learners=["network"], **QUICK).fit(store, memory=0, checkpoint=tmp_path / "state")
    assert again.histories[0].losses == whole.histories[0].losses
    for one, other in zip(
        again.networks[0].state_dict().values(), whole.networks[0].state_dict().values(), strict=True
    ):
        assert one.tolist() == other.tolist()


def test_other_members_see_no_more_rows_than_fit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polymodal.store.loader.streamed._LEAST_HELD", 80)
    asked: list[int] = []
    held = Streamed.held
    monkeypatch.setattr(Streamed, "held", lambda self: asked.append(len(self)) or held(self))
    model = pm.Model(learners=["network", "linear"], **QUICK).fit(store, memory=0)
    assert max(asked) == 80
    assert any("learnt from 80" in one for one in model.limitations)
    assert (model.predict(store).values() == store.table().frame["ill"]).mean() > 0.8


def test_answers_come_block_by_block(fitted: pm.Model, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, read = fitted.lattice(store.table()), fitted.predict(store.table())
    monkeypatch.setattr("polymodal.asked._BLOCK", 50)
    lattice, predictions = fitted.lattice(store), fitted.predict(store)
    np.testing.assert_allclose(lattice.values, whole.values, atol=1e-5)
    assert lattice.rows.tolist() == whole.rows.tolist()
    assert lattice.labels["ill"].values.tolist() == whole.labels["ill"].values.tolist()
    np.testing.assert_allclose(predictions.outputs["ill"], read.outputs["ill"], atol=1e-5)
    assert predictions.used.tolist() == read.used.tolist()


def test_a_size_that_is_none_is_refused(store: Store) -> None:
    with pytest.raises(SettingError, match="memory="):
        pm.Model().fit(store, memory="much")


def _after(times: int, do: object) -> object:
    from polymodal.training.validation import validate

    left = [times]

    def counting(*given: object) -> object:
        left[0] -= 1
        return do() if left[0] < 0 else validate(*given)  # type: ignore[operator,arg-type]

    return counting
