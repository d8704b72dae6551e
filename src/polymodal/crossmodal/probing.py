"""How much of an index has to be looked into, so that few of the nearest are missed: found on rows of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.errors import ArtifactError

QUERIES = 100  # rows that are looked for, at most
DEPTHS = (10, 100)  # of the nearest, for which it is found; deeper ones take as many times more as they are deeper
_LEAST_PROBES = 16
_EVERY = 3  # rows, of which one is looked for where that is enough
_REFINES = (5, 10, 20, 50)  # how many times k are compared in full
_GOAL = 0.995  # share of the nearest that has to be found of these rows; others miss a little more
_ROUNDING = 1e-5  # of squared distances


@dataclass(frozen=True)
class Probing:
    """For how deep a question how many parts of the index are looked into.

    Attributes:
        steps: depths, ascending, and the probes that each takes.
        refine: how many times k are compared in full.
        parts: of the index.
    """

    steps: tuple[tuple[int, int], ...]
    refine: int
    parts: int

    def probes(self, depth: float) -> int:
        """For the `depth` nearest of all rows; beyond the last step as many times more as they are deeper.

        >>> two = Probing(((10, 16), (100, 64)), refine=5, parts=200)
        >>> two.probes(10), two.probes(11), two.probes(101), two.probes(5000)
        (16, 64, 65, 200)
        """
        deepest, most = self.steps[-1]
        beyond = min(self.parts, math.ceil(most * depth / deepest))
        return next((probes for known, probes in self.steps if depth <= known), beyond)

    def to_dict(self) -> dict[str, Any]:
        """As it is written down."""
        return {"steps": [list(one) for one in self.steps], "refine": self.refine, "parts": self.parts}

    @classmethod
    def of(cls, told: Any) -> Probing:
        """As it was written down. Raises ArtifactError for what was not."""
        try:
            steps = tuple((int(depth), int(probes)) for depth, probes in told["steps"])
            found = cls(steps, int(told["refine"]), int(told["parts"]))
        except (TypeError, KeyError, ValueError) as error:
            raise ArtifactError(f"the index is damaged: how it is to be searched reads {told!r}") from error
        if not steps or min(found.refine, found.parts, *(one for step in steps for one in step)) < 1:
            raise ArtifactError(f"the index is damaged: how it is to be searched reads {told!r}")
        return found


@dataclass(frozen=True)
class GroundTruth:
    """Rows that are looked for, and how far their nearest are.

    Attributes:
        vectors: `[S, E]` of length one.
        is_own: `[S]`, whether the row itself is among what is searched, and so its own nearest.
        distances: `[S, D + 1]` squared, ascending, of the nearest; infinite where there are no more.
    """

    vectors: np.ndarray
    is_own: np.ndarray
    distances: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, is_own: np.ndarray, blocks: Iterable[np.ndarray]) -> GroundTruth:
        """From blocks `[n, E]` of all vectors, every one of which is compared.

        >>> axes = np.eye(3, dtype=np.float32)
        >>> GroundTruth.of(axes[:1], np.ones(1, bool), [axes]).distances[0, :4].tolist()
        [0.0, 2.0, 2.0, inf]
        """
        most = DEPTHS[-1] + 1
        best = np.full((len(vectors), most), -np.inf, dtype=np.float32)
        for block in blocks:
            every = np.concatenate([best, vectors @ block.T], axis=1)
            best = -np.partition(-every, most - 1, axis=1)[:, :most]
        return cls(vectors, is_own, np.sort(2 - 2 * best, axis=1))

    def recall(self, depth: int, near: Callable[[np.ndarray, int], np.ndarray], every: int = 1) -> float:
        """The share of the `depth` nearest that `near(vector, k)` finds, by how far what it finds is.

        Only one row in `every` is looked for.
        """
        shares = []
        some = (one[::every] for one in (self.vectors, self.is_own, self.distances))
        for vector, is_own, distances in zip(*some, strict=True):
            wanted = min(depth + int(is_own), int(np.isfinite(distances).sum()))
            if wanted > int(is_own):
                found = np.asarray(near(vector, wanted))[:wanted]
                right = int((found <= distances[wanted - 1] + _ROUNDING).sum())
                shares.append((right - int(is_own)) / (wanted - int(is_own)))
        return float(np.mean(shares)) if shares else 1.0


Near = Callable[[np.ndarray, int, int, int], np.ndarray]


def measured(truth: GroundTruth, near: Near, parts: int) -> Probing:
    """The fewest probes that find nearly all, where `near(vector, k, probes, refine)` gives squared distances."""

    def recall(depth: int, probes: int, refine: int) -> float:
        # Many nearest of fewer rows tell as much, and cost less.
        every = 1 if depth == DEPTHS[0] and probes < parts else _EVERY
        return truth.recall(depth, lambda vector, k: near(vector, k, probes, refine), every)

    refine = next((one for one in _REFINES if recall(DEPTHS[0], parts, one) >= _GOAL), _REFINES[-1])
    ladder = _ladder(parts)
    steps, low = [], 0
    for depth in DEPTHS:
        high = len(ladder) - 1
        while low < high:  # more is never less
            middle = (low + high) // 2
            low, high = (low, middle) if recall(depth, ladder[middle], refine) >= _GOAL else (middle + 1, high)
        steps.append((depth, ladder[low]))
        if ladder[low] == parts:
            break
    return Probing(tuple(steps), refine, parts)


def _ladder(parts: int) -> Sequence[int]:
    steps = []
    probes = _LEAST_PROBES
    while probes < parts:
        steps.append(probes)
        probes *= 2
    return [*steps, parts]
