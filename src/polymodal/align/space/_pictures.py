"""Pictures, volumes and masks as another frame sees them, worked through in strips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from polymodal.errors import DataError, SettingError

if TYPE_CHECKING:
    from polymodal.align.space.transform import Transform

_STRIP = 2**20  # pixels
_COARSEST = 32  # pixels between places that are mapped exactly, at first
_FINEST = 4
_FEW = 0.02  # share of the grid's cells that are mapped pixel by pixel rather than on a finer grid
_ERROR = 0.02  # pixels of the source, by which places in between may be off


def moved(transform: Transform, image: Any, size: Sequence[int] | None, fill: float) -> np.ndarray:
    """`Transform.picture`."""
    if getattr(image, "mode", None) == "P":  # else the numbers of colours would be mixed
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    given = np.asarray(image)
    _check(transform, given)
    if given.dtype.kind not in "uif":
        raise DataError(f"a picture holds numbers, and this one {given.dtype}; yes and no, and labels, go to mask()")
    if given.dtype.kind == "f" and not np.isfinite(given).all():
        raise DataError("the picture holds values that are not finite; give them a value first")
    shape = _shape(transform, size)
    d = transform.source.dimensions
    kept = np.full((*shape, *given.shape[d:]), _fitting(fill, given.dtype), dtype=given.dtype)
    factor = _shrinkage(transform, shape)
    read = given if factor == 1 else _averaged(given, factor, d)
    for rows, places, inside in _strips(transform, shape, given.shape[:d]):
        at = (places[:, inside] + 0.5) / factor - 0.5
        strip = kept[rows]
        for channel in np.ndindex(given.shape[d:]):
            one = (slice(None),) * d + channel
            values = ndimage.map_coordinates(read[one], at, output=np.float64, order=1, mode="nearest")
            strip[one][inside.reshape(strip.shape[:d])] = _typed(values, given.dtype)
    return kept


def moved_labels(transform: Transform, mask: Any, size: Sequence[int] | None, fill: int) -> np.ndarray:
    """`Transform.mask`."""
    given = np.asarray(mask)
    _check(transform, given)
    if given.dtype.kind not in "bui":
        raise DataError(f"a mask holds labels, whole numbers or yes and no, and this one {given.dtype}; brightness "
                        "goes to picture()")  # fmt: skip
    shape = _shape(transform, size)
    d = transform.source.dimensions
    kept = np.full((*shape, *given.shape[d:]), _fitting(fill, given.dtype), dtype=given.dtype)
    for rows, places, inside in _strips(transform, shape, given.shape[:d]):
        strip = kept[rows]
        nearest = np.floor(places[:, inside] + 0.5).astype(np.int64)
        strip[inside.reshape(strip.shape[:d])] = given[tuple(nearest)]
    return kept


def _check(transform: Transform, given: np.ndarray) -> None:
    source, target = transform.source, transform.target
    d = source.dimensions
    if target.dimensions != d:
        raise DataError(f"{transform} leads from {d} to {target.dimensions} dimensions, and pictures stay in theirs")
    for frame in (source, target):
        if frame.unit != "pixel":
            raise DataError(f"pictures lie in frames of pixels, and {frame} does not; put pm.align.space.scaling("
                            "frame, 'pixel') before or after")  # fmt: skip
    axes = "[height, width] or [height, width, channels]" if d == 2 else "[depth, height, width(, channels)]"
    if given.ndim not in (d, d + 1) or not given.size:
        raise DataError(f"a picture is an array {axes}; this is {given.dtype} {list(given.shape)}")
    if source.size is not None and given.shape[:d] != source.size[::-1]:
        turned = "; its axes are the other way round" if given.shape[:d] == source.size else ""
        raise DataError(
            f"the picture is {' x '.join(map(str, given.shape[d - 1 :: -1]))} and its frame {source}{turned}"
        )


def _shape(transform: Transform, size: Sequence[int] | None) -> tuple[int, ...]:
    """Of the answer, as arrays have it: height first."""
    d = transform.source.dimensions
    if size is None:
        size = transform.target.size
    if size is None:
        raise DataError(f"how large is the picture in {transform.target}? Give size=(width, height), or give the frame "
                        "its size")  # fmt: skip
    sides = np.asarray(size)
    if sides.shape != (d,) or sides.dtype.kind not in "ui" or (sides < 1).any():
        raise SettingError(f"size={size!r}: (width, height{', depth' if d == 3 else ''}) in whole pixels, 1 or more")
    return tuple(int(side) for side in sides[::-1])


def _fitting(fill: Any, dtype: np.dtype) -> Any:
    value: Any = np.asarray(fill if isinstance(fill, Real) else 0).astype(dtype)[()]
    if not isinstance(fill, Real) or value != fill:
        raise SettingError(f"fill={fill!r} is no value of a picture of {dtype}")
    return value


def _typed(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    if dtype.kind == "f":
        return values.astype(dtype)
    ends = np.iinfo(dtype)
    return np.clip(np.rint(values), ends.min, ends.max).astype(dtype)


def _strips(
    transform: Transform, shape: tuple[int, ...], source_shape: tuple[int, ...]
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Rows of the answer, where their pixels were `[d, n]` as arrays are indexed, and which are in the picture."""
    rows = max(1, _STRIP // int(np.prod(shape[1:])))
    last = np.array(source_shape)[:, None] - 0.5
    for start in range(0, shape[0], rows):
        stop = min(start + rows, shape[0])
        places, found = _origins(transform, start, (stop - start, *shape[1:]))
        inside = found & (places >= -0.5).all(axis=0) & (places < last).all(axis=0)
        yield slice(start, stop), places, inside


def _origins(transform: Transform, start: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where each pixel of a strip was: exact on a grid, linear in between wherever that is close enough, else exact."""
    step, n = _COARSEST, int(np.prod(shape))
    while True:
        nodes = [np.arange(max(1, int(np.ceil((side - 1) / step))) + 1) * float(step) for side in shape]
        exact, found = _back(transform, nodes, start)
        middles = [(one[:-1] + one[1:]) / 2 for one in nodes]
        truth, also = _back(transform, middles, start)
        off = np.abs(_between(exact, middles, step) - truth).max(axis=0) > _ERROR
        off |= ~also | ~ndimage.minimum_filter(found, size=2)[(slice(1, None),) * len(shape)]
        if off.mean() <= _FEW or step == _FINEST:
            break
        step //= 2
    whole = _between(exact, [np.arange(float(side)) for side in shape], step).reshape(-1, n)
    there = np.ones(n, dtype=bool)
    for axis, side in enumerate(shape):
        off = np.take(off, np.minimum(np.arange(side) // step, off.shape[axis] - 1), axis=axis)
    rows = np.flatnonzero(off)
    if len(rows):
        at = np.stack(np.unravel_index(rows, shape), axis=1) + np.array([start, *[0] * (len(shape) - 1)])
        places, there[rows] = transform.backward(at[:, ::-1].astype(np.float64))
        whole[:, rows] = places[:, ::-1].T
    return whole, there


def _back(transform: Transform, sides: list[np.ndarray], start: int) -> tuple[np.ndarray, np.ndarray]:
    """`[d, *grid]` places in the source of a grid in the target, as arrays are indexed, and which are found."""
    grid = np.meshgrid(sides[0] + start, *sides[1:], indexing="ij")
    points = np.stack([one.ravel() for one in reversed(grid)], axis=1)
    places, found = transform.backward(points)
    return places[:, ::-1].T.reshape(len(sides), *grid[0].shape), found.reshape(grid[0].shape)


def _between(exact: np.ndarray, sides: list[np.ndarray], step: int) -> np.ndarray:
    """Linear along each axis between values `[d, *grid]` that are `step` apart."""
    for axis, wanted in enumerate(sides, start=1):
        at = wanted / step
        low = np.minimum(at.astype(np.int64), max(exact.shape[axis] - 2, 0))
        part = (at - low).reshape(-1, *(1,) * (exact.ndim - 1 - axis))
        upper = np.take(exact, np.minimum(low + 1, exact.shape[axis] - 1), axis=axis)
        lower = np.take(exact, low, axis=axis)
        exact = lower + part * (upper - lower)
    return exact


def _shrinkage(transform: Transform, shape: tuple[int, ...]) -> int:
    """How many pixels of the source fall into one of the target along each axis, rounded down; 1 or more."""
    middle = np.array(shape[::-1]) / 2
    d = len(shape)
    points = np.concatenate([middle[None] - 0.5, middle + 0.5 * np.eye(d) - 0.5, middle - 0.5 * np.eye(d) - 0.5])
    places, found = transform.backward(points)
    if not found.all():
        return 1
    steps = places[1 : d + 1] - places[d + 1 :]
    return max(1, int(np.linalg.norm(steps, axis=1).min() + 1e-6))


def _averaged(image: np.ndarray, factor: int, dimensions: int) -> np.ndarray:
    """Means over blocks of `factor` pixels to a side; smaller blocks at the far edges."""
    total = image
    for axis in range(dimensions):
        starts = np.arange(0, image.shape[axis], factor)
        counts = np.diff([*starts, image.shape[axis]]).astype(np.float32)
        wide = (1,) * axis, (1,) * (image.ndim - 1 - axis)
        total = np.add.reduceat(total, starts, axis=axis, dtype=np.float32) / counts.reshape(*wide[0], -1, *wide[1])
    return total
