"""One level out of several that have an order."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import pandas as pd
from pydantic import AfterValidator

from polymodal.errors import SchemaError
from polymodal.schema.target._discrete import Discrete
from polymodal.schema.target._target import Label, Target
from polymodal.schema.target._values import plain

_MOST_LEVELS = 50


def _checked(levels: tuple[Label, ...]) -> tuple[Label, ...]:
    twice = sorted({str(one) for one in levels if levels.count(one) > 1})
    if twice:
        raise ValueError(f"each level is named once; {', '.join(twice)} came more often")
    if len(levels) == 1:
        raise ValueError(f"levels are at least two; {levels} came")
    return levels


class Ordinal(Discrete):
    """One level out of several in their order, such as a grade or a rating.

    The answer is the median level: as likely to be passed as to be reached, the one of least expected distance.

    Args:
        levels: from the lowest on. Left out, the categories of an ordered pandas categorical, or numbers sorted.
        class_weight: how many times as much each level counts in every loss: "balanced" or a dict.

    >>> Ordinal(levels=("mild", "moderate", "severe")).answered(np.array([[0.4, 0.3, 0.3]])).tolist()
    [1]
    """

    kind: ClassVar[str] = "ordinal"
    objective: str = "ordinal"
    levels: Annotated[tuple[Label, ...], AfterValidator(_checked)] = ()

    @property
    def classes(self) -> tuple[Label, ...]:
        """The levels, by the name that all targets with classes have for them."""
        return self.levels

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        self._require(name, frame)
        found = self if self.levels else self.model_copy(update={"levels": self._ordered(name, frame)})
        return found._weighed(name)

    def answered(self, outputs: np.ndarray) -> np.ndarray:
        # Rounding may leave the sum a little short of one half exactly.
        passed = outputs[..., :-1].cumsum(axis=-1) < 0.5 - 1e-9
        return np.asarray(passed.sum(axis=-1))

    def _ordered(self, name: str, frame: pd.DataFrame) -> tuple[Label, ...]:
        dtype = frame[name].dtype
        seen = self._seen(name, frame)
        if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered:
            levels = tuple(plain(value) for value in dtype.categories)
            if not all(isinstance(one, (str, int, float)) for one in levels):
                raise SchemaError(
                    f"target {name!r} has categories of {type(levels[0]).__name__} values; levels are text or numbers. "
                    "Name them, such as with pd.cut(..., labels=[...])"
                )
            return levels
        if not all(isinstance(one, (int, float)) for one in seen):
            raise SchemaError(
                f"target {name!r} holds text, which has no order of its own ({', '.join(map(str, seen[:5]))}); "
                "say it from the lowest on: pm.Ordinal(levels=(...))"
            )
        if len(seen) > _MOST_LEVELS:
            raise SchemaError(
                f"target {name!r} has {len(seen)} different values; up to {_MOST_LEVELS} are taken as levels. "
                "More are a pm.Number(), or name them: pm.Ordinal(levels=(...))"
            )
        return tuple(sorted(seen))
