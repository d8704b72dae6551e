"""Frames: what coordinates are relative to, and in which unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

import numpy as np

from polymodal.align._numbers import is_whole
from polymodal.errors import DataError, SettingError, near_miss

Unit = Literal["pixel", "micrometre", "millimetre", "metre"]
MICROMETRES: dict[str, float] = {"micrometre": 1.0, "millimetre": 1e3, "metre": 1e6}


@dataclass(frozen=True)
class Frame:
    """A named frame of coordinates: a picture, a slide, a body, a sensor.

    Coordinates are (x, y) or (x, y, z). In a frame of pixels x goes right and y down, and the centre of the first pixel
    is at 0, while arrays are [height, width] and volumes [depth, height, width].

    Attributes:
        name: two frames of one name are the same thing.
        unit: "pixel", "micrometre", "millimetre" or "metre".
        size: (width, height) or (width, height, depth) of the picture, in pixels, where known.
        resolution: micrometres a pixel, one number or one for each axis, where known. A frame in units of length keeps
            that of the picture it came from, which leads back to it.
        dimensions: 2 or 3.

    Raises SettingError that lists what is wrong.

    >>> Frame("slide", resolution=0.5, size=(4000, 3000))
    Frame 'slide', 4000 x 3000 pixels of 0.5 micrometres
    """

    name: str
    unit: Unit = "pixel"
    size: tuple[int, ...] | None = None
    resolution: float | tuple[float, ...] | None = None
    dimensions: int = 2

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            raise SettingError("not a frame:" + "".join(f"\n  - {fault}" for fault in faults))
        object.__setattr__(self, "dimensions", int(self.dimensions))
        if self.size is not None:
            object.__setattr__(self, "size", tuple(int(one) for one in self.size))
        if self.resolution is not None:
            kept = tuple(float(one) for one in np.atleast_1d(self.resolution))
            object.__setattr__(self, "resolution", kept[0] if len(set(kept)) == 1 else kept)

    def __repr__(self) -> str:
        told = f"{self.unit}s" if self.size is None else f"{' x '.join(map(str, self.size))} pixels"
        if self.resolution is not None:
            told += f" of {' x '.join(f'{one:g}' for one in np.atleast_1d(self.resolution))} micrometres"
        elif self.size is not None and self.unit != "pixel":
            told += f", in {self.unit}s"
        return f"Frame {self.name!r}, {told}" + (", 3-D" if self.dimensions == 3 else "")

    @property
    def spacing(self) -> np.ndarray:
        """`[d]` micrometres a pixel along each axis; raises DataError where the resolution is not known."""
        if self.resolution is None:
            raise DataError(
                f"the resolution of frame {self.name!r} is not known, and lengths need it: give it in micrometres a "
                f"pixel, Frame({self.name!r}, resolution=0.5), as the scanner or the file's metadata say it (40x is "
                "about 0.25, 20x about 0.5)"
            )
        return np.broadcast_to(np.asarray(self.resolution, dtype=np.float64), (self.dimensions,))

    @property
    def unit_length(self) -> np.ndarray:
        """`[d]` micrometres that one unit along each axis is; raises DataError for pixels of unknown resolution."""
        if self.unit == "pixel":
            return self.spacing
        return np.full(self.dimensions, MICROMETRES[self.unit])

    def in_unit(self, unit: Unit) -> Frame:
        """The same frame in another unit; `scaling` is the transform that leads there."""
        return replace(self, unit=unit)

    def to_dict(self) -> dict[str, Any]:
        """What is known of it, for JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, given: object) -> Frame:
        """From what `to_dict` gave; raises DataError for anything else."""
        if not isinstance(given, Mapping) or "name" not in given:
            raise DataError(f"a frame is told by its name and unit, not by {_shown(given)}")
        unknown = sorted(set(given) - set(cls.__dataclass_fields__))
        if unknown:
            raise DataError(f"a frame has no {', '.join(map(repr, unknown))}")
        kept: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        try:
            return cls(**kept)
        except SettingError as error:
            raise DataError(str(error)) from error


def need_agreement(first: Frame, second: Frame) -> None:
    """Raises DataError where what ends in the first frame cannot go on from the second."""
    if first.name != second.name or first.dimensions != second.dimensions:
        raise DataError(f"what ends in {first} cannot go on from {second}; transforms are joined where frames agree")
    if first.unit != second.unit:
        raise DataError(
            f"frame {first.name!r} is in {first.unit}s here and in {second.unit}s there; put "
            f"pm.align.space.scaling(frame, {second.unit!r}) between them"
        )
    for what in ("size", "resolution"):
        one, other = getattr(first, what), getattr(second, what)
        if one is not None and other is not None and not np.allclose(one, other, rtol=1e-6):
            raise DataError(f"frame {first.name!r} has {what} {one} here and {other} there; a picture of another "
                            "size or resolution is another frame: pm.align.space.resizing leads there")  # fmt: skip


def _faults(frame: Frame) -> Any:
    if not isinstance(frame.name, str) or not frame.name:
        yield f"name={_shown(frame.name)}: a frame has a name"
    if frame.unit not in get_args(Unit):
        yield f"unit={_shown(frame.unit)} is unknown. {near_miss(str(frame.unit), get_args(Unit))}"
    if not is_whole(frame.dimensions) or frame.dimensions not in (2, 3):
        yield f"dimensions={_shown(frame.dimensions)}: 2 or 3"
        return
    for name, whole in (("size", True), ("resolution", False)):
        given = getattr(frame, name)
        if given is not None and not _positive(given, frame.dimensions, whole):
            axes = "(width, height)" if frame.dimensions == 2 else "(width, height, depth)"
            ask = f"whole numbers of pixels, {axes}" if whole else f"micrometres a pixel, one number or {axes}"
            yield f"{name}={_shown(given)}: give {ask}, more than 0"


def _positive(given: object, n: int, whole: bool) -> bool:
    try:
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    if isinstance(given, (str, bool)) or numbers.shape not in ([(n,)] if whole else [(), (1,), (n,)]):
        return False
    return bool(np.isfinite(numbers).all() and (numbers > 0).all() and (not whole or (numbers % 1 == 0).all()))


def _shown(given: object) -> str:
    told = repr(given)
    return told if len(told) < 80 else told[:77] + "..."
