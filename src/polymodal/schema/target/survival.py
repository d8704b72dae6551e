"""Time until an event, not always seen."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from polymodal.errors import SchemaError
from polymodal.schema.target._target import Label, Labels, Target
from polymodal.schema.target._values import numbers, plain


class Survival(Target):
    """Time until an event, for some rows only known to be later than the last look (right-censored).

    `time` and `event` name the columns; `event_values` are the raw values that mean the event was seen.
    """

    kind: ClassVar[str] = "survival"
    is_relative: ClassVar[bool] = True
    objective: str = "survival"
    time: str
    event: str
    event_values: tuple[Label, ...] = (1, True, "1", "true", "True", "dead", "Dead", "DEAD", "deceased", "Deceased")

    def __init__(self, time: str | None = None, event: str | None = None, **settings: Any) -> None:
        BaseModel.__init__(self, time=time, event=event, **settings)  # `Target` itself has neither field

    def sources(self, name: str) -> tuple[str, ...]:
        return (self.time, self.event)

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        labels = self.read(name, frame)
        if labels.values[labels.known, 1].sum() < 1:
            raise SchemaError(
                f"target {name!r}: no row has the event in {self.event!r}; values that count are {self.event_values}. "
                "Set event_values= to what means 'it happened'."
            )
        return self

    def read(self, name: str, frame: pd.DataFrame) -> Labels:
        self._require(name, frame)
        time = numbers(name, self.time, frame)
        if (time < 0).any():
            raise SchemaError(f"target {name!r}: {self.time!r} is negative in {int((time < 0).sum())} rows")
        raw = frame[self.event]
        known = ~np.isnan(time) & raw.notna().to_numpy()
        event = np.array([plain(value) in self.event_values for value in raw], dtype=float)
        return Labels(np.where(known[:, None], np.stack([time, event], axis=1), 0.0), known)

    def sameness(self, labels: Labels) -> str:
        known = labels.values[labels.known]
        return "no event" if len(known) and not known[:, 1].any() else super().sameness(labels)

    def amounts(self, labels: Labels) -> np.ndarray:
        return np.where(labels.known, labels.values[:, 0], np.nan)

    def strata(self, labels: Labels) -> np.ndarray:
        return np.where(labels.known, labels.values[:, 1].astype(int), -1)
