"""Columns that are a latitude and a longitude by name and by range."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

_LATITUDE = re.compile(r"(?:^|(?<=[\W_]))lat(?:itude)?(?=$|[\W_])", re.IGNORECASE)
_LONGITUDES = {"lat": ("lon", "lng", "long"), "latitude": ("longitude",)}


def coordinate_pairs(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """What precedes the names ("" where nothing does) to the columns of latitude and longitude.

    >>> coordinate_pairs(pd.DataFrame({"home_lat": [48.9], "home_lng": [2.3], "lat": [120.0], "lon": [9.0]}),
    ...                  ["home_lat", "home_lng", "lat", "lon"])
    {'home': ('home_lat', 'home_lng')}
    """
    by_name = {column.lower(): column for column in columns}
    found = {}
    for column in columns:
        named = _LATITUDE.search(column)
        if named is None:
            continue
        before, word, after = column[: named.start()], named.group().lower(), column[named.end() :]
        for longitude in _LONGITUDES[word]:
            partner = by_name.get(f"{before}{longitude}{after}".lower())
            if partner is not None and _within(frame[column], 90) and _within(frame[partner], 180):
                found[(before + after).strip(" _.:-")] = (column, partner)
                break
    return found


def _within(values: pd.Series, most: float) -> bool:
    if values.dtype.kind not in "iuf":
        return False
    known = values.dropna()
    return bool(len(known)) and bool((known.abs() <= most).mean() >= 0.95)
