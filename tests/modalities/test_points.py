"""Clouds of points: what they are read from, which points are left out, which are drawn."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.modalities._thinning import thinned
from polymodal.modalities.points import Points, real
from polymodal.schema.cells import State

SQUARE = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]


def read(cells: list[object], files: Path | None = None, **settings: int):
    return Points(**settings).read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), files)


def test_arrays_lists_and_files_are_one(tmp_path: Path) -> None:
    np.save(tmp_path / "scan.npy", np.array(SQUARE, dtype=np.int16))
    nested = np.empty(4, dtype=object)
    nested[:] = [np.array(point) for point in SQUARE]  # as Arrow gives lists of lists back
    cells = read([SQUARE, np.array(SQUARE, dtype=np.float32), "scan.npy", nested], tmp_path)
    for sample in cells.samples:
        np.testing.assert_array_equal(sample, SQUARE)


def test_points_that_never_came_back_are_left_out_and_counted() -> None:
    kind = Points()
    [sample] = read([[*SQUARE, [np.nan, 0, 0], [0, 0, None]]]).samples
    statistics = kind.measure([sample])
    array = kind.prepare(sample, statistics)
    assert array.shape == (1 + 4, 3)
    np.testing.assert_allclose(array[0], [np.log(4), 2 / 6, 0], rtol=1e-6)
    assert "4 points, 2 left out" in kind.html(sample)


def test_the_caller_s_array_stays_as_it_was() -> None:
    cloud = np.array([[0.0, 0, 0], [np.nan, 1, 1]])
    before = cloud.copy()
    read([cloud])
    np.testing.assert_array_equal(cloud, before)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ([1.0, 2.0, 3.0], "points [n, 3 or more] are expected, list"),
        ([[1.0, 2.0]], "of shape [1, 2] came"),
        ([[1, 2, 3], [1, 2]], "points [n, 3 or more]"),
        (np.full((5, 3), np.nan), "all 5 points have NaN"),
        ([[0, 0, np.inf]], "1 figures are infinite"),
        (np.zeros((2, 3), dtype=complex), "are expected"),
        ("gone.npy", "no such file"),
        ("broken.npy", "not a readable array"),
        ("objects.npy", "not a readable array"),
        ("scan.txt", "ends in .npy"),
        (object(), "object came"),
    ],
)
def test_what_is_no_cloud_is_unreadable(cell: object, said: str, tmp_path: Path) -> None:
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY and no more")
    (tmp_path / "scan.txt").write_text("0 0 0")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    cells = read([cell, None, np.zeros((0, 3))], tmp_path)
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.ABSENT]
    assert said in cells.faults[0].reason


def test_standardised_by_one_measure_for_all_axes() -> None:
    kind = Points()
    random = np.random.default_rng(0)
    clouds = [random.normal([5, -3, 100, 7], [9, 3, 1, 50], (400, 4)) for _ in range(5)]
    statistics = kind.measure(clouds)
    assert statistics.std[0] == statistics.std[1] == statistics.std[2]
    every = np.concatenate([kind.prepare(cloud, statistics)[1:] for cloud in clouds])
    np.testing.assert_allclose(every.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose((every[:, :3] ** 2).mean(), 1, rtol=1e-4)
    np.testing.assert_allclose(every[:, 0].std() / every[:, 2].std(), 9, rtol=0.1)


def test_a_large_cloud_is_drawn_evenly_and_in_no_order() -> None:
    random = np.random.default_rng(0)
    cloud = random.uniform(size=(5_000, 4))
    cloud[random.random(5_000) < 0.2] = np.nan
    one, other = thinned(cloud, 500), thinned(random.permutation(cloud), 500)
    np.testing.assert_array_equal(one, other)
    assert len(one) == 500
    assert np.isnan(one[:, 0]).sum() == pytest.approx(100, abs=8)
    kept = {tuple(point) for point in real(one)}
    assert kept <= {tuple(point) for point in real(cloud)}
    octants = np.bincount((real(one)[:, :3] > 0.5) @ [1, 2, 4], minlength=8)
    every = np.bincount((real(cloud)[:, :3] > 0.5) @ [1, 2, 4], minlength=8)
    # Chance would differ by 7 points or so; steps along the curve differ by one.
    assert np.abs(octants - every * len(kept) / len(real(cloud))).max() < 2


def test_other_widths_than_learnt_are_named_when_asked() -> None:
    table = pm.Table.read(
        {"scan": [np.random.default_rng(row).normal(size=(9, 3)) for row in range(12)], "y": ["a", "b"] * 6},
        target="y",
        types={"scan": pm.Points()},
    )
    model = pm.Model(preset="fast", learners=["linear"]).fit(table, progress=False)
    found = model.predict([{"scan": np.zeros((4, 5))}])
    assert "points of 3 figures were learnt, 5 came" in str(found.faults[0])


def test_flat_clouds_and_single_points_are_shown() -> None:
    for cloud in (np.zeros((1, 3)), np.zeros((5, 3)), np.random.default_rng(0).normal(size=(1_000, 3))):
        assert "nan" not in Points().html(cloud)
        assert len(Points().html(cloud)) < 20_000
