"""Going on in the middle of an epoch: the same rows, also with other threads, ranks and batches."""

from __future__ import annotations

import json

import pytest

import polymodal as pm
from polymodal.errors import SettingError

HOW = {"form": "decoded", "columns": "note", "block": 8, "window": 3, "seed": 5}


def rest(loader: pm.Loader) -> list[int]:
    return [place for batch in loader for place in batch.places.tolist()]


@pytest.mark.parametrize("balance", [(), ("class",)])
def test_what_is_left_is_dealt_as_if_never_stopped(store: pm.Store, balance: tuple[str, ...]) -> None:
    loader = pm.Loader(store, 10, threads=2, balance=balance, **HOW)
    list(loader)  # the second epoch is cut off
    before = []
    for step, batch in enumerate(loader):
        before += batch.places.tolist()
        if step == 3:
            break
    state = json.loads(json.dumps(loader.state_dict()))
    assert state == {"seed": 5, "epoch": 1, "done": 40, "rows": len(store)}
    whole = rest(loader_at(store, {**state, "done": 0}, balance=balance))
    assert before == whole[:40]
    for other in ({"threads": 1}, {"threads": 3}, {"batch_size": 7}):
        assert rest(loader_at(store, state, balance=balance, **other)) == whole[40:]
    ranks = [loader_at(store, state, batch_size=5, balance=balance, rank=rank, world=2) for rank in (0, 1)]
    assert sorted(place for one in ranks for place in rest(one)) == sorted(whole[40:])
    assert rest(loader) == whole[40:]
    assert loader.epoch == 2


def loader_at(store: pm.Store, state: dict[str, int], *, batch_size: int = 10, **other: object) -> pm.Loader:
    loader = pm.Loader(store, batch_size, **{**HOW, **other})
    loader.load_state_dict(state)
    return loader


def test_states_of_other_rows_are_refused(store: pm.Store) -> None:
    loader = pm.Loader(store, 10, **HOW)
    with pytest.raises(SettingError, match="of 7 rows"):
        loader.load_state_dict({"seed": 0, "epoch": 0, "done": 0, "rows": 7})
    with pytest.raises(SettingError, match="whole numbers for seed, epoch, done, rows"):
        loader.load_state_dict({"seed": 0})
