"""Figures of videos against those of their pictures, and motion against known shifts."""

import numpy as np
import pytest

from polymodal.features.image import describe
from polymodal.features.video import VideoFeatures, motion_of
from polymodal.modalities.video import Video, packed

RANDOM = np.random.default_rng(0)


def prepared(n: int = 12, side: int = 16) -> tuple[list[np.ndarray], object]:
    kind = Video(size=side)
    samples = [
        packed(np.arange(t) / 4.0, list(RANDOM.integers(0, 256, (t, side, side, 3), dtype=np.uint8)))
        for t in RANDOM.integers(1, 7, n)
    ]
    statistics = kind.measure(samples)
    return [kind.prepare(one, statistics) for one in samples], statistics


def test_mean_and_spread_over_the_frames() -> None:
    arrays, statistics = prepared()
    features = VideoFeatures.measure(arrays, statistics, 0)
    wide, compact = features.wide(arrays), features.compact(arrays)
    figures, *grids = describe(arrays[3]["picture"])
    seen = np.concatenate([part.mean(axis=0) for part in (figures, *grids)])
    n = figures.shape[1]
    np.testing.assert_allclose(compact[3, :n], seen[:n], rtol=1e-5)
    np.testing.assert_allclose(wide[3, : len(seen)], ((seen - features.mean) / features.std).clip(-10, 10), atol=1e-4)
    spread = wide[3, len(seen) : len(seen) + n] * features.unit[:n] + features.centre[:n]
    inside = np.abs(wide[3, len(seen) : len(seen) + n]) < 9.9
    np.testing.assert_allclose(spread[inside], figures.std(axis=0)[inside], atol=1e-4)
    assert compact.shape[1] <= 150
    assert np.isfinite(compact).all()
    assert np.isfinite(wide).all()
    again = VideoFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(arrays), compact)
    np.testing.assert_array_equal(again.wide(arrays[:2]), wide[:2])


@pytest.mark.parametrize(("across", "down"), [(1, 0), (-1, 0), (0, 1), (0, -1), (0.5, -0.5)])
def test_flow_is_the_shift(across: float, down: float) -> None:
    y, x = np.mgrid[0:16, 0:16]
    # A smooth bump that moves by a known part of a pixel from frame to frame.
    frames = [
        100 + 100 * np.exp(-((x - 8 - across * step) ** 2 + (y - 8 - down * step) ** 2) / 18) for step in (-1, 0, 1)
    ]
    pictures = np.repeat(np.stack(frames)[..., None], 3, axis=3).round().astype(np.uint8)
    found = motion_of(pictures, np.arange(3.0))
    np.testing.assert_allclose(found[35:37], [across, down], atol=0.15)


def test_a_still_and_a_single_picture_do_not_move() -> None:
    still = np.repeat(RANDOM.integers(0, 256, (1, 16, 16, 3), dtype=np.uint8), 4, axis=0)
    for pictures in (still, still[:1]):
        found = motion_of(pictures, np.arange(float(len(pictures))))
        assert not found[:45].any()
        np.testing.assert_allclose(found[45:], [np.log(len(pictures)), np.log1p(len(pictures) - 1)], rtol=1e-6)


@pytest.mark.parametrize("side", [8, 16, 24, 50])
def test_any_side(side: int) -> None:
    pictures = np.zeros((3, side, side, 3), dtype=np.uint8)
    pictures[1:] = 255
    found = motion_of(pictures, np.arange(3.0))
    np.testing.assert_allclose(found[:16], 0.5, rtol=1e-5)
    np.testing.assert_allclose(found[16:32], 1.0, rtol=1e-5)
    np.testing.assert_allclose(found[32:35], [0.5, 0.5, 1.0], rtol=1e-5)
