"""Patches: cut as numpy cuts, deaf to padding, each channel read by the same weights."""

import numpy as np
import pytest
import torch

from polymodal.encoders.series_patches import SeriesPatchesEncoder
from polymodal.errors import SettingError
from polymodal.modalities.series import Series
from polymodal.schema.batch import Field


def made(samples: list[np.ndarray]):  # type: ignore[no-untyped-def]
    kind = Series(patch=4)
    statistics = kind.measure(samples)
    torch.manual_seed(0)
    encoder = SeriesPatchesEncoder(kind, statistics, 8, 0.0).eval()

    def encode(some: list[np.ndarray]) -> torch.Tensor:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in some], statistics)
        return encoder(Field(values, torch.arange(len(some)), mask)).values

    return encoder, encode


SAMPLES = [np.random.default_rng(length).normal(size=(length, 2)).astype(np.float32) for length in (1, 7, 50)]


@torch.no_grad()
def test_padding_to_a_longer_neighbour_changes_nothing() -> None:
    _, encode = made(SAMPLES)
    together = encode(SAMPLES)
    for row, sample in enumerate(SAMPLES):
        torch.testing.assert_close(together[row], encode([sample])[0], atol=1e-5, rtol=0)


@torch.no_grad()
def test_patches_are_those_of_numpy_and_an_empty_channel_is_not_run() -> None:
    encoder, encode = made(SAMPLES)
    grid = torch.arange(2 * 7 * 2.0).reshape(2, 7, 2)
    patches = encoder._patches(grid)
    assert patches.shape == (2, 2, 2, 4)
    np.testing.assert_array_equal(patches[1, 0].flatten()[:7], grid[1, :, 0])
    assert patches[1, 0, 1, 3] == 0
    sample, seen = SAMPLES[2].copy(), []
    sample[:, 1] = np.nan
    hook = encoder.embed.register_forward_hook(lambda module, given, out: seen.append(given[0].shape))
    assert torch.isfinite(encode([sample])).all()
    hook.remove()
    assert seen == [(1, 13, 8)]


@torch.no_grad()
def test_a_gap_is_neither_a_zero_nor_the_mean() -> None:
    _, encode = made(SAMPLES)
    gap, zero, mean = (SAMPLES[2].copy() for _ in range(3))
    gap[4:9], zero[4:9], mean[4:9] = np.nan, 0.0, np.concatenate(SAMPLES).mean(axis=0)
    tokens = encode([gap, zero, mean])
    assert (tokens[0] - tokens[1]).abs().max() > 1e-4
    assert (tokens[0] - tokens[2]).abs().max() > 1e-4


def test_patch_chooses_the_encoder_and_goes_with_no_other() -> None:
    assert Series(patch=4).encoder == "series_patches"
    for settings in ({"patch": 4, "encoder": "series"}, {"patch": 4, "irregular": True}, {"patch": 1}):
        with pytest.raises(SettingError, match="patch"):
            Series(**settings)
