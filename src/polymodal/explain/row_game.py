"""The game each row plays: the one output that was answered, under every pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polymodal.errors import SettingError, near_miss
from polymodal.lattice import Lattice
from polymodal.schema.target import Category, Multilabel, Ordinal


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
        rows = np.arange(full.shape[0])
        if isinstance(settings, Category):
            answered = settings.answered(full)
            answers = tuple(names[code] for code in answered)
            if output is not None:
                return cls(values[:, :, names.index(output)], f"probability of {output}", answers)
            return cls(values[:, rows, answered], "probability of the class answered", answers)
        if isinstance(settings, Ordinal):
            answers = tuple(names[code] for code in settings.answered(full))
            if output is not None:
                return cls(values[:, :, names.index(output)], f"probability of {output}", answers)
            unit = f"expected level (0 {names[0]}, {len(names) - 1} {names[-1]})"
            return cls(values @ np.arange(len(names), dtype=np.float64), unit, answers)
        if isinstance(settings, Multilabel):
            yes = settings.answered(full)
            answers = tuple(", ".join(np.array(names)[row]) or "none" for row in yes)
            if output is not None:
                return cls(values[:, :, names.index(output)], f"probability of {output}", answers)
            mean = np.where(yes, values, 1 - values).mean(axis=2)
            return cls(mean, "probability of the answer given, mean over labels", answers)
        answers = tuple(f"{figure:.4g}" for figure in full[:, 0])
        return cls(values[:, :, 0], "log risk" if settings.kind == "survival" else "mean", answers)
