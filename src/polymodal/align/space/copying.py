"""Copying: what a fixed section holds, read at the places of a moving one; a gap stays a gap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from polymodal.align._numbers import is_positive, is_whole
from polymodal.align._wording import count
from polymodal.align.space._points import checked
from polymodal.align.space.registration import Registration
from polymodal.align.space.transform import Transform
from polymodal.errors import DataError, SettingError

if TYPE_CHECKING:
    import pandas as pd

_ON_TOP = 1e-9  # distance in parts of the reach, below which a place counts as the same


@dataclass(frozen=True, eq=False)
class Neighbours:
    """For each moving point the fixed ones next to where it lands.

    Attributes:
        rows: `[n, k]` int64 of the fixed points, nearest first; -1 where there is none.
        distances: `[n, k]` in units of the fixed frame; infinite where there is none.
        within: how far was looked.
        n_fixed: how many fixed points there are.
    """

    rows: np.ndarray
    distances: np.ndarray
    within: float
    n_fixed: int

    def __repr__(self) -> str:
        found = int(self.found.sum())
        return f"{found:,} of {count(len(self.rows), 'point')} have a neighbour within {self.within:g}"

    @property
    def found(self) -> np.ndarray:
        """`[n]` whether there is any."""
        return self.rows[:, 0] >= 0

    @property
    def weights(self) -> np.ndarray:
        """`[n, k]` by one over the distance, of sum 1 (0 where there is no neighbour); one on the place has it all."""
        weights = np.where(self.rows >= 0, 1 / np.maximum(self.distances, _ON_TOP * self.within), 0.0)
        total = weights.sum(axis=1, keepdims=True)
        shares: np.ndarray = weights / np.where(total > 0, total, 1.0)
        return shares


@dataclass(frozen=True, eq=False)
class Copied:
    """Values of the fixed section at the places of the moving one.

    Attributes:
        values: `[n, c]`; where `present` is False they mean nothing.
        present: `[n, c]` bool.
        columns: `[c]` their names.
        neighbours: where they come from.
    """

    values: np.ndarray
    present: np.ndarray
    columns: tuple[str, ...]
    neighbours: Neighbours

    def __repr__(self) -> str:
        return f"{count(len(self.columns), 'column')} copied; {self.neighbours!r}"

    def to_pandas(self) -> pd.DataFrame:
        """A row for each moving point, null where nothing was near."""
        import pandas as pd  # slow to import

        made = {}
        for place, name in enumerate(self.columns):
            column = self.values[:, place]
            if column.dtype == object:
                column = pd.Series(column).infer_objects().to_numpy()
            made[name] = pd.Series(column).where(self.present[:, place])
        return pd.DataFrame(made)


def nearest(transform: Transform | Registration, moving: Any, fixed: Any, *, within: float, k: int = 1) -> Neighbours:
    """The `k` fixed points nearest to where each moving one lands, none of them further than `within`.

    Args:
        transform: from the moving frame to the fixed one, or the registration that found it.
        moving, fixed: `[n, d]` and `[m, d]` points, each in its own frame.
        within: in units of the fixed frame; for spots on a grid one and a half times their distance is usual.

    Raises DataError for points that are absent, SettingError for `within` and `k` out of range.

    >>> from polymodal.align.space import Affine, Frame
    >>> shift = Affine([[1, 0, 10], [0, 1, 0]], Frame("moving"), Frame("fixed"))
    >>> nearest(shift, [[0, 0], [50, 0]], [[11, 0], [9, 3]], within=5).rows.tolist()
    [[0], [-1]]
    """
    if not is_positive(within):
        raise SettingError(f"within={within!r} is a distance in units of the fixed frame, more than 0")
    if not is_whole(k, 1):
        raise SettingError(f"k={k!r} is a number of neighbours, from 1 on")
    way = transform.transform if isinstance(transform, Registration) else transform
    landed, there = way.forward(checked(moving, way.source.dimensions, "moving points"))
    places = checked(fixed, way.target.dimensions, "fixed points")
    rows = np.full((len(landed), k), -1, dtype=np.int64)
    distances = np.full((len(landed), k), np.inf)
    if len(places) and there.any():
        # The tree's own bound is exclusive, and what lies at the very end of the reach counts.
        bound = np.nextafter(float(within), np.inf)
        far, near = cKDTree(places).query(landed[there], k=np.arange(1, k + 1), distance_upper_bound=bound)
        distances[there], rows[there] = far, np.where(near < len(places), near, -1)
    return Neighbours(rows, distances, float(within), len(places))


def copy(
    transform: Transform | Registration, moving: Any, fixed: Any, values: Any, *, within: float, k: int = 1
) -> Copied:
    """Values of the fixed section at the places of the moving one, from the nearest point or the `k` nearest.

    `values` are `[m]` or `[m, c]` numbers, scipy sparse, or a table with as many rows as `fixed` has. With `k` above 1
    numbers are means weighted by one over the distance, and anything else is that of the nearest point that has it. A
    value absent from one neighbour is taken from the others; where there is none within reach, it is absent.

    Raises what `nearest` raises, and DataError for another number of rows.

    >>> from polymodal.align.space import Affine, Frame
    >>> shift = Affine([[1, 0, 10], [0, 1, 0]], Frame("moving"), Frame("fixed"))
    >>> copied = copy(shift, [[0, 0], [50, 0]], [[11, 0], [8, 0]], [6.0, 9.0], within=5, k=2)
    >>> copied.values.round(3).tolist(), copied.present.tolist()
    ([[7.0], [0.0]], [[True], [False]])
    """
    found = nearest(transform, moving, fixed, within=within, k=k)
    numbers, others, names = _sorted_out(values)
    n = len(numbers.values) if numbers is not None else len(others[0][1]) if others else 0
    if n != found.n_fixed or not names:
        raise DataError(f"values have a row for each fixed point: {found.n_fixed:,} are asked for, and {n:,} came")
    table = np.empty((len(found.rows), len(names)), dtype=object if others else np.float64)
    present = np.zeros(table.shape, dtype=bool)
    if numbers is not None:
        table[:, numbers.places], present[:, numbers.places] = _means(numbers, found)
    for place, column in others:
        table[:, place], present[:, place] = _picked(column, found)
    return Copied(table, present, names, found)


@dataclass(frozen=True)
class _Numbers:
    """`[m, c]` values (0 where unknown), which are known, and which columns they are."""

    values: np.ndarray
    known: np.ndarray
    places: np.ndarray


def _sorted_out(values: Any) -> tuple[_Numbers | None, list[tuple[int, np.ndarray]], tuple[str, ...]]:
    """Columns of numbers as one block, the others one by one, and all names."""
    import pandas as pd  # slow to import

    if sparse.issparse(values):
        values = values.toarray()
    if hasattr(values, "columns"):
        table = values if isinstance(values, pd.DataFrame) else values.to_pandas()
        names = tuple(map(str, table.columns))
    elif hasattr(values, "name") and hasattr(values, "to_numpy"):
        table, names = pd.DataFrame({0: values}), ("value" if values.name is None else str(values.name),)
    else:
        array = np.asarray(values)
        if array.ndim not in (1, 2):
            raise DataError(f"values are [points] or [points, columns]; these are {list(array.shape)}")
        names = ("value",) if array.ndim == 1 else tuple(map(str, range(array.shape[1])))
        table = pd.DataFrame(array.reshape(len(array), len(names)))
    kinds = table.dtypes.to_list()
    is_number = np.array([pd.api.types.is_numeric_dtype(one) and not pd.api.types.is_bool_dtype(one) for one in kinds])
    places = np.flatnonzero(is_number)
    rest = np.flatnonzero(~is_number)
    whole = table.iloc[:, rest].astype(object).to_numpy()
    others = [(int(place), whole[:, column]) for column, place in enumerate(rest)]
    if not len(places):
        return None, others, names
    block = table.iloc[:, places].to_numpy(dtype=np.float64, na_value=np.nan)
    known = ~np.isnan(block)
    return _Numbers(np.where(known, block, 0.0), known, places), others, names


def _means(numbers: _Numbers, found: Neighbours) -> tuple[np.ndarray, np.ndarray]:
    one, other = np.nonzero(found.rows >= 0)
    ends = one, found.rows[one, other]
    mixed = sparse.csr_array((found.weights[one, other], ends), shape=(len(found.rows), found.n_fixed))
    total = mixed @ numbers.known.astype(np.float64)
    return (mixed @ numbers.values) / np.where(total > 0, total, 1.0), total > 0


def _picked(column: np.ndarray, found: Neighbours) -> tuple[np.ndarray, np.ndarray]:
    import pandas as pd  # slow to import

    picked = np.full(len(found.rows), None, dtype=object)
    if not len(column):
        return picked, np.zeros(len(picked), dtype=bool)
    near = found.rows >= 0
    usable = near & ~np.asarray(pd.isna(column))[np.where(near, found.rows, 0)]
    present = np.asarray(usable.any(axis=1))
    rows = found.rows[np.arange(len(near)), np.argmax(usable, axis=1)]
    picked[present] = column[rows[present]]
    return picked, present
