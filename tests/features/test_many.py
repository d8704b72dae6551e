"""Plain features of several items against the items' own, pooled by hand."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.features.many import ManyFeatures
from polymodal.registry import FEATURES
from polymodal.schema.many import Many

RANDOM = np.random.default_rng(0)
PICTURES = [RANDOM.integers(0, 256, (12, 12, 3), dtype=np.uint8) for _ in range(6)]
NOTES = ["calm sea", "a storm at sea", "rain", "no rain at all", "calm", "wind and more wind"]
LETTERS = ["ACGT", "TTGC", "ACGT", "GGG", "TTGC", "AC"]
KINDS = {"image": (pm.Image(size=8), PICTURES), "text": (pm.Text(), NOTES), "sequence": (pm.Sequence(), LETTERS)}
CELLS = [[0, 1, 2], [3], [4, None, 5]]
SPANS = [slice(0, 3), slice(3, 4), slice(4, 6)]


def dense(matrix) -> np.ndarray:
    return matrix.toarray() if hasattr(matrix, "toarray") else matrix


@pytest.fixture(params=list(KINDS))
def pooled(request):
    of, raws = KINDS[request.param]
    many = Many(of=of)
    cells = [[None if one is None else raws[one] for one in cell] for cell in CELLS]
    statistics = many.measure(cells)
    arrays = [many.prepare(cell, statistics) for cell in cells]
    items = [one for cell in arrays for one in cell]
    own = FEATURES.get(of.kind).measure(items, statistics.of, 0)
    return ManyFeatures.measure(arrays, statistics, 0), arrays, own, items


def test_wide_is_mean_and_maximum_and_count(pooled):
    features, arrays, own, items = pooled
    each, found = dense(own.wide(items)), dense(features.wide(arrays))
    width = each.shape[1]
    mean = np.stack([each[span].mean(axis=0) for span in SPANS])
    largest = np.stack([each[span].max(axis=0) for span in SPANS])
    middle = features.middle if len(features.middle) else 0.0
    np.testing.assert_allclose(found[:, :width], mean, atol=1e-5)
    np.testing.assert_allclose(found[:, width:-1] + middle, largest, atol=1e-5)
    assert np.argsort(found[:, -1]).tolist() == [1, 2, 0]
    assert found.dtype == np.float32


def test_compact_pools_numbers_and_takes_the_commonest_code(pooled):
    features, arrays, own, items = pooled
    each, found = own.compact(items), features.compact(arrays)
    codes = list(own.categorical)
    numbers = np.delete(each, codes, axis=1)
    mean = np.stack([numbers[span].mean(axis=0) for span in SPANS])
    largest = np.stack([numbers[span].max(axis=0) for span in SPANS])
    np.testing.assert_allclose(found[:, len(codes) : -1], np.hstack([mean, largest]), atol=1e-5)
    assert found[:, -1].tolist() == [3, 1, 2]
    assert features.categorical == tuple(range(len(codes)))
    for place, code in enumerate(codes):
        assert found[0, place] == each[0, code]  # two of three are the same


def test_a_row_is_what_it_is_alone(pooled):
    features, arrays, _, _ = pooled
    for row, cell in enumerate(arrays):
        np.testing.assert_array_equal(dense(features.wide([cell]))[0], dense(features.wide(arrays))[row])
        np.testing.assert_array_equal(features.compact([cell])[0], features.compact(arrays)[row])


def test_what_is_written_down_is_read_back(pooled):
    features, arrays, _, _ = pooled
    again = ManyFeatures.restore(*features.export())
    np.testing.assert_array_equal(dense(again.wide(arrays)), dense(features.wide(arrays)))
    np.testing.assert_array_equal(again.compact(arrays), features.compact(arrays))


def test_a_gap_in_an_item_is_no_number():
    many = Many(of=pm.Vector(scale="standard"))
    cells = [[np.array([0.0, np.nan]), np.array([2.0, np.nan])], [np.array([4.0, 1.0])]]
    statistics = many.measure(cells)
    arrays = [many.prepare(cell, statistics) for cell in cells]
    compact = ManyFeatures.measure(arrays, statistics, 0).compact(arrays)
    assert np.isnan(compact[0]).any()
    assert not np.isnan(compact[1]).any()
