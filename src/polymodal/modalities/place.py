"""Place: one point on the globe a cell, by latitude and longitude in degrees."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from polymodal.errors import CellError, SchemaError
from polymodal.modalities._numbers import read_numbers, shown
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, State, Unreadable, decode_each, is_absent
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

_PAIR = re.compile(r"\s*\(?\s*([+-]?\d{1,3}(?:\.\d+)?)\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d+)?)\s*\)?\s*")
_WRITTEN = re.compile(r"\s*\(?\s*[+-]?\d{1,2}\.\d+\s*[,;]\s*[+-]?\d{1,3}\.\d+\s*\)?\s*")


class PlaceStatistics(Statistics):
    """Where the training rows lie on the unit sphere: their mean `[3]` and the root mean square of the way to it."""

    centre: tuple[float, float, float]
    reach: float


@MODALITIES.register("place")
class Place(Modality):
    """A point on the globe: two columns, `columns=("lat", "lon")` in that order, or one column of pairs.

    Degrees in WGS 84, latitude first, from -90 to 90, longitude from -180 to 180 or from 0 to 360. A pair is a list, an
    array, a dict of `lat` and `lon`, or a string such as "48.85, 2.35". A latitude beyond 90 with a longitude within is
    taken for a swap, and is unreadable like everything out of range. A row with one half only has no place.

    >>> frame = pd.DataFrame({"lat": [48.85, None, 151.2], "lon": [2.35, 7.0, -33.9]})
    >>> cells = Place(columns=("lat", "lon")).read("home", frame, None)
    >>> cells.state.tolist(), cells.faults[0].reason
    ([1, 2, 2], 'a latitude without its longitude, or the other way round, is no place')
    """

    kind: ClassVar[str] = "place"
    is_group: ClassVar[bool] = True
    encoder: str = "place"

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        seen = values.dropna().head(500).tolist()
        if seen and all(isinstance(one, str) and _WRITTEN.fullmatch(one) for one in seen):
            pairs = [_halves(one) for one in seen]
            if np.mean([_fault(*pair) is None for pair in pairs]) >= 0.95:
                return "latitudes and longitudes in pairs"
        return None

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        if self.columns and len(self.columns) != 2:
            raise SchemaError(
                f"modality {name!r}: a place has two columns, latitude and longitude, or one of pairs; "
                f"{len(self.columns)} came: {', '.join(map(repr, self.columns))}"
            )
        return super().resolve(name, frame)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `[2]` float64: latitude and longitude in degrees, the longitude from -180 to below 180."""
        if self.columns:
            return _read_columns(name, self.columns, frame)
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        return decode_each(raws, _decode, column=name, rows=frame.index)

    @classmethod
    def statistics_kind(cls) -> type[PlaceStatistics]:
        return PlaceStatistics

    def measure(self, samples: Sequence[np.ndarray]) -> PlaceStatistics:
        points = on_sphere(np.stack(samples)) if samples else np.zeros((1, 3))
        centre = points.mean(axis=0)
        reach = float(np.sqrt(((points - centre) ** 2).sum(axis=1).mean()))
        x, y, z = centre.tolist()
        return PlaceStatistics(centre=(x, y, z), reach=reach if reach > 1e-9 else 1.0)

    def prepare(self, sample: np.ndarray, statistics: PlaceStatistics) -> np.ndarray:
        """`[8]` float32: the point on the unit sphere, that about the training centre in its reach, degrees."""
        point = on_sphere(sample)
        near = ((point - statistics.centre) / statistics.reach).clip(-10, 10)
        return np.concatenate([point, near, sample]).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: PlaceStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, 8]`, all of it real."""
        import torch

        return torch.from_numpy(np.stack(arrays)), None

    def html(self, sample: np.ndarray) -> str:
        north, east = (float(one) for one in sample)
        said = f"{abs(north):.4f}° {'S' if north < 0 else 'N'}, {abs(east):.4f}° {'W' if east < 0 else 'E'}"
        return f'<span class="place">{html.escape(said)}</span>'

    @classmethod
    def example(cls, random: np.random.Generator) -> np.ndarray:
        return np.array([random.uniform(-90, 90), random.uniform(-180, 180)])


def on_sphere(degrees: np.ndarray) -> np.ndarray:
    """`[..., 2]` latitude and longitude in degrees to `[..., 3]` on the unit sphere, which has no seam and no poles.

    >>> on_sphere(np.array([[0.0, 0.0], [0.0, 90.0], [90.0, 12.0]])).round(6).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    north, east = np.radians(degrees[..., 0]), np.radians(degrees[..., 1])
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def _decode(raw: Any) -> np.ndarray | None:
    if isinstance(raw, (list, tuple, np.ndarray)) and all(is_absent(half) for half in raw):
        return None
    north, east = _halves(raw)
    fault = _fault(north, east)
    if fault:
        raise Unreadable(fault)
    return _sample(north, east)


def _halves(raw: Any) -> tuple[float, float]:
    halves = raw
    if isinstance(raw, str):
        written = _PAIR.fullmatch(raw)
        halves = written.groups() if written else ()
    elif isinstance(raw, dict):
        found = {str(key).lower()[:3]: value for key, value in raw.items()}
        halves = (found["lat"], found.get("lon", found.get("lng"))) if "lat" in found else ()
    try:
        north, east = (float("nan") if is_absent(one) else float(one) for one in halves)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"a latitude and a longitude in degrees are expected, {shown(raw)} came") from None
    return north, east


def _fault(north: float, east: float) -> str | None:
    """What is wrong with a pair, or None."""
    if not (np.isfinite(north) and np.isfinite(east)):
        return "a latitude without its longitude, or the other way round, is no place"
    if abs(north) <= 90 and -180 <= east <= 360:
        return None
    if abs(north) <= 180 and abs(east) <= 90:
        return f"latitude {north:g} is beyond 90 degrees; latitude and longitude look swapped (latitude comes first)"
    return f"latitude {north:g}, longitude {east:g}: allowed are -90 to 90 and -180 to 360 degrees"


def _sample(north: float, east: float) -> np.ndarray:
    return np.array([north, (east + 180) % 360 - 180])


def _read_columns(name: str, columns: Sequence[str], frame: pd.DataFrame) -> Cells:
    raw = frame.reindex(columns=list(columns))
    (north, lost_north), (east, lost_east) = (read_numbers(raw[column]) for column in columns)
    state = np.zeros(len(frame), dtype=np.int8)
    samples: list[np.ndarray | None] = [None] * len(frame)
    faults = []
    for row in np.flatnonzero(~np.isnan(north) | ~np.isnan(east) | lost_north | lost_east).tolist():
        bad = [column for column, lost in zip(columns, (lost_north, lost_east), strict=True) if lost[row]]
        if bad:
            said = (f"{shown(raw[column].iloc[[row]].tolist()[0])} in {column!r} is no finite number" for column in bad)
            reason: str | None = "; ".join(said)
        else:
            reason = _fault(float(north[row]), float(east[row]))
        if reason:
            faults.append(CellError(frame.index[row], name, reason))
            state[row] = State.UNREADABLE
        else:
            samples[row], state[row] = _sample(float(north[row]), float(east[row])), State.PRESENT
    return Cells(samples, state, faults)
