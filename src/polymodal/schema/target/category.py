"""One class out of several, in no order."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from polymodal.errors import SchemaError
from polymodal.schema.target._discrete import Discrete
from polymodal.schema.target._target import Label, Target
from polymodal.schema.target._threshold import Decide, Thresholds, told


class Category(Discrete):
    """One class out of several.

    Args:
        classes: left out, those that occur, sorted; the second of two is the positive one.
        class_weight: how many times as much each class counts in every loss, as in scikit-learn: "balanced" (n / (C
            n_c) of the rows learnt from) or a dict.
        decide: of two classes, from which probability on the second is answered: a number, or the score that it is
            chosen for on rows held out, as "f1", "balanced_accuracy" or "recall>=0.9". Left out, the likelier class.
        thresholds: that probability, once it is settled.

    >>> Category(class_weight={"rare": 5.0}, decide="f1").class_weight
    (('rare', 5.0),)
    """

    kind: ClassVar[str] = "category"
    objective: str = "category"
    classes: tuple[Label, ...] = ()
    decide: Decide = None
    thresholds: Thresholds = ()

    def resolve(self, name: str, frame: pd.DataFrame) -> Target:
        self._require(name, frame)
        found = self
        if not self.classes:
            seen = self._seen(name, frame)
            found = self.model_copy(
                update={"classes": tuple(sorted(seen, key=lambda value: (str(type(value)), value)))}
            )
        found = found._weighed(name)
        decides = self.decide is not None or self.thresholds
        if decides and len(found.classes) != 2:
            raise SchemaError(
                f"target {name!r}: decide= chooses between two classes, and there are {len(found.classes)}; leave it "
                "out and weigh classes instead: class_weight='balanced'"
            )
        if len(self.thresholds) > 1:
            raise SchemaError(f"target {name!r}: two classes have one threshold; {self.thresholds} came")
        if isinstance(self.decide, float):
            found = found.model_copy(update={"thresholds": (self.decide,)})
        return found

    @property
    def decision(self) -> str:
        return told(self.classes[1:], self.thresholds, self.decide)

    def answered(self, outputs: np.ndarray) -> np.ndarray:
        if self.thresholds:
            return np.asarray((outputs[..., 1] >= self.thresholds[0]).astype(np.int64))
        return np.asarray(outputs.argmax(axis=-1))
