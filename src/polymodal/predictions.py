"""What `predict` returns: one answer a row, how sure it is, what it was drawn from, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from polymodal.errors import CellError, SettingError, near_miss
from polymodal.objectives.survival import survival_curves
from polymodal.schema.target import Discrete, Multilabel, Survival, Target


@dataclass(frozen=True)
class Baseline:
    """Cumulative baseline hazard `[E]` at event times `[E]` of one survival target."""

    times: np.ndarray
    hazard: np.ndarray


@dataclass(frozen=True)
class Predictions:
    """Answers for N rows.

    Attributes:
        rows: `[N]` row names.
        outputs: for each target `[N, o]`: probabilities, the mean, or the log risk.
        targets: settings of each target.
        modalities: the M names.
        used: `[N, M]` bool, which modalities each answer was drawn from; a row with none got the prior.
        faults: cells that could not be read; their rows were answered from the rest.
        notes: what differs from the table the model was fitted on.
        baselines: of each survival target.
    """

    rows: np.ndarray
    outputs: Mapping[str, np.ndarray]
    targets: Mapping[str, Target]
    modalities: tuple[str, ...]
    used: np.ndarray
    faults: Sequence[CellError] = ()
    notes: Sequence[str] = ()
    baselines: Mapping[str, Baseline] | None = None
    faulty_rows: Sequence[int] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def values(self, target: str | None = None) -> np.ndarray:
        """The answers of one target: class labels, `[N, L]` 0/1 labels, numbers, or median survival times.

        Classes and labels go by the thresholds of the target where it has any; levels are medians.

        `target` may be left out when there is only one. Raises SettingError for a target that is not there. A median
        beyond the last event seen in training is infinite.
        """
        name = self._target(target)
        kind, outputs = self.targets[name], self.outputs[name]
        if isinstance(kind, Discrete):
            return np.array(kind.classes, dtype=object)[kind.answered(outputs)]
        if isinstance(kind, Multilabel):
            return kind.answered(outputs).astype(int)
        if isinstance(kind, Survival):
            return self._median_times(name)
        return outputs[:, 0]

    def probabilities(self, target: str | None = None) -> pd.DataFrame:
        """`[N, C]` probability of each class or label, of the only target that has them unless named.

        Raises SettingError for a number or survival target, and where several have them and none is named.
        """
        able = [name for name, kind in self.targets.items() if isinstance(kind, (Discrete, Multilabel))]
        name = able[0] if target is None and len(able) == 1 else self._target(target)
        kind = self.targets[name]
        if not isinstance(kind, (Discrete, Multilabel)):
            raise SettingError(f"target {name!r} is a {kind.kind} and has no class probabilities")
        return pd.DataFrame(self.outputs[name], index=self._index(), columns=list(kind.classes))

    def curves(self, target: str | None = None, at: Sequence[float] | None = None) -> pd.DataFrame:
        """`[A, N]` survival curves: the probability of being free of the event at times `at`, one column a row.

        `at` defaults to the event times of the training rows. Raises SettingError for another kind of target.
        """
        name = self._target(target)
        if not isinstance(self.targets[name], Survival) or self.baselines is None:
            raise SettingError(f"target {name!r} is a {self.targets[name].kind} and has no survival curve")
        baseline = self.baselines[name]
        times = baseline.times if at is None else np.asarray(at, dtype=np.float64)
        curves = survival_curves(self.outputs[name][:, 0], baseline.times, baseline.hazard, times)
        return pd.DataFrame(curves.T, index=pd.Index(times, name="time"), columns=self._index())

    def to_pandas(self) -> pd.DataFrame:
        """One line a row: answers, probabilities or risks, which modalities were used, and which cells failed."""
        columns: dict[str, object] = {}
        for name, kind in self.targets.items():
            outputs = self.outputs[name]
            if isinstance(kind, Discrete):
                columns[name] = self.values(name)
                columns |= {f"{name}: p({label})": outputs[:, i] for i, label in enumerate(kind.classes)}
            elif isinstance(kind, Multilabel):
                columns[name] = [", ".join(np.array(kind.classes)[row]) for row in kind.answered(outputs)]
                columns |= {f"{name}: p({label})": outputs[:, i] for i, label in enumerate(kind.classes)}
            elif isinstance(kind, Survival):
                columns |= {f"{name}: log risk": outputs[:, 0], f"{name}: median time": self.values(name)}
                columns |= self._horizons(name)
            else:
                columns[name] = outputs[:, 0]
        columns["used"] = [
            ", ".join(m for m, here in zip(self.modalities, row, strict=True) if here) or "nothing: prior"
            for row in self.used
        ]
        flags = [""] * len(self)
        for row, fault in zip(self.faulty_rows, self.faults, strict=True):
            flags[row] += f"{'; ' if flags[row] else ''}{fault.column}: {fault.reason}"
        columns["unreadable"] = flags
        return pd.DataFrame(columns, index=self._index())

    def __str__(self) -> str:
        shown = self.to_pandas().head(20).to_string(float_format=lambda value: f"{value:.3f}")
        more = [f"... and {len(self) - 20} more rows"] if len(self) > 20 else []
        decided = [f"{name}: {kind.decision}" for name, kind in self.targets.items() if kind.decision]
        notes = [f"note: {note}" for note in (*decided, *self.notes)] + [
            f"unreadable: {fault}" for fault in self.faults[:20]
        ]
        return "\n".join([shown, *more, *notes])

    def _repr_html_(self) -> str:
        return str(self.to_pandas().head(50).to_html())

    def _target(self, target: str | None) -> str:
        if target is None and len(self.targets) == 1:
            return next(iter(self.targets))
        if target is None or target not in self.targets:
            asked = "say which target is meant" if target is None else f"no target {target!r}"
            raise SettingError(f"{asked}. {near_miss(str(target), self.targets)}")
        return target

    def _index(self) -> pd.Index:
        return pd.Index(self.rows, name="row")

    def _median_times(self, name: str) -> np.ndarray:
        curves = self.curves(name)
        below = curves.to_numpy() <= 0.5
        first = below.argmax(axis=0) if len(curves) else np.zeros(len(self), dtype=int)
        reached = below.any(axis=0) if len(curves) else np.zeros(len(self), dtype=bool)
        times = np.asarray(curves.index, dtype=np.float64)
        return np.where(reached, times[first] if len(times) else np.inf, np.inf)

    def _horizons(self, name: str) -> dict[str, np.ndarray]:
        """Survival at the quartiles of the event times: three numbers that say what the curve looks like."""
        assert self.baselines is not None
        times = self.baselines[name].times
        if not len(times):
            return {}
        at = np.unique(np.quantile(times, [0.25, 0.5, 0.75]))
        curves = self.curves(name, at.tolist()).to_numpy()
        return {f"{name}: S({time:g})": curves[i] for i, time in enumerate(at)}


def together(parts: Sequence[Predictions]) -> Predictions:
    """The answers for some rows and for others, one after the other; notes are what holds for all of them."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *(len(one) for one in parts)]).tolist()
    return replace(
        parts[0],
        rows=np.concatenate([one.rows for one in parts]),
        outputs={name: np.concatenate([one.outputs[name] for one in parts]) for name in parts[0].outputs},
        used=np.concatenate([one.used for one in parts]),
        faults=[fault for one in parts for fault in one.faults],
        notes=[note for note in parts[0].notes if all(note in one.notes for one in parts)],
        faulty_rows=[start + row for start, one in zip(starts, parts, strict=False) for row in one.faulty_rows],
    )
