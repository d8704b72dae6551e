"""Laws of every kind of transform: there and back, one after another, as JSON and again."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.align.space import (
    Affine,
    Chain,
    Displacement,
    Frame,
    ThinPlateSpline,
    Transform,
    resizing,
    scaling,
)
from polymodal.errors import DataError, SettingError
from polymodal.registry import TRANSFORMS

KINDS = ("affine", "thin_plate_spline", "displacement", "chain", "inverse")


def made(kind: str, seed: int, dimensions: int = 2, source: str = "a", target: str = "b") -> Transform:
    """A transform of that kind that does not fold, over about 100 units to a side."""
    random = np.random.default_rng(seed)
    frames = [Frame(name, dimensions=dimensions) for name in (source, target)]
    d = dimensions
    linear = np.eye(d) * random.uniform(0.5, 2) + random.uniform(-0.15, 0.15, (d, d))
    if kind == "affine":
        return Affine.of(linear, random.uniform(-50, 50, d), *frames)
    if kind == "thin_plate_spline":
        centres = random.uniform(0, 100, (7, d))
        weights = random.uniform(-1, 1, (7, d)) * (0.02 if d == 2 else 0.2)
        return ThinPlateSpline(centres, weights, np.c_[linear, random.uniform(-9, 9, d)], *frames, unit=40.0)
    if kind == "displacement":
        field = random.uniform(-4, 4, (*(6,) * d, d))
        return Displacement(field, *frames, origin=random.uniform(-5, 5, d), spacing=random.uniform(18, 25, d))
    if kind == "inverse":
        return made("thin_plate_spline", seed, d, target, source).inverse()
    middle = made("displacement", seed, d, source, "middle")
    return middle.then(made("affine", seed + 1, d, "middle", target))


def places(seed: int, dimensions: int = 2, n: int = 20) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (n, dimensions))


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_there_and_back(kind: str, dimensions: int, seed: int) -> None:
    transform, points = made(kind, seed, dimensions), places(seed, dimensions)
    back = transform.inverse()
    assert (back.source, back.target) == (transform.target, transform.source)
    np.testing.assert_allclose(back.points(transform.points(points)), points, atol=1e-5)
    np.testing.assert_allclose(transform.points(back.points(points)), points, atol=1e-5)
    assert transform.folding() == 0


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_jacobian_is_the_slope(kind: str, dimensions: int, seed: int) -> None:
    transform, points = made(kind, seed, dimensions), places(seed, dimensions)
    step = 1e-5
    ahead, behind = (
        np.stack([transform.points(points + sign * step * axis) for axis in np.eye(dimensions)], axis=2)
        for sign in (1, -1)
    )
    far = np.abs(transform.jacobian(points) - (ahead - behind) / (2 * step)).max(axis=(1, 2))
    assert np.median(far) < 1e-5  # a linear field has no slope at the borders of its cells
    assert (np.linalg.det(transform.jacobian(points)) > 0).all()


@settings(max_examples=8, deadline=None)
@given(kinds=st.tuples(*[st.sampled_from(KINDS)] * 3), seed=st.integers(0, 10_000))
def test_chains_are_associative(kinds: tuple[str, str, str], seed: int) -> None:
    one, two, three = (
        made(kind, seed + place, source="abcd"[place], target="abcd"[place + 1]) for place, kind in enumerate(kinds)
    )
    left, right = one.then(two).then(three), one.then(two.then(three))
    points = places(seed)
    np.testing.assert_allclose(left.points(points), right.points(points), atol=1e-8)
    np.testing.assert_allclose((three @ two @ one).points(points), left.points(points), atol=1e-8)
    np.testing.assert_allclose(left.points(points), three.points(two.points(one.points(points))), atol=1e-8)
    np.testing.assert_allclose(left.jacobian(points), right.jacobian(points), atol=1e-8)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10_000), dimensions=st.sampled_from([2, 3]))
def test_json_keeps_every_bit(kind: str, seed: int, dimensions: int) -> None:
    transform, points = made(kind, seed, dimensions), places(seed, dimensions)
    again = Transform.from_json(transform.to_json())
    assert again == transform
    assert hash(again) == hash(transform)
    assert type(again) is type(transform)
    np.testing.assert_array_equal(again.points(points), transform.points(points))


def test_every_kind_is_held_to_these_laws() -> None:
    assert set(TRANSFORMS.names()) == {*KINDS, "pinhole"}  # a camera has laws of its own


def test_affine_maps_merge_and_tell_what_they_are() -> None:
    turn = Affine([[0, -2, 3], [2, 0, 4]], Frame("a"), Frame("b"))
    both = turn.then(Affine([[-1, 0, 0], [0, 1, 0]], Frame("b"), Frame("c")))
    assert isinstance(both, Affine)
    assert turn.angle == pytest.approx(90)
    assert both.scale == pytest.approx(2)
    assert both.mirrored
    assert not turn.mirrored
    flip = Affine([[-1, 0, 0], [0, 1, 0]], Frame("a"), Frame("b"))
    assert flip.angle == pytest.approx(0)
    assert "mirrored" in repr(flip)
    spun = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
    assert Affine.of(spun, [0, 0, 0], Frame("a", dimensions=3), Frame("b", dimensions=3)).angle == pytest.approx(90)
    back = both.inverse()
    assert isinstance(back, Affine)
    np.testing.assert_allclose(back.matrix @ both.matrix, np.eye(3), atol=1e-12)
    assert turn != both


def test_bad_matrices_are_refused() -> None:
    frames = Frame("a"), Frame("b")
    for matrix, words in [
        (np.eye(4), r"\[2, 3\] or \[3, 3\]"),
        ([[1, 2, 0], [2, 4, 0]], "flattens"),
        ([[1, np.nan, 0], [0, 1, 0]], "finite"),
        ([[1, 0, 0], [0, 1, 0], [0, 1, 1]], "last row"),
        ("turn", "numbers"),
    ]:
        with pytest.raises(SettingError, match=words):
            Affine(matrix, *frames)
    with pytest.raises(SettingError, match="as many"):
        Affine(np.eye(3), Frame("a"), Frame("b", dimensions=3))
    with pytest.raises(SettingError, match=r"\[height, width, 2\]"):
        Displacement(np.zeros((3, 3, 3)), *frames)
    with pytest.raises(SettingError, match="not"):
        Displacement(np.full((3, 3, 2), np.nan), *frames)
    with pytest.raises(SettingError, match="spacing"):
        Displacement(np.zeros((3, 3, 2)), *frames, spacing=[1, 0])
    with pytest.raises(SettingError, match="finite"):
        ThinPlateSpline(np.zeros((4, 2)), np.full((4, 2), np.inf), np.eye(3)[:2], *frames)
    with pytest.raises(SettingError, match="at least one"):
        Chain(())


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([1.0, 2.0], "double brackets"),
        (np.zeros((3, 3)), r"\[n, 2\]"),
        ([[1.0, np.nan], [0, 0]], "0 are absent"),
        ("here", "numbers"),
    ],
)
def test_bad_points_are_refused(points: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        made("affine", 0).points(points)


def test_points_may_be_a_table_or_none_at_all() -> None:
    import pandas as pd

    transform = made("affine", 0)
    table = pd.DataFrame({"name": ["p"], "y": [2.0], "x": [1.0]})
    np.testing.assert_array_equal(transform.points(table), transform.points([[1.0, 2.0]]))
    with pytest.raises(DataError, match="'y' is asked for"):
        transform.points(table[["name", "x"]])
    for kind in KINDS:
        assert made(kind, 0).points(np.zeros((0, 2))).shape == (0, 2)


def test_folding_is_told_and_has_no_way_back() -> None:
    field = np.zeros((5, 5, 2))
    field[:, 2, 0] = 40.0  # the middle column goes past the one beside it
    folded = Displacement(field, Frame("a"), Frame("b"), spacing=10)
    assert folded.folding() == pytest.approx(0.25)
    nothing = Displacement(np.zeros((1, 1, 2)), Frame("a"), Frame("b"))
    assert nothing.folding() == 0
    spline = ThinPlateSpline([[0, 0], [9, 0], [0, 9], [9, 9]], [[9, 0], [-9, 0], [-9, 0], [9, 0.0]],
                             np.eye(3)[:2], Frame("a"), Frame("b"), 5.0)  # fmt: skip
    assert spline.folding() > 0.1
    assert spline.inverse().folding() == spline.folding()
    assert folded.then(made("affine", 0, source="b", target="c")).folding() == folded.folding()


class Lost(Displacement):
    """A way on which points right of 0 are lost."""

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return points, points[:, 0] < 0


def test_what_has_no_counterpart_is_named() -> None:
    turn = Affine([[-1, 0, 0], [0, 1, 0]], Frame("a"), Frame("b"))
    way = turn.then(Lost(np.zeros((1, 1, 2)), Frame("b"), Frame("c")))
    with pytest.raises(DataError, match=r"1 of 2 points have no counterpart.*rows 1"):
        way.points([[5.0, 3.0], [-5.0, 3.0]])


def test_points_outside() -> None:
    """Beyond its edge a displacement stays as it is there; numbers too large for the map are named."""
    field = made("displacement", 0)
    corner = field.inverse().points([[-300.0, -400.0]]) - [[-300.0, -400.0]]
    assert isinstance(field, Displacement)
    np.testing.assert_allclose(corner[0], field.offsets[0, 0])
    for kind in ("affine", "thin_plate_spline"):
        with pytest.raises(DataError, match="1 of 1 points have no counterpart"):
            made(kind, 0).points([[1.7e308, -1.7e308]])


def test_frames_that_do_not_agree_are_refused() -> None:
    first = made("affine", 0)
    with pytest.raises(DataError, match="cannot go on"):
        first.then(made("affine", 1, source="c", target="d"))
    micrometres = Affine(np.eye(3), Frame("b", "micrometre"), Frame("c"))
    with pytest.raises(DataError, match="scaling"):
        first.then(micrometres)
    sized = replace(first, target=Frame("b", size=(10, 10)))
    assert sized.then(made("affine", 1, source="b", target="c")).target.name == "c"
    with pytest.raises(DataError, match="resizing"):
        sized.then(Affine(np.eye(3), Frame("b", size=(20, 10)), Frame("c")))


def test_units_and_sizes_are_transforms() -> None:
    slide = Frame("slide", size=(400, 200), resolution=0.5)
    length = scaling(slide, "millimetre")
    np.testing.assert_allclose(length.points([[2000, 10]]), [[1.0, 0.005]])
    assert length.target.unit == "millimetre"
    np.testing.assert_allclose(scaling(length.target, "pixel").points([[1.0, 0.005]]), [[2000, 10]])
    assert isinstance(length.then(scaling(length.target, "pixel")), Affine)
    np.testing.assert_allclose(scaling(Frame("m", "metre"), "micrometre").points([[1, 2]]), [[1e6, 2e6]])
    with pytest.raises(DataError, match="micrometres a pixel"):
        scaling(Frame("slide"), "micrometre")
    np.testing.assert_array_equal(scaling(Frame("slide"), "pixel").points([[3, 4]]), [[3, 4]])
    uneven = Frame("scan", resolution=(700, 700, 5000), dimensions=3)
    np.testing.assert_allclose(scaling(uneven, "millimetre").points([[10, 10, 2]]), [[7, 7, 10]])
    small = resizing(slide, (100, 50))
    np.testing.assert_allclose(small.points([[-0.5, -0.5], [399.5, 199.5]]), [[-0.5, -0.5], [99.5, 49.5]])
    assert small.target.resolution == 2.0
    with pytest.raises(SettingError, match="size"):
        resizing(Frame("slide"), (10, 10))
