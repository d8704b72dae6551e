"""Cells of one kind become one array, whatever memory they stand in; others are left to decoders."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from polymodal.store.disk.cell import to_bytes
from polymodal.store.loader import spans as of_spans
from polymodal.store.loader.buffers import Reused
from polymodal.store.loader.spans import Spans, alike

RANDOM = np.random.default_rng(0)
ARRAYS = [None if row % 4 == 2 else RANDOM.normal(size=(3, 2)).astype(np.float32) for row in range(20)]


def cells(arrays, *cuts):
    """A column of these, in pieces that end at `cuts`, the first of which begins within a larger one."""
    written = [None if one is None else to_bytes(one) for one in arrays]
    edges = [0, *cuts, len(written)]
    pieces = [pa.array(written[a:b], pa.large_binary()) for a, b in pairwise(edges)]
    pieces[0] = pa.array([b"before", None, *written[: edges[1]]], pa.large_binary()).slice(2)
    return pa.chunked_array(pieces, pa.large_binary())


@pytest.mark.parametrize("cuts", [(), (7,), (3, 3, 11)])
@pytest.mark.parametrize("short", [0, 4096])
def test_arrays_of_one_kind(cuts, short, monkeypatch):
    monkeypatch.setattr(of_spans, "_SHORT", short)
    rows = np.array([19, 0, 8, 8, 13, 3])
    found = alike([(Spans.of(cells(ARRAYS, *cuts)), rows), (Spans.of(cells(ARRAYS)), rows[:2])], Reused())
    assert found is not None
    expected = [ARRAYS[row] for row in [*rows, *rows[:2]]]
    np.testing.assert_array_equal(found[0], expected)
    assert found[0].flags.writeable
    assert found[1] == (short == 0 or bool(cuts))  # long ones may have gaps until they are looked at


def test_gaps_are_told():
    gap = [np.array([1.0, np.nan]), np.array([2.0, 3.0])]
    assert alike([(Spans.of(cells(gap)), np.array([1]))], Reused())[1]
    assert not alike([(Spans.of(cells([np.arange(3)] * 2)), np.array([1]))], Reused())[1]


@pytest.mark.parametrize(
    "other", [np.zeros((2, 3), np.float32), np.zeros((3, 2), np.int32), np.zeros((3, 2)), b"GIF89a", "text"]
)
@pytest.mark.parametrize("cuts", [(), (19,)])
def test_other_cells_are_left(other, cuts):
    column = Spans.of(cells([*ARRAYS[:19], other], *cuts))
    assert alike([(column, np.array([0, 1]))], Reused()) is None


def test_two_columns_of_two_kinds_are_left():
    one, two = (Spans.of(cells([np.zeros(size)] * 3)) for size in (2, 3))
    assert alike([(one, np.array([0])), (two, np.array([0]))], Reused()) is None
    assert alike([(Spans.of(cells([None, None])), np.array([0]))], Reused()) is None
