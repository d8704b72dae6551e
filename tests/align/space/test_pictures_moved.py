"""Pictures, volumes and masks as another frame sees them."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from polymodal.align.space import (
    Affine,
    Displacement,
    Frame,
    ThinPlateSpline,
    Transform,
    _pictures,
    resizing,
    scaling,
)
from polymodal.errors import DataError, SettingError


def shift(x: float, y: float, size: tuple[int, int] | None = (20, 16)) -> Affine:
    return Affine.of(np.eye(2), [x, y], Frame("a"), Frame("b", size=size))


def bent(size: int, strength: float = 1.0) -> ThinPlateSpline:
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1], [0.5, 0.4]]) * size
    weights = strength * size * 0.05 * np.array([[1, 0], [-1, 1], [-1, -1], [1, 0], [0, 0.0]])
    frame = Frame("a", size=(size, size))
    return ThinPlateSpline(corners, weights, [[1.02, 0.1, -3], [-0.05, 0.97, 4]], frame, Frame("b", size=(size, size)),
                           unit=size)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(x=st.integers(-25, 25), y=st.integers(-25, 25), seed=st.integers(0, 99), channels=st.sampled_from([(), (3,)]))
def test_a_picture_moved_by_whole_pixels(x: int, y: int, seed: int, channels: tuple[int, ...]) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (12, 18, *channels), dtype=np.uint8)
    expected = np.full((16, 20, *channels), 7, dtype=np.uint8)
    for row in range(16):
        for column in range(20):
            if 0 <= row - y < 12 and 0 <= column - x < 18:
                expected[row, column] = picture[row - y, column - x]
    np.testing.assert_array_equal(shift(x, y).picture(picture, fill=7), expected)
    np.testing.assert_array_equal(shift(x, y).mask(picture, fill=7), expected)


def test_half_a_pixel_is_between_and_the_edge_is_half_a_pixel_out() -> None:
    moved = shift(0.5, 0, (5, 1)).picture(np.array([[10, 20, 30, 40]], dtype=np.uint8))
    assert moved.tolist() == [[10, 15, 25, 35, 0]]
    assert shift(0.5, 0, (5, 1)).picture(np.array([[10.0, 20]], dtype=np.float32)).dtype == np.float32


def test_labels_stay_labels() -> None:
    mask = np.array([[0, 5, 5, 9]], dtype=np.int32)
    assert shift(0.3, 0, (5, 1)).mask(mask, fill=-1).tolist() == [[0, 5, 5, 9, -1]]
    assert shift(1, 0, (4, 1)).mask(mask == 5).tolist() == [[False, False, True, True]]


@pytest.mark.parametrize("kind", ["spline", "displacement", "chain"])
def test_bent_pictures_agree_with_every_pixel_mapped_by_itself(kind: str) -> None:
    size = 96
    random = np.random.default_rng(0)
    picture = ndimage.gaussian_filter(random.normal(size=(size, size)), 3)
    picture = (picture - picture.min()) / np.ptp(picture)
    field = Displacement(ndimage.gaussian_filter(random.normal(scale=9, size=(9, 9, 2)), (1, 1, 0)),
                         Frame("b", size=(size, size)), Frame("c", size=(size, size)), spacing=12)  # fmt: skip
    transform: Transform = {"spline": bent(size), "displacement": field, "chain": bent(size).then(field)}[kind]
    rows, columns = np.mgrid[:size, :size]
    points = np.stack([columns.ravel(), rows.ravel()], axis=1)
    there, found = transform.backward(points.astype(float))
    assert found.all()
    expected = ndimage.map_coordinates(picture, there[:, ::-1].T, order=1, mode="nearest")
    inside = ((there > -0.5) & (there < size - 0.5)).all(axis=1)
    moved = transform.picture(picture, fill=-1).ravel()
    assert inside.mean() > 0.5
    edge = np.abs(there - np.round(there)).max(axis=1) > 0.45  # may fall to either side
    assert (moved[~inside & ~edge] == -1).mean() > 0.99
    np.testing.assert_allclose(moved[inside & (moved >= 0)], expected[inside & (moved >= 0)], atol=0.01)


def test_there_and_back_is_the_picture() -> None:
    x, y = np.meshgrid(np.arange(120), np.arange(120))
    picture = np.sin(x / 15) + np.cos(y / 12)
    transform = bent(120)
    again = transform.inverse().picture(transform.picture(picture))
    np.testing.assert_allclose(again[30:90, 30:90], picture[30:90, 30:90], atol=0.01)


def test_volumes_have_depth_first() -> None:
    volume = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    frame = Frame("a", size=(4, 3, 2), dimensions=3)
    moved = Affine.of(np.eye(3), [1, 0, 1], frame, Frame("b", dimensions=3)).picture(volume, size=(4, 3, 2))
    np.testing.assert_array_equal(moved[1, :, 1:], volume[0, :, :3])
    assert (moved[0] == 0).all()


def test_large_pictures_are_averaged_and_not_sampled() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 96, 2)).astype(np.uint8)
    small = resizing(Frame("a", size=(96, 64)), (12, 8)).picture(picture)
    means = picture.reshape(8, 8, 12, 8, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(small, means, atol=0.51)


def test_memory_stays_that_of_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pictures, "_STRIP", 2**13)
    picture = np.zeros((1000, 800), dtype=np.uint8)
    transform = Affine([[0, 1, 0], [1, 0, 0]], Frame("a"), Frame("b", size=(1000, 800)))
    tracemalloc.start()
    transform.mask(picture)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 800_000 + 2**13 * 150  # what is asked for, and one strip


def test_palettes_are_colours() -> None:
    red = Image.new("P", (2, 2))
    red.putpalette([255, 0, 0])
    assert shift(0, 0, (2, 2)).picture(red)[0, 0].tolist() == [255, 0, 0]


class Torn(Displacement):
    """Nothing comes to where x is 5 or more."""

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.where(points[:, :1] < 5, points, 1.0), points[:, 0] < 5


def test_what_comes_from_nowhere_is_filled() -> None:
    torn = Torn(np.zeros((1, 1, 2)), Frame("a"), Frame("b"))
    moved = torn.picture(np.ones((40, 40)), size=(40, 40), fill=3)
    assert (moved[:, :5] == 1).all()
    assert (moved[:, 5:] == 3).all()


@pytest.mark.parametrize(
    ("transform", "given", "settings", "error", "words"),
    [
        (shift(0, 0, None), np.zeros((4, 4)), {}, DataError, r"size=\(width, height\)"),
        (shift(0, 0), np.zeros(4), {}, DataError, r"\[height, width\]"),
        (shift(0, 0), np.zeros((0, 4)), {}, DataError, "array"),
        (shift(0, 0), np.ones((4, 4), dtype=bool), {}, DataError, r"mask\(\)"),
        (shift(0, 0), np.full((4, 4), np.nan), {}, DataError, "finite"),
        (shift(0, 0), np.zeros((4, 4), np.uint8), {"fill": 300}, SettingError, "fill=300"),
        (shift(0, 0), np.zeros((4, 4), np.uint8), {"fill": -1}, SettingError, "fill=-1"),
        (shift(0, 0), np.zeros((4, 4)), {"size": (3, 0)}, SettingError, "whole pixels"),
        (shift(0, 0), np.zeros((4, 4)), {"size": 3}, SettingError, "whole pixels"),
        (scaling(Frame("a", resolution=1), "metre"), np.zeros((4, 4)), {"size": (3, 3)}, DataError, "scaling"),
        (bent(20), np.zeros((20, 30)), {}, DataError, "30 x 20"),
        (resizing(Frame("a", size=(30, 20)), (3, 2)), np.zeros((30, 20)), {}, DataError, "other way round"),
    ],
)
def test_what_does_not_fit_is_refused(
    transform: Transform, given: np.ndarray, settings: dict, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        transform.picture(given, **settings)


def test_brightness_is_no_label() -> None:
    with pytest.raises(DataError, match=r"picture\(\)"):
        shift(0, 0).mask(np.zeros((4, 4)))
