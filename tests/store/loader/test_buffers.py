"""Memory is used again, and never while anything refers to it."""

from __future__ import annotations

import copy
from threading import Thread

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.schema.batch import Batch
from polymodal.store.loader import buffers
from polymodal.store.loader.buffers import Pinned, Reused

SIZE = 2**16


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


@pytest.mark.parametrize(
    "part_of",
    [
        lambda array: array[5:6],
        lambda array: array.view(np.int32),
        torch.from_numpy,
        lambda array: torch.from_numpy(array)[3:],
        lambda array: torch.from_numpy(array).view(torch.int32)[2:5].numpy(),
        memoryview,
    ],
    ids=["slice", "view", "tensor", "part of a tensor", "array of a tensor", "buffer"],
)
def test_memory_comes_back_when_the_last_part_of_it_goes(part_of) -> None:  # type: ignore[no-untyped-def]
    reused = Reused()
    array = reused.room((SIZE,), np.uint8)
    where, part = address(array), part_of(array)
    del array
    others = [reused.room((SIZE,), np.uint8) for _ in range(3)]
    assert where not in [address(one) for one in others]
    del part
    assert address(reused.room((SIZE,), np.uint8)) == where


def test_what_is_lent_has_the_shape_and_type_asked_for_and_is_free_to_be_written() -> None:
    reused = Reused()
    for shape, kind in [((3, 5), np.float32), ((40, 50, 60), np.int16), ((0, 7), np.uint8), ((70_000,), np.bool_)]:
        array = reused.room(shape, kind)
        assert (array.shape, array.dtype) == (shape, np.dtype(kind))
        array[...] = 1
        assert array.flags.c_contiguous


def test_memory_that_fits_badly_waits_and_not_too_much_of_it_waits() -> None:
    reused = Reused()
    large = reused.room((100 * SIZE,), np.uint8)
    where = address(large)
    del large
    small = reused.room((SIZE,), np.uint8)
    assert address(small) != where
    assert address(reused.room((90 * SIZE,), np.uint8)) == where
    huge = reused.room((2 * buffers._LARGEST,), np.uint8)
    del huge
    assert max(map(len, reused._idle)) < buffers._LARGEST
    many = [reused.room((SIZE,), np.uint8) for _ in range(3 * buffers._MOST_IDLE)]
    del many
    assert len(reused._idle) == buffers._MOST_IDLE


def test_threads_never_share_memory() -> None:
    reused, faults = Reused(), []

    def work(number: int) -> None:
        for _ in range(300):
            array = reused.room((SIZE,), np.uint8)
            array.fill(number)
            if not (array == number).all():
                faults.append(number)

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not faults


def test_another_process_has_memory_of_its_own() -> None:
    reused = Reused()
    reused.room((SIZE,), np.uint8)
    assert not copy.copy(reused)._idle  # made again as another process makes it


@pytest.mark.parametrize("every", [1, 3])
def test_a_batch_that_is_held_is_not_written_over(store: pm.Store, every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "_LEAST", 1)
    loader = pm.Loader(store, 8, form="decoded", threads=2, block=8, window=3)
    held: list[tuple[Batch, dict[str, torch.Tensor]]] = []
    for epoch in range(3):
        for step, batch in enumerate(loader):
            if (step + epoch) % every == 0:
                held.append((batch, copied(batch)))
    for batch, before in held:
        assert all(torch.equal(one, before[name]) for name, one in copied(batch).items())


def test_memory_of_batches_is_used_again(store: pm.Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffers, "_LEAST", 1)
    loader = pm.Loader(store, 30, form="decoded", columns="photo", threads=1, block=8, window=3)
    used = [batch.fields["photo"].values.data_ptr() for _ in range(6) for batch in loader]
    assert len(set(used)) < len(used) / 2


def test_pinned_memory_is_asked_of_torch_in_the_shape_and_type_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    empty, asked = torch.empty, []
    monkeypatch.setattr(
        torch, "empty", lambda *size, pin_memory, **how: asked.append(pin_memory) or empty(*size, **how)
    )
    for shape, kind in [((3, 5), np.float32), ((0, 7), np.int16), ((4, 2, 2), np.bool_)]:
        array = Pinned().room(shape, kind)
        assert (array.shape, array.dtype) == (shape, np.dtype(kind))
    assert asked == [True] * 3


@pytest.mark.skipif(not torch.cuda.is_available(), reason="without a GPU nothing is pinned")
def test_batches_are_decoded_into_pinned_memory(store: pm.Store) -> None:
    array = Pinned().room((3, SIZE), np.int16)
    assert torch.from_numpy(array).is_pinned()
    for batch in pm.Loader(store, 30, form="decoded", pin_memory=True):
        assert all(one.values.is_pinned() for one in batch.fields.values())


def copied(batch: Batch) -> dict[str, torch.Tensor]:
    values = {name: one.values.clone() for name, one in batch.fields.items()}
    return values | {f"{name} mask": one.mask.clone() for name, one in batch.fields.items() if one.mask is not None}
