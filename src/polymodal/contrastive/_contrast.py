"""What every contrastive objective is: vectors of the modalities of the same rows in, a loss out."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn

from polymodal.errors import SettingError, near_miss

_AT_ONCE = 1 << 21  # similarities held at once
_SHARPEST = math.log(100.0)  # Radford et al. 2021


@dataclass(frozen=True)
class Placed:
    """One modality of a batch in the shared space.

    Attributes:
        values: `[n, E]` vectors of length one.
        rows: `[n]` which row of the batch each belongs to, ascending.
        keys: `[n]` equal for cells of equal content, which are no negatives of each other; None where all differ.
        same: `[n]` equal for rows that are said to show the same thing, whose cells belong together; below 0 where
            nothing is said, None where nothing is of any row.
    """

    values: Float[Tensor, "n E"]
    rows: Int64[Tensor, " n"]
    keys: Int64[Tensor, " n"] | None = None
    same: Int64[Tensor, " n"] | None = None


class Contrast(nn.Module):
    """Draws the modalities of a row together and those of different rows apart.

    Built as `Contrast(names, width, hub)`: M modalities, E numbers in a vector, and the modality that all others are
    paired with, or None for every pair. `is_joint` says that the cells of a query mean more together than one by one.
    """

    is_joint: ClassVar[bool] = False

    def __init__(self, names: Sequence[str], width: int, hub: str | None = None) -> None:
        super().__init__()
        self.names, self.width, self.hub = tuple(names), width, hub
        self.pairs = pairs_of(self.names, hub)

    @abstractmethod
    def forward(self, placed: Mapping[str, Placed]) -> Float[Tensor, ""]:
        """The loss of a batch; zero, with gradient, where no row has two modalities."""

    @abstractmethod
    def scores(
        self, query: Mapping[str, Float[Tensor, "n E"]], name: str, candidates: Float[Tensor, "k E"]
    ) -> Float[Tensor, "n k"]:
        """How well each candidate of modality `name` goes with each query, which is given by its other modalities."""


class Pairwise(Contrast):
    """Of every two modalities by themselves, each two with a factor of their own; a query scores its mean cosine."""

    starts: ClassVar[float]

    def __init__(self, names: Sequence[str], width: int, hub: str | None = None) -> None:
        super().__init__(names, width, hub)
        self.log_factor = nn.Parameter(torch.full((len(self.pairs),), self.starts))

    @abstractmethod
    def of_pair(self, position: int, pair: Pair, factor: Float[Tensor, ""]) -> Float[Tensor, ""]:
        """The loss of the rows that have both modalities of the pair at a position."""

    def forward(self, placed: Mapping[str, Placed]) -> Float[Tensor, ""]:
        factors = sharpness(self.log_factor)
        total, n_pairs = factors.sum() * 0.0, 0
        for position, (first, second) in enumerate(self.pairs):
            if first not in placed or second not in placed:
                continue
            pair = Pair.of(placed[first], placed[second])
            if len(pair):
                total = total + self.of_pair(position, pair, factors[position])
                n_pairs += 1
        return total / max(n_pairs, 1)

    def scores(
        self, query: Mapping[str, Float[Tensor, "n E"]], name: str, candidates: Float[Tensor, "k E"]
    ) -> Float[Tensor, "n k"]:
        return torch.stack([one @ candidates.T for one in query.values()]).mean(dim=0)


def sharpness(log_factor: nn.Parameter) -> Tensor:
    """What similarities are multiplied with, one over the temperature: 100 at most.

    The weight itself is brought back, so that it keeps its gradient and can fall again.
    """
    with torch.no_grad():
        log_factor.clamp_(max=_SHARPEST)
    return log_factor.exp()


def pairs_of(names: Sequence[str], hub: str | None = None) -> list[tuple[str, str]]:
    """Which modalities are drawn together: every two, or each with the hub.

    Raises SettingError for fewer than two modalities, or a hub that is none of them.

    >>> pairs_of(["a", "b", "c"]), pairs_of(["a", "b", "c"], hub="b")
    ([('a', 'b'), ('a', 'c'), ('b', 'c')], [('b', 'a'), ('b', 'c')])
    """
    if len(names) < 2:
        raise SettingError(f"a shared space takes two modalities or more; {', '.join(map(repr, names)) or 'none'} came")
    if hub is None:
        return list(combinations(names, 2))
    if hub not in names:
        raise SettingError(f"hub={hub!r} is no modality. {near_miss(hub, names)}")
    return [(hub, name) for name in names if name != hub]


@dataclass(frozen=True)
class Pair:
    """The rows of a batch that have both of two modalities: vectors `[n, E]` of each, and what is no negative.

    Cells of equal content are none. Cells of rows that show the `same` belong together like those of one row.
    """

    first: Float[Tensor, "n E"]
    second: Float[Tensor, "n E"]
    first_keys: Int64[Tensor, " n"] | None
    second_keys: Int64[Tensor, " n"] | None
    same: Int64[Tensor, " n"] | None = None

    @classmethod
    def of(cls, first: Placed, second: Placed) -> Pair:
        """Side by side, row by row."""
        here, there = (torch.isin(a.rows, b.rows) for a, b in ((first, second), (second, first)))
        first_keys = None if first.keys is None else first.keys[here]
        second_keys = None if second.keys is None else second.keys[there]
        same = None if first.same is None else first.same[here]
        return cls(first.values[here], second.values[there], first_keys, second_keys, same)

    def __len__(self) -> int:
        return len(self.first)

    def alike(self, start: int, stop: int) -> Tensor | None:
        """`[stop - start, n]`: which rows are no negatives of some, as they hold the same; never one that belongs."""
        found: Tensor | None = None
        for keys in (self.first_keys, self.second_keys):
            if keys is not None:
                same = keys[start:stop, None] == keys
                found = same if found is None else found.logical_or_(same)
        if found is not None:
            found[torch.arange(stop - start), torch.arange(start, stop)] = False
            if self.same is not None:
                found &= ~self._belongs(start, stop)
        return found

    def shares(self, start: int, stop: int) -> Tensor | None:
        """`[stop - start, n]`: how much each row counts as the right one of some, in all 1; None where only its own is.

        All that belong count alike (Khosla et al. 2020).
        """
        if self.same is None:
            return None
        found = self._belongs(start, stop).float()
        return found / found.sum(dim=1, keepdim=True)

    def _belongs(self, start: int, stop: int) -> Tensor:
        assert self.same is not None
        some = self.same[start:stop, None]
        found = (some == self.same) & (some >= 0)
        found[torch.arange(stop - start), torch.arange(start, stop)] = True
        return found


def spans(n_rows: int, at_once: int = _AT_ONCE) -> list[tuple[int, int]]:
    """Stretches of the rows of a square of similarities, so that only so many are held at once.

    >>> spans(5, at_once=10)
    [(0, 2), (2, 4), (4, 5)]
    """
    size = max(1, at_once // max(n_rows, 1))
    return [(start, min(start + size, n_rows)) for start in range(0, n_rows, size)]
