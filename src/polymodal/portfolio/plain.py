"""Learners fitted fold by fold, their strength settled on what was held out, then fitted again on every row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.features._features import Features
from polymodal.learners._design import Design
from polymodal.learners._learner import NO_WEIGHT, Learner, Task, usable
from polymodal.portfolio.jury import Jury
from polymodal.registry import FEATURES, LEARNERS
from polymodal.store.memory import Memory

_ALONE_UP_TO = 12  # modalities that each get learners of their own
_LEAST = 8  # rows with a known label below which nothing is fitted


@dataclass(frozen=True)
class Fold:
    """Rows learnt from and rows held out, as features that never saw the latter.

    `rest` are positions among all rows, `place` those of its rows among all that are held out by some fold.
    """

    rest: np.ndarray
    place: np.ndarray
    design: Design
    held_design: Design


@dataclass(frozen=True)
class Tried:
    """A learner on some modalities: the strength that did best on rows held out, its evidence `[P, N, R]` and loss."""

    learner: str
    modalities: tuple[str, ...]
    strength: float
    evidence: np.ndarray
    loss: float = np.nan

    @property
    def name(self) -> str:
        """As reports show it: "trees" for all modalities, "trees:note" for one."""
        return self.learner if len(self.modalities) != 1 else f"{self.learner}:{self.modalities[0]}"


def measure(memory: Memory, seed: int) -> dict[str, Features]:
    """Plain features of every modality that any row of `memory` has; a kind that has none is left to the network."""
    found = {}
    kinds = FEATURES.names()
    for name, (modality, statistics) in memory.collate.items():
        arrays = [array for array in memory.arrays[name] if array is not None]
        if arrays and {modality.kind, modality.item.kind} <= set(kinds):
            found[name] = FEATURES.get(modality.kind).measure(arrays, statistics, seed)
    return found


def folds(memory: Memory, held_out: Sequence[np.ndarray], asked: np.ndarray, seed: int) -> list[Fold]:
    """The features of each fold; only the rows `asked` (ascending) of those held out are answered."""
    found = []
    for held in held_out:
        rest = np.setdiff1d(np.arange(len(memory)), held)
        place = np.flatnonzero(np.isin(asked, held))
        learnt, question = memory.take(rest), memory.take(asked[place])
        features = measure(learnt, seed)
        both = [Design.of(features, one.arrays, one.present) for one in (learnt, question)]
        found.append(Fold(rest, place, *both))
    return found


def teams(modalities: Sequence[str]) -> list[tuple[str, ...]]:
    """What each learner is fitted on: all modalities, and while they are few each alone.

    >>> teams(["note", "age"])
    [('note', 'age'), ('note',), ('age',)]
    """
    alone = [(name,) for name in modalities] if 1 < len(modalities) <= _ALONE_UP_TO else []
    return [tuple(modalities), *alone]


def try_out(
    names: Sequence[str], parts: Sequence[Fold], task: Task, jury: Jury, patterns: np.ndarray
) -> Iterator[Tried]:
    """Each learner on all modalities and on each alone, answering rows held out at its best strength.

    One strength serves all folds, the one of least loss over all patterns, so that its choice rests on every row. A
    learner of other targets is left out, and nothing is tried where hardly a row held out has its class among the rest.
    """
    if _n_judgeable(task) < _LEAST:
        return
    for learner in names:
        kind: type[Learner] = LEARNERS.get(learner)
        if not kind.learns(task.target):
            continue
        for some in teams(parts[0].design.names):
            strengths = kind.strengths(len(task.labels))
            best = _best(kind, learner, some, parts, task, jury, patterns, strengths)
            while best is not None and best.strength == strengths[-1]:
                strengths = kind.further(best.strength, parts[0].design, some, task)
                beyond = _best(kind, learner, some, parts, task, jury, patterns, strengths) if strengths else None
                if beyond is None or beyond.loss >= best.loss:
                    break
                best = beyond
            if best is not None:
                yield best


def _best(
    kind: type[Learner],
    learner: str,
    modalities: tuple[str, ...],
    parts: Sequence[Fold],
    task: Task,
    jury: Jury,
    patterns: np.ndarray,
    strengths: Sequence[float],
) -> Tried | None:
    """At the strength of least loss; None when no fold has enough to learn from."""
    evidence = np.zeros((len(strengths), len(patterns), jury.n, len(task.prior)))
    fitted = [_try_fold(kind, modalities, fold, task, patterns, strengths, evidence) for fold in parts]
    if not any(fitted):
        return None
    found = [jury.loss(one) for one in evidence]
    best = int(np.argmin(found))
    return Tried(learner, modalities, strengths[best], evidence[best], found[best])


def not_come_to(names: Sequence[str], parts: Sequence[Fold], task: Task, last: Tried) -> list[str]:
    """The learners that `try_out` would have gone on with after the `last` one, in a few words each."""
    asked = [(learner, some) for learner in names for some in teams(parts[0].design.names)]
    here = task.of(parts[0].rest)
    found: dict[str, str] = {}
    for learner, some in asked[asked.index((last.learner, last.modalities)) + 1 :]:
        kind: type[Learner] = LEARNERS.get(learner)
        known = [name for name in some if name in parts[0].design.compact]
        if kind.learns(task.target) and known and kind.suits(parts[0].design, known, here):
            found.setdefault(learner, f"{learner} on single modalities" if learner == last.learner else learner)
    return list(found.values())


def refit(tried: Tried, design: Design, task: Task) -> Learner:
    """The same learner, at the strength that did best, on every row."""
    kind: type[Learner] = LEARNERS.get(tried.learner)
    known = [name for name in tried.modalities if name in design.compact]
    return kind.path(design, known, task, [tried.strength])[0]


def _n_judgeable(task: Task) -> int:
    """Rows with a known label and weight; of a category, whose class has another such row."""
    known = task.labels.known_rows & (task.weight > NO_WEIGHT)
    if task.target.kind != "category" or not known.any():
        return int(known.sum())
    counts = np.bincount(task.labels.values[known])
    return int(counts[counts > 1].sum())


def _try_fold(
    kind: type[Learner],
    modalities: Sequence[str],
    fold: Fold,
    task: Task,
    patterns: np.ndarray,
    strengths: Sequence[float],
    evidence: np.ndarray,
) -> bool:
    """Fill in the evidence `[S, P, N, R]` of the rows held out; False when there is too little to learn from."""
    known = [name for name in modalities if name in fold.design.compact]
    here = task.of(fold.rest)
    if not known or len(usable(fold.design, known, here)) < _LEAST or not kind.suits(fold.design, known, here):
        return False
    for position, one in enumerate(kind.path(fold.design, known, here, strengths)):
        evidence[position, :, fold.place] = one.answer(fold.held_design, patterns).transpose(1, 0, 2)
    return True
