"""Joins by place: on the globe, or in a plane or space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from polymodal.align._columns import need_columns
from polymodal.align._numbers import is_real
from polymodal.align.joined import Joined
from polymodal.align.pair._gathering import Several, gathered
from polymodal.errors import SchemaError, SettingError, near_miss
from polymodal.schema.read import read_frame

Metric = Literal["haversine", "euclidean"]
EARTH = 6371.0088  # mean radius in km (IUGG)


def by_place(
    left: Any,
    right: Any,
    place: Sequence[str] = ("latitude", "longitude"),
    *,
    within: float,
    right_place: Sequence[str] | None = None,
    metric: Metric = "haversine",
    several: Several = "nearest",
    columns: Sequence[str] | None = None,
) -> Joined:
    """To each row of `left` the row of `right` at the nearest place, or all that are `within` reach.

    Args:
        place: columns with the place: latitude and longitude in degrees under "haversine" (great-circle distance in
            km), two or more coordinates of one unit under "euclidean". `right_place` where the right names them
            differently.
        within: how far apart places may be, in km or in the unit of the coordinates.
        several: "nearest" (of places as near, the first), or one of those of `by_key`.
        columns: of `right`, to be taken; all unless given.

    The answer has the distances. Raises SchemaError for columns that are not there, are no numbers or no degrees,
    SettingError for settings out of range.

    >>> towns = {"latitude": [52.52, 48.14], "longitude": [13.40, 11.58], "town": ["Berlin", "Munich"]}
    >>> found = by_place({"latitude": [52.4, 0.0], "longitude": [13.1, 0.0]}, towns, within=50)
    >>> found.table["town"].tolist(), found.distances.round(1).tolist()
    (['Berlin', nan], [24.3])
    """
    if metric not in get_args(Metric):
        raise SettingError(f"metric={metric!r} is unknown. {near_miss(metric, get_args(Metric))}")
    if not is_real(within, 0):
        raise SettingError(
            f"within={within!r} has to be a number from 0 on: km on the globe, else in units of the coordinates"
        )
    first, _ = read_frame(left)
    second, _ = read_frame(right)
    names = [place] if isinstance(place, str) else list(place)
    others = [right_place] if isinstance(right_place, str) else list(right_place or names)
    if len(names) != len(others) or (metric == "haversine" and len(names) != 2):
        raise SettingError(f"place={names} and {others}: latitude and longitude, or as many coordinates on both sides")
    need_columns(first, names, "left", "place=... names them")
    need_columns(second, [*others, *(columns or ())], "right", "right_place=... names them")
    here, there = _coordinates(first, names, metric, "left"), _coordinates(second, others, metric, "right")
    known, other_known = ~np.isnan(here).any(axis=1), ~np.isnan(there).any(axis=1)
    pairs, apart = _near(here, there, known, other_known, within, metric, several == "nearest")
    unit = "km" if metric == "haversine" else "units"
    return gathered(
        first,
        second,
        pairs,
        several=several,
        how=f"by place, within {within:g} {unit}",
        columns=list(columns) if columns is not None else list(second.columns),
        left_checks=[
            (~known, "no place"),
            (np.ones(len(first), bool), f"nothing within {within:g} {unit}"),
        ],
        right_checks=[(~other_known, "no place"), (np.ones(len(second), bool), "not the place of any row")],
        distances=apart,
        scale=unit,
    )


def great_circle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kilometres between places `[n, 2]` in degrees of latitude and longitude (haversine formula).

    >>> great_circle(np.array([[0.0, 0.0]]), np.array([[0.0, 180.0]])).round(1).tolist()
    [20015.1]
    """
    a, b = np.radians(first), np.radians(second)
    half = np.sin((a[:, 0] - b[:, 0]) / 2) ** 2
    half = half + np.cos(a[:, 0]) * np.cos(b[:, 0]) * np.sin((a[:, 1] - b[:, 1]) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(half.clip(0, 1)))


def _near(
    here: np.ndarray,
    there: np.ndarray,
    known: np.ndarray,
    other_known: np.ndarray,
    within: float,
    metric: str,
    only_nearest: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """`[P, 2]` positions within reach, and how far apart they are."""
    rows, others = np.flatnonzero(known), np.flatnonzero(other_known)
    if not len(rows) or not len(others):
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    is_globe = metric == "haversine"
    own, other = (_on_sphere(one) if is_globe else one for one in (here[rows], there[others]))
    # The chord of an arc; a little more is asked for, and measured exactly below.
    reach = 2 * np.sin(min(within / EARTH, np.pi) / 2) * (1 + 1e-9) + 1e-12 if is_globe else within * (1 + 1e-9) + 1e-9
    tree = cKDTree(other)
    if only_nearest:
        _, nearest = tree.query(own, distance_upper_bound=np.nextafter(reach, np.inf))
        found = nearest < len(others)
        # Places that several rows share: the first of them, whatever the tree comes upon first.
        _, first, place = np.unique(there[others], axis=0, return_index=True, return_inverse=True)
        pairs = np.stack([rows[found], others[first[place.ravel()[nearest[found]]]]], axis=1)
    else:
        lists = tree.query_ball_point(own, reach)
        sizes = np.array([len(one) for one in lists])
        flat = np.concatenate([np.asarray(one, dtype=np.int64) for one in lists]) if sizes.sum() else np.zeros(0, int)
        pairs = np.stack([np.repeat(rows, sizes), others[flat]], axis=1)
    a, b = here[pairs[:, 0]], there[pairs[:, 1]]
    apart = great_circle(a, b) if is_globe else np.sqrt(((a - b) ** 2).sum(axis=1))
    kept = apart <= within * (1 + 1e-12)
    return pairs[kept], apart[kept]


def _coordinates(frame: pd.DataFrame, names: Sequence[str], metric: str, side: str) -> np.ndarray:
    faults = [f"{one!r} holds no numbers" for one in names if not pd.api.types.is_numeric_dtype(frame[one].dtype)]
    if faults:
        raise SchemaError(f"the places of the {side} table cannot be read:", faults)
    found = frame[list(names)].to_numpy(dtype=np.float64, na_value=np.nan)
    if metric == "haversine":
        for column, most in ((0, 90.0), (1, 360.0)):
            beyond = np.flatnonzero(np.abs(found[:, column]) > most)
            if len(beyond):
                raise SchemaError(
                    f"the places of the {side} table are no degrees: {names[column]!r} is {found[beyond[0], column]:g} "
                    f"in row {frame.index[beyond[0]]}; latitude comes first, from -90 to 90. Metres in a plane need "
                    "metric='euclidean'"
                )
    return found


def _on_sphere(degrees: np.ndarray) -> np.ndarray:
    latitude, longitude = np.radians(degrees).T
    return np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )
