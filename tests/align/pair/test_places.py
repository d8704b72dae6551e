"""Joins by place, against all distances."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.align.pair.places import great_circle
from polymodal.errors import SchemaError, SettingError

by_place = pm.align.pair.by_place
RANDOM = np.random.default_rng(0)


def globe(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"latitude": RANDOM.uniform(-90, 90, n), "longitude": RANDOM.uniform(-180, 180, n), "name": range(n)}
    )


@pytest.mark.parametrize("several", ["nearest", "list"])
def test_equal_to_all_distances_on_the_globe(several) -> None:
    left, right = globe(60), globe(80)
    left.loc[3, "latitude"] = np.nan
    right.loc[0, ["latitude", "longitude"]] = [89.9, 10.0]
    left.loc[0, ["latitude", "longitude"]] = [89.9, -170.0]  # across the pole
    found = by_place(left, right, within=1500, several=several)
    rows, others = np.meshgrid(np.arange(60), np.arange(80), indexing="ij")
    places = [one[["latitude", "longitude"]].to_numpy() for one in (left, right)]
    apart = great_circle(places[0][rows.ravel()], places[1][others.ravel()]).reshape(60, 80)
    near = [[i, j] for i, j in zip(*np.nonzero(apart <= 1500), strict=True)]
    if several == "nearest":
        near = [[i, int(np.nanargmin(apart[i]))] for i in range(60) if np.nanmin(apart[i], initial=1e9) <= 1500]
    assert found.pairs.tolist() == near
    assert np.allclose(found.distances, [apart[i, j] for i, j in near])
    assert found.left.counts()["no place"] == 1


def test_a_known_distance() -> None:
    paris_london = great_circle(np.array([[48.8566, 2.3522]]), np.array([[51.5074, -0.1278]]))
    assert paris_london[0] == pytest.approx(343.5, abs=0.5)


def test_in_a_plane_with_ties_and_ends_included() -> None:
    spots = {"x": [0.0, 3.0, 3.0], "y": [0.0, 4.0, 4.0], "spot": ["a", "b", "c"]}
    found = by_place({"u": [0.0], "v": [0.0]}, spots, ["u", "v"], right_place=["x", "y"], within=5, metric="euclidean")
    assert found.table["spot"].tolist() == ["a"]
    every = by_place(
        {"x": [0.0]*2, "y": [0.0, 8.0]}, spots, ["x", "y"], within=5, metric="euclidean", several="list"
    )  # fmt: skip
    assert every.table["spot"].tolist() == [["a", "b", "c"], ["b", "c"]]
    one = by_place({"x": [3.0], "y": [4.0]}, spots, ["x", "y"], within=0, metric="euclidean")
    assert one.table["spot"].tolist() == ["b"]


def test_faults() -> None:
    towns = {"latitude": [52.5], "longitude": [13.4]}
    swapped = {"latitude": [500_123.0], "longitude": [5.4]}
    with pytest.raises(SchemaError, match=r"no degrees: 'latitude' is 500123 in row 0.*metric='euclidean'"):
        by_place(swapped, towns, within=1)
    with pytest.raises(SchemaError, match="'latitude' holds no numbers"):
        by_place({"latitude": ["52 N"], "longitude": ["13 E"]}, towns, within=1)
    for wrong in (-1, np.nan, "25km", None, True):
        with pytest.raises(SettingError, match="a number from 0 on: km on the globe"):
            by_place(towns, towns, within=wrong)
    with pytest.raises(SettingError, match=r"place=\['latitude'\]"):
        by_place(towns, towns, "latitude", within=1)
    with pytest.raises(SchemaError, match=r"place=... names them"):
        by_place({"lat": [1.0], "lon": [2.0]}, towns, within=1)
    with pytest.raises(SettingError, match="Did you mean 'haversine'"):
        by_place(towns, towns, within=1, metric="haversin")
