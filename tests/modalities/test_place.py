"""Latitudes and longitudes: how pairs are written, where they lie on the sphere, which cannot be."""

import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.errors import SchemaError
from polymodal.modalities.place import Place, on_sphere
from polymodal.schema.cells import State

PARIS = (48.8566, 2.3522)


def read(cells: list[object]):
    return Place().read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), None)


@pytest.mark.parametrize(
    "cell",
    [
        list(PARIS),
        np.array(PARIS),
        {"lat": 48.8566, "lng": 2.3522},
        {"Latitude": "48.8566", "Longitude": 2.3522},
        "48.8566, 2.3522",
        "(48.8566 +2.3522)",
        (48.8566, 362.3522 - 360),
    ],
)
def test_one_place_in_many_ways(cell: object) -> None:
    cells = read([cell])
    assert cells.state.tolist() == [State.PRESENT]
    np.testing.assert_allclose(cells.samples[0], PARIS)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ([151.2, -33.9], "look swapped"),
        ([91, 200], "allowed are -90 to 90"),
        ([0, 361], "allowed are -90 to 90"),
        ([10.0, None], "without its longitude"),
        ([1.0, float("inf")], "no place"),
        ([1.0, 2.0, 3.0], "a latitude and a longitude in degrees are expected"),
        ("Paris", "'Paris' came"),
        (48.9, "48.9 came"),
        ({"x": 1, "y": 2}, "are expected"),
    ],
)
def test_what_is_no_place_is_unreadable(cell: object, said: str) -> None:
    cells = read([cell, None, [None, None]])
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.ABSENT]
    assert said in cells.faults[0].reason


def test_two_columns_with_every_fault_named() -> None:
    frame = pd.DataFrame(
        {"lat": ["48.8566", 12, None, None, "north", 100.0], "lon": ["2.3522", None, 7, None, 3, 20.0]},
        index=list("abcdef"),
    )
    cells = Place(columns=("lat", "lon")).read("home", frame, None)
    assert cells.state.tolist() == [1, 2, 2, 0, 2, 2]
    assert [fault.row for fault in cells.faults] == ["b", "c", "e", "f"]
    assert "'north' in 'lat' is no finite number" in cells.faults[2].reason
    assert "swapped" in cells.faults[3].reason
    half = Place(columns=("lat", "lon")).read("home", frame[["lat"]].iloc[:1], None)
    assert half.state.tolist() == [State.UNREADABLE]


def test_two_columns_are_needed() -> None:
    with pytest.raises(SchemaError, match="a place has two columns"):
        pm.Table.read({"a": [1.0], "b": [1.0], "c": [1.0]}, types={"home": pm.Place(columns=("a", "b", "c"))})


def test_distances_on_the_sphere_are_those_of_the_haversine() -> None:
    random = np.random.default_rng(0)
    one, other = (np.stack([random.uniform(-90, 90, 50), random.uniform(-180, 180, 50)], axis=1) for _ in range(2))
    (north, east), (north_too, east_too) = np.radians(one.T), np.radians(other.T)
    haversine = (
        np.sin((north - north_too) / 2) ** 2 + np.cos(north) * np.cos(north_too) * np.sin((east - east_too) / 2) ** 2
    )
    chord = np.linalg.norm(on_sphere(one) - on_sphere(other), axis=1)
    np.testing.assert_allclose(2 * np.arcsin(chord / 2), 2 * np.arcsin(np.sqrt(haversine)), atol=1e-9)


def test_there_is_no_seam_and_a_pole_is_one_place() -> None:
    kind = Place()
    samples = read([[10, 179.9999], [10, -179.9999], [90, 0], [90, 120], [10, 180], [10, -180]]).samples
    statistics = kind.measure(samples)
    arrays = [kind.prepare(one, statistics)[:6] for one in samples]
    np.testing.assert_allclose(arrays[0], arrays[1], atol=1e-5)
    np.testing.assert_allclose(arrays[2], arrays[3], atol=1e-6)
    np.testing.assert_array_equal(samples[4], samples[5])


def test_places_of_one_town_are_told_apart() -> None:
    kind = Place()
    samples = read([[48.85 + step / 1e4, 2.35] for step in range(5)]).samples  # eleven metres from one to the next
    statistics = kind.measure(samples)
    near = np.stack([kind.prepare(one, statistics)[3:6] for one in samples])
    assert np.linalg.norm(np.diff(near, axis=0), axis=1).min() > 0.5


def test_columns_of_that_name_and_range_are_found() -> None:
    columns = {
        "lat": [48.0, -33.5] * 12,
        "lon": [2.0, 151.0] * 12,
        "start_Latitude": [1.5, None] * 12,
        "start_Longitude": [1.5, None] * 12,
        "flat": [1.0, 2.0] * 12,
        "flon": [1.0, 2.0] * 12,
        "spot": ["48.85, 2.35", "-33.9;151.2"] * 12,
    }
    schema = pm.Table.read(columns).schema
    kinds = {name: (one.kind, one.columns) for name, one in schema.modalities.items()}
    assert kinds == {
        "place": ("place", ("lat", "lon")),
        "start": ("place", ("start_Latitude", "start_Longitude")),
        "spot": ("place", ()),
        "tabular": ("tabular", ("flat", "flon")),
    }
    assert schema.reasons["place"] == "latitude and longitude in 'lat' and 'lon'"
    beyond = pm.Table.read({"lat": [448.0, 250.0], "lon": [2.0, 1.0]}).schema
    assert list(beyond.modalities) == ["tabular"]


def test_shown_in_degrees() -> None:
    assert Place().html(np.array([-33.9, 151.2])) == '<span class="place">33.9000° S, 151.2000° E</span>'
