"""What `suspicious` found: the rows, what their label says and what the other rows say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from polymodal.explain.tables import Printed, Section

_SHOWN = 20


@dataclass(frozen=True)
class Suspect:
    """One label in doubt.

    Attributes:
        position, row: where the row stands, and what it is called.
        label: of several yes/no labels, which; else empty.
        given: what the table says.
        suggested: the class, or the number, that the other rows speak for.
        score: by how much the probability of that class leads; for numbers, robust spreads between the two.
    """

    position: int
    row: Any
    label: str
    given: Any
    suggested: Any
    score: float


@dataclass(frozen=True)
class Suspects(Printed):
    """Labels of one target that may be wrong, the most suspicious first, out of `judged` rows with a known one."""

    target: str
    kind: str
    judged: int
    found: tuple[Suspect, ...]

    def __len__(self) -> int:
        return len(self.found)

    def __iter__(self) -> Iterator[Suspect]:
        return iter(self.found)

    @property
    def rows(self) -> np.ndarray:
        """Positions of the rows, for `table.take`, the most suspicious first, each once."""
        return np.array(list(dict.fromkeys(one.position for one in self.found)), dtype=np.int64)

    def to_pandas(self) -> pd.DataFrame:
        """One line a label in doubt."""
        columns = ["position", "row", "label", "given", "suggested", "score"]
        frame = pd.DataFrame([asdict(one) for one in self.found], columns=columns)
        return frame if self.kind == "multilabel" else frame.drop(columns="label")

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for JSON."""
        return {"target": self.target, "judged": self.judged, "suspicious": [asdict(one) for one in self.found]}

    def sections(self) -> Iterator[Section]:
        share = len(self.rows) / max(self.judged, 1)
        title = f"{self.target} ({self.kind}): {len(self.rows):,} of {self.judged:,} labels in doubt ({share:.1%})"
        if not self.found:
            yield Section(title, ("The answers of models that had not seen them contradict none with confidence.",))
            return
        has_label = self.kind == "multilabel"
        header = ("row", *(["label"] if has_label else []), "given", "suggested", "score")
        lines = [
            (str(one.row), *([one.label] if has_label else []), *map(_shown, (one.given, one.suggested, one.score)))
            for one in self.found[:_SHOWN]
        ]
        more = [f"... and {len(self) - _SHOWN:,} more"] if len(self) > _SHOWN else []
        score = "robust spreads from the answer" if self.kind == "number" else "lead of the suggested class"
        yield Section(title, (), header, lines)
        yield Section("", (*more, f"Score: {score}. A hint, not a verdict: look before you change a label."))


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
