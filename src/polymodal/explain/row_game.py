"""The game each row plays: the one output that was answered, under every pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.errors import SettingError, near_miss
from polymodal.lattice import Lattice
from polymodal.schema.target import Category, Discrete, Multilabel, Ordinal, Target


@dataclass(frozen=True, eq=False)
class RowGame:
    """`v [P, N]`, what each row's figure would be from each pattern.

    Attributes:
        v: the figure.
        unit: what the figure is, in words.
        answers: `[N]` the answer given from everything the row has, in words.
    """

    v: np.ndarray
    unit: str
    answers: tuple[str, ...]

    @classmethod
    def of(cls, lattice: Lattice, target: str, output: str | None = None) -> RowGame:
        """The game of one target.

        A category's figure is the probability of the class answered from everything; an ordinal's its expected level,
        counted from 0; a number's its mean; a survival target's its log risk; a multilabel's the probability of the
        answer given, yes or no, averaged over labels. With `output`, a class or a label, it is the probability of that
        one for every row.

        Raises SettingError when `output` is not a class or a label of the target.
        """
        settings, values = lattice.targets[target], lattice.of(target)
        full = values[-1]
        names = [str(name) for name in getattr(settings, "classes", ())]
        if output is not None and output not in names:
            have = near_miss(output, names) if names else f"A {settings.kind} target has one output only."
            raise SettingError(f"target {target!r} has no output {output!r}. {have}")
        answers = _answers(settings, full, names)
        if output is not None:
            return cls(values[:, :, names.index(output)], f"probability of {output}", answers)
        if isinstance(settings, Category):
            answered = values[:, np.arange(len(full)), settings.answered(full)]
            return cls(answered, "probability of the class answered", answers)
        if isinstance(settings, Ordinal):
            unit = f"expected level (0 {names[0]}, {len(names) - 1} {names[-1]})"
            return cls(values @ np.arange(len(names), dtype=np.float64), unit, answers)
        if isinstance(settings, Multilabel):
            mean = np.where(settings.answered(full), values, 1 - values).mean(axis=2)
            return cls(mean, "probability of the answer given, mean over labels", answers)
        return cls(values[:, :, 0], "log risk" if settings.kind == "survival" else "mean", answers)


def _answers(target: Target, full: np.ndarray, names: Sequence[str]) -> tuple[str, ...]:
    """`[N]` in words, of the outputs `[N, o]` from everything a row has; `names` are those of classes or labels."""
    if isinstance(target, Discrete):
        return tuple(names[code] for code in target.answered(full))
    if isinstance(target, Multilabel):
        return tuple(", ".join(np.array(names)[yes]) or "none" for yes in target.answered(full))
    return tuple(f"{figure:.4g}" for figure in full[:, 0])
