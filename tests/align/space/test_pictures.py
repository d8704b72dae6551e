"""Made sections turned, mirrored, stained differently and bent in a known way."""

import sys
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import polymodal as pm
from polymodal.align.space.by_pictures._picture_verdict import _sizes
from polymodal.errors import DataError, MissingExtraError, SettingError

from .sections import section, turned

space = pm.align.space
FIXED = section()
MOVING, MAP = turned(FIXED, 70, (2, -3))
PLACES = np.array([[32.0, 34.0], [48.0, 40.0], [34.0, 50.0]])
TRUTH = PLACES @ MAP[:, :2].T + MAP[:, 2]


def found(moving: Any = MOVING, fixed: Any = FIXED, **settings: Any) -> space.Registration:
    given = {"moving_resolution": 4, "fixed_resolution": 4, "both_ways": False, **settings}
    return space.pictures(moving, fixed, **given)


def test_a_known_map_is_found_again_and_repeats_are_identical() -> None:
    one = found(both_ways=True)
    assert one.transform.points(PLACES) == pytest.approx(TRUTH, abs=0.3)
    assert one.transform.angle == pytest.approx(70, abs=0.5)
    assert one.verdict.level == "good", one
    assert one.verdict.overlap > 0.95
    assert one.verdict.correlation > 0.9
    assert one.verdict.inverse_consistency.p90 < 4
    assert found().transform.to_json() == one.transform.to_json()
    assert one.transform.picture(MOVING, fill=240).shape == FIXED.shape


def test_another_stain() -> None:
    one = found(255 - MOVING.mean(axis=2).astype(np.uint8))  # bright on dark
    assert one.transform.points(PLACES) == pytest.approx(TRUTH, abs=1)
    assert one.verdict.level == "good", one


def test_what_is_transparent_is_not_there() -> None:
    shown = ndimage.binary_dilation(MOVING.mean(axis=2) < 200, iterations=2)
    hidden = np.where(shown[..., None], MOVING, np.random.default_rng(0).integers(0, 255, MOVING.shape))
    one = found(np.dstack([hidden, 255 * shown]).astype(np.uint8))
    assert one.transform.points(PLACES) == pytest.approx(TRUTH, abs=1)


def test_a_mirrored_section_is_told_and_turned_over_where_allowed() -> None:
    mirrored = MOVING[:, ::-1]
    warned = found(mirrored)
    assert warned.verdict.level == "failed"
    assert "mirror='allow'" in warned.verdict.reasons[0]
    one = found(mirrored, mirror="allow", both_ways=True)
    flipped = [MOVING.shape[1] - 1, 0] + PLACES * [-1, 1]
    assert one.transform.points(flipped) == pytest.approx(TRUTH, abs=0.3)
    assert one.transform.mirrored
    assert one.verdict.level == "good", one
    assert one.verdict.inverse_consistency.p90 < 4
    assert "turned over" in one.verdict.reasons[0]


@cache
def bent() -> tuple[np.ndarray, np.ndarray, float]:
    """A section in waves, where its places are, and by how much an affine map misses them."""
    rows, columns = np.mgrid[: FIXED.shape[0], : FIXED.shape[1]]
    at = [rows, columns + 3 * np.sin(rows / 16)]
    bands = [ndimage.map_coordinates(FIXED[..., k].astype(float), at, order=1, cval=240) for k in range(3)]
    moving = np.stack(bands, axis=-1).astype(np.uint8)
    truth = PLACES + np.stack([3 * np.sin(PLACES[:, 1] / 16), np.zeros(len(PLACES))], axis=1)
    return moving, truth, missed(found(moving), truth)


def missed(one: space.Registration, truth: np.ndarray) -> float:
    return float(np.linalg.norm(one.transform.points(PLACES) - truth, axis=1).mean())


@pytest.mark.parametrize("way", ["bspline", "demons"])
def test_a_bend_is_followed(way: str) -> None:
    moving, truth, by_affine = bent()
    one = found(moving, deformable=way)
    assert missed(one, truth) < 0.6 * by_affine
    assert one.verdict.folding == 0
    assert one.transform.inverse().points(one.transform.points(PLACES)) == pytest.approx(PLACES, abs=0.01)
    assert space.Transform.from_json(one.transform.to_json()) == one.transform


def test_a_part_of_a_section_is_found_in_the_whole() -> None:
    one = found(MOVING[:, 40:])
    assert one.transform.points(PLACES - [40, 0]) == pytest.approx(TRUTH, abs=1)
    assert one.verdict.level == "good", one


def test_what_does_not_fit_is_doubted() -> None:
    resolved = found(moving_resolution=5.2).verdict
    assert resolved.level == "doubtful"
    assert "one of the resolutions may be wrong" in resolved.reasons[0]
    rows, columns = np.mgrid[: FIXED.shape[0], : FIXED.shape[1]]
    strip = 240 - 150.0 * (abs(rows - 40) < 5) * (columns > 10)
    assert found(strip, stain="grey").verdict.level != "good"


def test_a_resolution_far_off_is_told_by_the_size_of_what_is_seen() -> None:
    small, large = np.zeros((2, 60, 60), dtype=bool)
    small[20:30, 20:30] = large[10:50, 10:50] = True
    assert "tissue of the moving picture is 4 times as long" in _sizes(small, large)[0]
    assert "that of the moving one: one of them may be wrong" in _sizes(large, small)[0]
    assert not _sizes(large[:, :30], large)


def test_pixels_of_different_size() -> None:
    height, width = FIXED.shape[:2]
    coarse = np.asarray(Image.fromarray(FIXED).resize((width // 2, height // 2), Image.Resampling.BOX))
    one = found(coarse, moving_resolution=8)
    assert one.transform.points([[20, 25]]) == pytest.approx(np.array([[40.5, 50.5]]), abs=0.5)
    assert one.transform.source.resolution == 8


def test_faults_of_pictures() -> None:
    random = np.random.default_rng(0)
    gap = FIXED.astype(float)
    gap[3, 3, 0] = np.nan
    empty = 235 + 3 * np.sin(np.mgrid[:100, :100][0] / 30)[..., None] + random.normal(0, 1, (100, 100, 3))
    faults = {
        "is constant": np.full((100, 100, 3), 240, np.uint8),
        "shows noise only": random.integers(200, 250, (100, 100, 3)).astype(np.uint8),
        "shows no tissue": empty,
        "channels first": np.moveaxis(FIXED, -1, 0),
        "values that are NaN": gap,
        "choose one": np.zeros((50, 50, 15)),
        "transparent all over": np.zeros((50, 50, 4), np.uint8),
        "pixels; 16 a side": np.zeros((8, 50)),
        "cannot be read: No such file": "nowhere.png",
    }
    for told, picture in faults.items():
        with pytest.raises(DataError, match=told):
            found(picture)


def test_faults_of_settings() -> None:
    with pytest.raises(SettingError, match=r"how wide is a pixel of the moving picture\? .*Give moving_resolution="):
        found(moving_resolution=None)
    with pytest.raises(SettingError, match="fixed_resolution=-1"):
        found(fixed_resolution=-1)
    with pytest.raises(SettingError, match="of very different size"):
        found(moving_resolution=0.004)
    with pytest.raises(SettingError, match="the moving picture has no colours"):
        found(MOVING[..., 0], stain="hematoxylin")
    with pytest.raises(SettingError) as caught:
        found(deformable=True, stain="he", mirror="no")
    assert str(caught.value).count("\n  - ") == 3


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(MissingExtraError, match=r"polymodal\[space\]"):
        found()


def test_the_number_of_threads_is_given_back() -> None:
    import SimpleITK

    before = SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads()
    with pytest.raises(DataError):
        found(np.full((100, 100), 7))
    assert SimpleITK.ProcessObject.GetGlobalDefaultNumberOfThreads() == before
