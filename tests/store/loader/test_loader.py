"""What is dealt: the same for any number of threads and ranks, each row once, and as a table would give it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.schema.batch import Batch
from polymodal.store.loader.decoding import Decoder
from polymodal.store.preprocessing import Preprocessor

SMALL = {"block": 8, "window": 3, "threads": 1}


def places(batches: list[Batch]) -> list[int]:
    return [place for batch in batches for place in batch.places.tolist()]


def same(one: Batch, other: Batch) -> None:
    assert one.places.tolist() == other.places.tolist()
    assert one.fields.keys() == other.fields.keys()
    for name, field in one.fields.items():
        beside = other.fields[name]
        assert field.rows.tolist() == beside.rows.tolist()
        assert torch.equal(field.values, beside.values), name
        assert (field.mask is None) == (beside.mask is None)
        assert field.mask is None or torch.equal(field.mask, beside.mask)
    assert one.labels.keys() == other.labels.keys()
    assert all(torch.equal(one.labels[name].values, other.labels[name].values) for name in one.labels)
    assert (one.weight is None) == (other.weight is None)
    assert one.weight is None or torch.equal(one.weight, other.weight)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.integers(1, 40),
    world=st.integers(1, 4),
    threads=st.integers(1, 3),
    block=st.integers(1, 50),
    window=st.integers(1, 5),
)
def test_the_order_is_the_same_for_any_threads_and_ranks(
    store: pm.Store, batch: int, world: int, threads: int, block: int, window: int
) -> None:
    how = {"form": "decoded", "columns": "note", "block": block, "window": window, "seed": 3}
    alone = pm.Loader(store, batch * world, threads=1, **how)
    ranks = [pm.Loader(store, batch, rank=rank, world=world, threads=threads, **how) for rank in range(world)]
    together = places(list(alone))
    expected = [len(one) for one in ranks]
    dealt = [list(one) for one in ranks]
    assert sorted(together) == list(range(len(store)))
    assert [len(one) for one in dealt] == expected
    steps = max(expected)
    by_step = [place for step in range(steps) for one in dealt for place in places(one[step : step + 1])]
    assert by_step == together


@pytest.mark.parametrize("form", ["prepared", "decoded"])
def test_a_table_goes_the_way_of_a_store(table: pm.Table, form: str, tmp_path: object) -> None:
    as_it_was = pm.Store.create(f"{tmp_path}/in-order.lance", table, shuffle=False)
    for one, other in zip(pm.Loader(as_it_was, 16, form=form), pm.Loader(table, 16, form=form), strict=True):
        same(one, other)


def test_prepared_batches_are_those_of_the_preprocessing(store: pm.Store) -> None:
    read = store.table()
    preprocessor = Preprocessor.measure(read, {})
    memory = preprocessor.prepare(read)
    for batch in pm.Loader(store, 16, preprocessor=preprocessor, **SMALL):
        expected = memory.batch(batch.places.numpy(), with_labels=True)
        same(batch, Batch(expected.fields, expected.size, expected.labels, expected.weight, batch.places))


def test_packed_is_what_single_rows_are(store: pm.Store) -> None:
    single = {
        (name, batch.places.item()): field
        for batch in pm.Loader(store, 1, form="decoded", **SMALL)
        for name, field in batch.fields.items()
    }
    seen = set()
    for batch in pm.Loader(store, 32, form="decoded", **SMALL):
        for name, field in batch.fields.items():
            for position, row in enumerate(field.rows.tolist()):
                key = (name, int(batch.places[row]))
                alone = single[key].values[0]
                held = field.values[position][tuple(slice(size) for size in alone.shape)]
                assert torch.equal(held, alone), name
                if field.mask is not None:
                    assert int(field.mask[position].sum()) == int(np.prod(alone.shape[: field.mask.ndim - 1]))
                seen.add(key)
    assert seen == single.keys()
    assert len(seen) == int(store.table().present()[:, [0, 1, 2, 3, 4]].sum())


def test_decoded_cells_are_as_they_are_kept(store: pm.Store) -> None:
    read = store.table()
    [batch] = pm.Loader(store, 128, form="decoded", shuffle=False, **SMALL)
    scans = [one for one in read.frame["scan"] if one is not None]
    assert batch.fields["scan"].values.dtype == torch.int16
    assert batch.fields["scan"].values[0][batch.fields["scan"].mask[0]].tolist() == scans[0].tolist()
    notes = read.frame["note"].dropna().tolist()
    note = batch.fields["note"]
    assert bytes(note.values[0][note.mask[0]].tolist()).decode() == notes[0]
    pictures = read.cells("photo")
    first = next(one for one in pictures.samples if one is not None)
    height, width = first.shape[:2]
    photo = batch.fields["photo"]
    assert photo.mask is not None
    assert int(photo.values[~photo.mask].max()) == 0
    assert np.array_equal(batch.fields["photo"].values[0][:height, :width].numpy(), first)


def test_an_absent_cell_is_never_decoded(store: pm.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = pm.Loader(store, 16, form="decoded", **SMALL)
    counted = dict.fromkeys(loader.schema.names, 0)

    class Counting(Decoder):
        def __init__(self, name: str, decoder: Decoder) -> None:
            self.name, self.decoder = name, decoder

        def pack(self, parts, buffers):  # type: ignore[no-untyped-def]
            counted[self.name] += sum(len(part.rows) for part in parts)
            return self.decoder.pack(parts, buffers)

    decoders = {name: Counting(name, one) for name, one in loader._maker.decoders.items()}
    monkeypatch.setattr(loader._maker, "decoders", decoders)
    list(loader)
    present = store.table().present().sum(axis=0).tolist()
    assert list(counted.values()) == present


def test_only_what_is_wanted_is_read(store: pm.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = pm.Loader(store, 16, form="decoded", columns=["note"], labels=False, **SMALL)
    asked = set()
    read = loader._rows.read
    monkeypatch.setattr(loader._rows, "read", lambda places, names: asked.update(names) or read(places, names))
    assert {name for batch in loader for name in batch.fields} == {"note"}
    assert asked == {"_states", "_sums", "note"}


def test_unreadable_cells_are_named_and_not_in_the_batch(tmp_path: object) -> None:
    frame = pm.Table.read({"photo": [b"\xff\xd8\xff broken", None], "y": [0, 1]}, target="y", types={"photo": "image"})
    good = np.zeros((8, 8, 3), dtype=np.uint8)
    frame.frame["photo"] = [b"\xff\xd8\xff broken", good]
    broken = pm.Table(frame.frame, frame.schema)
    for source in (broken, pm.Store.create(f"{tmp_path}/broken.lance", broken, shuffle=False)):
        for form in ("decoded", "prepared"):
            loader = pm.Loader(source, 2, form=form, shuffle=False)
            for _ in range(2):
                [batch] = loader
                assert batch.fields["photo"].rows.tolist() == [1]
            [fault] = loader.faults
            assert (fault.row, fault.column) == (0, "photo")
            assert "picture" in fault.reason


def test_a_condition_chooses_rows(store: pm.Store) -> None:
    chosen = places(list(pm.Loader(store, 8, where="ward = 'W1' AND age > 45", form="decoded", **SMALL)))
    frame = store.table().frame
    expected = np.flatnonzero((frame["ward"] == "W1") & (frame["age"] > 45))
    assert sorted(chosen) == expected.tolist()
    with pytest.raises(SettingError, match="not understood"):
        pm.Loader(store, where="ag > 3")
    with pytest.raises(SettingError, match="no row meets"):
        pm.Loader(store, where="age > 1000")


def test_classes_groups_and_patterns_come_alike(store: pm.Store) -> None:
    frame, how = store.table().frame, {"form": "decoded", "columns": "note", **SMALL}
    drawn = places(list(pm.Loader(store, 16, balance="class", **how)))
    assert abs((frame["y"].iloc[drawn] == "rare").mean() - 0.5) < 0.05
    drawn = places(list(pm.Loader(store, 16, balance="group", **how)))
    assert np.ptp(frame["ward"].iloc[drawn].value_counts()) <= 4
    drawn = places(list(pm.Loader(store, 16, balance="pattern", **how)))
    _, patterns = np.unique(store.table().present(), axis=0, return_inverse=True)
    counts = np.bincount(patterns[drawn])
    assert counts[counts > 0].std() < np.bincount(patterns).std() / 2
    drawn = places(list(pm.Loader(store, 16, weights="heavy", **how)))
    share = (frame["heavy"].iloc[drawn] > 1).mean()
    assert abs(share - 0.5) < 0.05
    with pytest.raises(SettingError, match="class"):
        pm.Loader(store, balance="clas")


def test_weights_of_a_series_go_to_the_rows_that_it_names(store: pm.Store) -> None:
    frame, how = store.table().frame, {"form": "decoded", "columns": "note", **SMALL}
    heavy = (frame["heavy"] > 1).astype(float).sort_index(ascending=False)
    drawn = places(list(pm.Loader(store, 16, weights=heavy, **how)))
    assert (frame["heavy"].iloc[drawn] > 1).all()
    with pytest.raises(SettingError, match=r"weights.*none for"):
        pm.Loader(store, weights=heavy.iloc[1:])


def test_a_path_is_enough_and_what_is_no_table_is_told(store: pm.Store) -> None:
    by_path = places(list(pm.Loader(store.uri, 16, form="decoded", **SMALL)))
    assert by_path == places(list(pm.Loader(store, 16, form="decoded", **SMALL)))
    with pytest.raises(SettingError, match=r"pm\.Table\.read.*DataFrame came"):
        pm.Loader(store.table().frame)
    with pytest.raises(SettingError, match=r"'nowhere\.csv' came"):
        pm.Loader("nowhere.csv")


def test_rows_of_like_length_come_together(store: pm.Store) -> None:
    def padded(**how: object) -> int:
        loader = pm.Loader(store, 10, form="decoded", columns="note", block=100, window=1, **how)
        found = list(loader)
        assert sorted(places(found)) == list(range(len(store)))
        return sum(int((~batch.fields["note"].mask).sum()) for batch in found if batch.fields)

    assert padded(bucket="note") < 0.5 * padded()


def test_a_process_deals_what_threads_deal(store: pm.Store) -> None:
    how = {"form": "decoded", "block": 8, "window": 3}
    loader = pm.Loader(store, 40, processes=1, **how)
    alone = list(pm.Loader(store, 40, threads=1, **how))
    for one, other in zip(loader, alone, strict=True):
        same(one, other)
    shares = [list(pm.Loader(store, 40, **how)._feed().made(0, 1, every=(k, 2))) for k in range(2)]
    for one, (_, other, _) in zip(alone, [shares[0][0], shares[1][0], shares[0][1]], strict=True):
        same(one, other)


def test_settings_that_cannot_be_are_told_all_at_once(store: pm.Store) -> None:
    with pytest.raises(SettingError, match=r"batch_size(.|\n)*rank counts(.|\n)*form"):
        pm.Loader(store, 0, rank=2, world=2, form="cooked")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="Did you mean 'note'"):
        pm.Loader(store, columns="nte")
    with pytest.raises(SettingError, match="or a Table"):
        pm.Loader({"x": [1]})  # type: ignore[arg-type]


def test_whole_steps_only_where_asked(store: pm.Store) -> None:
    ranks = [
        pm.Loader(store, 16, rank=rank, world=2, drop_last=True, form="decoded", columns="note", **SMALL)
        for rank in (0, 1)
    ]
    assert [[batch.size for batch in one] for one in ranks] == [[16, 16], [16, 16]]


@pytest.mark.parametrize("form", ["prepared", "decoded"])
def test_a_cell_that_the_disk_damaged_is_named_and_not_in_the_batch(
    store: pm.Store, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = int(np.flatnonzero(store.table().cells("note").present)[4])
    loader = pm.Loader(store, 16, form=form, columns=["note", "panel"], **SMALL)
    read = loader._rows.read

    def flipped(places: np.ndarray, names: list[str]) -> object:
        found = read(places, names)
        if row not in places or "note" not in names:
            return found
        cells = found["note"].to_pylist()
        cells[places.tolist().index(row)] = "storm"
        return found.set_column(names.index("note"), "note", [pa.array(cells, pa.large_string())])

    monkeypatch.setattr(loader._rows, "read", flipped)
    for _ in range(2):
        for batch in loader:
            if row in batch.places.tolist():
                assert batch.places.tolist().index(row) not in batch.fields["note"].rows.tolist()
    [fault] = loader.faults
    assert fault.column == "note"
    assert "sum does not match" in fault.reason
    assert fault.row == store.take([row]).frame.index[0]
