"""A series is the same however long its neighbours are, and a gap is not a zero."""

import numpy as np
import pytest
import torch

from polymodal.encoders.series import SeriesEncoder
from polymodal.modalities.series import Series
from polymodal.schema.batch import Field


@pytest.fixture
def road():  # type: ignore[no-untyped-def]
    random = np.random.default_rng(0)
    kind = Series()
    samples = [random.normal(size=(length, 2)).astype(np.float32) for length in (5, 30, 200, 1)]
    statistics = kind.measure(samples)
    torch.manual_seed(0)
    made = SeriesEncoder(kind, statistics, 8, 0.0).eval()

    def encode(some: list[np.ndarray]) -> torch.Tensor:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in some], statistics)
        return made(Field(values, torch.arange(len(some)), mask)).values

    return encode, samples


@torch.no_grad()
def test_padding_to_a_longer_neighbour_changes_nothing(road) -> None:  # type: ignore[no-untyped-def]
    encode, samples = road
    together = encode(samples)
    for row, sample in enumerate(samples):
        torch.testing.assert_close(together[row], encode([sample])[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_gap_is_neither_a_zero_nor_the_mean(road) -> None:  # type: ignore[no-untyped-def]
    encode, samples = road
    gap, zero, mean = samples[1].copy(), samples[1].copy(), samples[1].copy()
    gap[4:8], zero[4:8], mean[4:8] = np.nan, 0.0, np.concatenate(samples).mean(axis=0)
    tokens = encode([gap, zero, mean])
    assert torch.isfinite(tokens).all()
    assert (tokens[0] - tokens[1]).abs().max() > 1e-4
    assert (tokens[0] - tokens[2]).abs().max() > 1e-4


@torch.no_grad()
def test_a_gap_at_the_end_is_the_end(road) -> None:  # type: ignore[no-untyped-def]
    encode, samples = road
    longer = np.concatenate([samples[0], np.full((50, 2), np.nan, dtype=np.float32)])
    torch.testing.assert_close(encode([longer]), encode([samples[0]]), atol=1e-5, rtol=0)
