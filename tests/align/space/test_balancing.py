"""Affine maps of bent pictures, against the best one for the known field that bent them."""

from functools import cache

import numpy as np
from scipy import ndimage

from polymodal.align.space.by_pictures._balancing import balanced
from polymodal.align.space.by_pictures._refining import View, affine, one_thread
from polymodal.align.space.by_pictures._search import grid

SIDE = 128
PLACES = grid((SIDE, SIDE))
FLAT = np.column_stack([PLACES, np.ones(len(PLACES))])
SAME = np.eye(2, 3)


def shift(places: np.ndarray) -> np.ndarray:
    """None in the left two thirds, then ever more, up to 6 pixels down: all but a third fits exactly as it is."""
    return np.stack([np.zeros(len(places)), 6 / (1 + np.exp((90 - places[:, 0]) / 6))], axis=1)


@cache
def views() -> tuple[View, View, np.ndarray]:
    """Fixed, moving, and the affine map that misses the field between them by the least squares over the tissue."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    mask = (abs(rows - 64) < 50) & (abs(columns - 64) < 54)
    texture = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(SIDE, SIDE)), 1.5)
    moving = (0.5 + 3 * texture) * mask
    landed = PLACES + shift(PLACES)
    fixed, inside = (
        ndimage.map_coordinates(one.astype(np.float32), landed[:, ::-1].T, order=1).reshape(SIDE, SIDE)
        for one in (moving, mask)
    )
    tissue = (inside > 0.5).ravel()
    best = np.linalg.lstsq(FLAT[tissue], landed[tissue], rcond=None)[0].T
    return View(fixed, inside > 0.5), View(moving.astype(np.float32), mask), best


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Pixels between two maps, on average over the tissue."""
    return float(np.linalg.norm((FLAT @ (one - other).T)[views()[0].mask.ravel()], axis=1).mean())


def test_the_map_is_that_of_all_the_tissue() -> None:
    fixed, moving, best = views()
    with one_thread():
        by_information = affine(fixed, moving, SAME).matrix
        found = balanced(fixed, moving, by_information)
        again = balanced(fixed, moving, by_information)
    assert apart(by_information, best) > 1.0
    assert apart(found, best) < 0.1 * apart(by_information, best)
    assert np.array_equal(found, again)


def test_what_is_not_bent_stays_to_the_last_bit() -> None:
    fixed = views()[0]
    assert np.array_equal(balanced(fixed, fixed, SAME), SAME)


def test_too_little_in_common_changes_nothing() -> None:
    fixed, moving, _ = views()
    far = np.array([[1.0, 0, 110], [0, 1, 0]])
    assert np.array_equal(balanced(fixed, moving, far), far)
