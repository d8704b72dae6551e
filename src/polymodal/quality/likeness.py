"""How alike two cells of one modality are, from 0 to 1, many pairs at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from polymodal.features._features import Matrix
from polymodal.quality.compared import columns, means, signals, spread, stills, thumbnails
from polymodal.quality.content import Content
from polymodal.registry import FEATURES

_FEW_COLUMNS = 16  # of a panel, up to which each one is looked at by itself
_DENSE = 6  # columns that are compared for every pair before the pairs are thinned out
_ALMOST_CONSTANT = 0.9  # share of pairs that agree in a column, above which it tells nothing of chance

# A pair at or above it is taken to be the same thing. Text: a word in twelve changed; numbers: rounded to a tenth of
# their spread; pictures: compressed and resized; sound: quieter, or compressed with care; moments and places: the
# thousandth part of their spread apart.
THRESHOLDS = {
    "audio": 0.9,
    "expression": 0.95,
    "graph": 0.95,
    "image": 0.975,
    "molecule": 0.95,
    "moment": 0.999,
    "place": 0.999,
    "points": 0.95,
    "sequence": 0.95,
    "series": 0.95,
    "tabular": 0.95,
    "text": 0.7,
    "tokens": 0.9,
    "vector": 0.95,
    "video": 0.975,
    "volume": 0.95,
}
OTHERS = 0.999  # kinds without plain features, of which only the content is compared


class Likeness(ABC):
    """The K cells of a modality, to be compared; cells are named by their place among the K."""

    threshold: float

    @abstractmethod
    def near(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions in `left` and in `right` of all pairs that are alike."""

    @abstractmethod
    def between(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """`[P]` likeness of pairs, one by one."""

    def by_chance(self) -> float:
        """How many of the pairs that `near` found so far rows that have nothing to do with each other would give."""
        return 0.0

    def exact(self) -> Likeness | None:
        """The same for cells that are equal, where that is told by chance less often than likeness is."""
        return None


@dataclass
class Directions(Likeness):
    """Rows of a matrix by their cosine, less where they differ in length: `2 x.y / (x.x + y.y)`."""

    matrix: Matrix
    threshold: float

    def __post_init__(self) -> None:
        squared = self.matrix.multiply(self.matrix) if isinstance(self.matrix, csr_matrix) else self.matrix**2
        self.squares = np.asarray(squared.sum(axis=1), dtype=np.float64).ravel()

    def near(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        products = self.matrix[left] @ self.matrix[right].T
        dense = products.toarray() if isinstance(products, csr_matrix) else products
        sums = self.squares[left][:, None] + self.squares[right]
        one, other = np.nonzero((2 * dense >= self.threshold * sums) & (sums > 0))
        return one, other

    def between(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        one, other = self.matrix[left], self.matrix[right]
        products = one.multiply(other) if isinstance(one, csr_matrix) else one * other
        both = 2 * np.asarray(products.sum(axis=1), dtype=np.float64).ravel()
        sums = self.squares[left] + self.squares[right]
        return np.where(sums > 0, both / np.where(sums > 0, sums, 1.0), 1.0).clip(0, 1)


@dataclass
class Columns(Likeness):
    """Numbers and codes by the column that differs most: 1 less its difference in spreads, 0 for another code.

    A gap beside a value is a difference when pairs are looked for, and no difference in a pair that is only checked.
    `values [K, F]` has NaN in gaps. How many pairs are alike by chance follows from those that differ in a single
    column: had it been dealt anew, as many of them would agree as agree in that column anywhere.
    """

    values: np.ndarray
    threshold: float
    _alone: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.agreeing = np.array([_agreeing(column, 1 - self.threshold) for column in self.values.T])
        self.order = np.argsort(self.agreeing, kind="stable")
        self._alone = np.zeros(self.values.shape[1])

    def near(self, left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        differing = np.zeros((len(left), len(right)), dtype=np.int8)
        for column in self.order[:_DENSE]:
            differing += self._differ(self.values[left, column][:, None], self.values[right, column][None, :])
        one, other = np.nonzero(differing <= 1)
        counts, which = np.zeros(len(one), dtype=np.int8), np.zeros(len(one), dtype=np.int64)
        for column in self.order:
            is_other = self._differ(self.values[left[one], column], self.values[right[other], column])
            counts, which = counts + is_other, np.where(is_other, column, which)
            kept = counts <= 1
            one, other, counts, which = one[kept], other[kept], counts[kept], which[kept]
        self._alone += np.bincount(which[counts == 1], minlength=len(self._alone))
        return one[counts == 0], other[counts == 0]

    def between(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        differences = np.abs(self.values[left] - self.values[right])
        return np.asarray(1 - np.where(np.isnan(differences), 0.0, differences).max(axis=1, initial=0.0)).clip(0, 1)

    def by_chance(self) -> float:
        usable = self.agreeing <= _ALMOST_CONSTANT
        if not usable.any():
            return float("inf")
        return float((self._alone * self.agreeing / np.where(usable, 1 - self.agreeing, 1.0))[usable].max())

    def exact(self) -> Likeness | None:
        return Columns(self.values, 1.0) if self.threshold < 1 else None

    def _differ(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return ~(np.abs(one - other) <= 1 - self.threshold) & ~(np.isnan(one) & np.isnan(other))


def likeness(content: Content, threshold: float | None, seed: int = 0) -> Likeness | None:
    """How cells of that kind are compared; None where only equal content can be told."""
    kind, item = content.modality.kind, content.modality.item.kind
    limit = THRESHOLDS.get(item, OTHERS) if threshold is None else threshold
    if item not in FEATURES.names() or not len(content):
        return None
    if kind != item:
        return Directions(means(item, content, seed), limit)
    if kind == "tabular":
        return Columns(columns(content), limit)
    if kind == "series" and not getattr(content.modality, "irregular", False):
        return Directions(signals(content.arrays), limit)
    if kind == "image":
        return Directions(thumbnails(content.arrays), limit)
    if kind == "video":
        return Directions(stills(content.arrays), limit)
    if kind == "moment":
        return Columns(spread(np.stack(content.samples)[:, 1:]), limit)  # when it was, by whatever clock
    if kind == "place":
        return Columns(spread(np.stack(content.arrays)[:, 3:6].astype(np.float64)), limit)
    if kind == "vector" and content.arrays[0].size <= _FEW_COLUMNS:
        return Columns(spread(np.stack(content.arrays).astype(np.float64)), limit)
    features = FEATURES.get(kind).measure(content.arrays, content.statistics, seed)
    wide = features.wide(content.arrays)
    counted = getattr(features, "n_counted", wide.shape[1])  # length, and which string it is, say nothing of likeness
    return Directions(wide[:, :counted], limit)


def _agreeing(column: np.ndarray, reach: float) -> float:
    """Share of all pairs of cells that differ by at most `reach`, two gaps being alike."""
    known = np.sort(column[~np.isnan(column)])
    near = np.searchsorted(known, known + reach, side="right") - np.searchsorted(known, known - reach, side="left")
    gaps = len(column) - len(known)
    pairs = float((near - 1).sum()) + gaps * (gaps - 1)
    return pairs / max(len(column) * (len(column) - 1), 1)
