"""Time until an event: hazard, median and curve; Kaplan-Meier curves of the thirds of predicted risk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polymodal.explain.plots.palette import EVERYTHING, INK, PRIOR, label, plain
from polymodal.objectives.survival import survival_curves
from polymodal.report.blocks import Block, Drawing, Grid
from polymodal.report.svg import inline
from polymodal.report.targets._view import Answer, Notable, View, most, noted
from polymodal.report.targets.number import figure

THIRDS = ("low", "middle", "high")
_LEAST = 9  # rows for thirds
_LINES = ((0, (1, 1.2)), (0, (5, 1.5)), "solid")


class SurvivalView(View):
    """A time until an event, seen or not."""

    reading: ClassVar[str] = (
        "A hazard ratio of 2 says that the event comes at twice the rate of a row of which nothing is known. In the "
        "curves, solid is the row's chance of being free of the event, dotted that of a row of which nothing is known; "
        "the upright line is what came: the event (solid) or the last look without it (dashed)."
    )

    @property
    def time_name(self) -> str:
        """The column that times are in."""
        return str(getattr(self.lattice.targets[self.name], "time", "time"))

    def curve(self, row: int, pattern: int = -1) -> tuple[np.ndarray, np.ndarray]:
        """Event times of the training rows `[E]`, and the probability of being free of the event at each `[E]`."""
        assert self.predictions.baselines is not None
        base = self.predictions.baselines[self.name]
        risk = self.lattice.of(self.name)[pattern, row]
        return base.times, survival_curves(risk, base.times, base.hazard, base.times)[0]

    def median(self, row: int) -> float | None:
        """When half is reached; None where it is not by the last event of the training rows."""
        times, free = self.curve(row)
        below = times[free <= 0.5]
        return float(below[0]) if len(below) else None

    def answer(self, row: int) -> Answer:
        risk = float(self.outputs[row, 0] - self.lattice.of(self.name)[0, row, 0])
        median = self.median(row)
        half = "median not reached" if median is None else f"median {figure(median)} {self.time_name}"
        truth = None
        if self.labels is not None and self.known[row]:
            time, event = self.labels.values[row]
            truth = f"event at {figure(time)}" if event > 0.5 else f"no event up to {figure(time)}"
        return Answer(f"hazard ratio {np.exp(min(risk, 50.0)):.2f}", half, truth, curve=self._drawn(row))

    def notable(self) -> Iterator[Notable]:
        risk = self.outputs[:, 0]
        everyone = np.ones(len(risk), dtype=bool)
        yield from noted(most(risk, everyone), "the highest predicted risk")
        yield from noted(most(-risk, everyone), "the lowest predicted risk")
        if self.labels is None or not self.known.any():
            return
        time, event = self.labels.values[:, 0], self.labels.values[:, 1] > 0.5
        place = _ranks(risk, self.known)
        late = _ranks(time, self.known)
        yield from noted(
            most(-place - late, self.known & event & (place < 0.5)), "an early event although the risk looked low"
        )
        yield from noted(
            most(place + late, self.known & ~event & (place > 0.5)), "long without event although the risk looked high"
        )

    def moved(self, pattern: int) -> np.ndarray:
        return np.abs(self.lattice.of(self.name)[pattern, :, 0] - self.outputs[:, 0])

    def words(self, pattern: int, row: int) -> str:
        values = self.lattice.of(self.name)[:, row, 0]
        return f"hazard ratio {np.exp(min(float(values[pattern] - values[0]), 50.0)):.2f}"

    def comparisons(self) -> Iterator[Block]:
        if self.labels is None or self.known.sum() < _LEAST:
            return
        time, event = self.labels.values[self.known, 0], self.labels.values[self.known, 1] > 0.5
        order = np.argsort(self.outputs[self.known, 0], kind="stable")
        thirds = np.array_split(order, 3)
        drawn = Figure(figsize=(7, 4), layout="constrained")
        axes = drawn.subplots()
        rows = []
        for name, line, third in zip(THIRDS, _LINES, thirds, strict=True):
            times, free = kaplan_meier(time[third], event[third])
            until = np.append(times, time[third].max())
            _steps(axes, until, _at(times, free, until), line, f"{name} predicted risk")
            censored = time[third][~event[third]]
            axes.plot(censored, _at(times, free, censored), "|", color=INK, markersize=7)
            below = times[free <= 0.5]
            median = figure(float(below[0])) if len(below) else "not reached"
            rows.append([name, f"{len(third)}", f"{int(event[third].sum())}", median])
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlim(0, None)
        axes.set_xlabel(label(self.time_name, 40), fontsize=8)
        axes.set_ylabel("share free of the event", fontsize=8)
        axes.legend(loc="best", fontsize=8, frameon=False)
        plain(axes, "What became of the thirds of predicted risk", grid="y")
        says = "Kaplan-Meier curves of the rows with low, middle and high predicted risk"
        yield Drawing(
            inline(drawn, f"{self.name}/thirds", says),
            "Kaplan-Meier curves; a tick is a row last seen without the event. The further apart and the better in "
            "order, the better the model tells risk.",
        )
        yield Grid("Thirds of predicted risk", ["risk", "rows", "events", f"median {self.time_name}"], rows)

    def _drawn(self, row: int) -> Markup | None:
        times, free = self.curve(row)
        if not len(times):
            return None
        drawn = Figure(figsize=(3.3, 1.7), layout="constrained")
        axes = drawn.subplots()
        _steps(axes, times, self.curve(row, 0)[1], (0, (1, 1.2)), "prior", PRIOR)
        _steps(axes, times, free, "solid", "answer")
        if self.labels is not None and self.known[row]:
            time, event = self.labels.values[row]
            axes.axvline(time, color=INK, linewidth=0.9, linestyle="solid" if event > 0.5 else (0, (3, 2)))
        axes.set_ylim(-0.03, 1.05)
        axes.set_xlim(0, None)
        axes.set_yticks([0, 0.5, 1])
        axes.locator_params(axis="x", nbins=4)
        plain(axes, "", grid="y")
        axes.tick_params(labelsize=8)
        axes.set_xlabel(label(self.time_name, 30), fontsize=8)
        return inline(drawn, f"{self.name}/row {row}", "Predicted probability of being free of the event over time")


def kaplan_meier(time: np.ndarray, event: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share free of the event from each event time on (Kaplan & Meier 1958): times `[E]` ascending, shares `[E]`.

    >>> times, free = kaplan_meier(np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, True, False, True]))
    >>> times.tolist(), free.tolist()
    ([1.0, 2.0, 3.0], [0.75, 0.5, 0.0])
    """
    times = np.unique(time[event])
    deaths = np.array([(time[event] == one).sum() for one in times], dtype=np.float64)
    at_risk = np.array([(time >= one).sum() for one in times], dtype=np.float64)
    return times, np.cumprod(1 - deaths / at_risk)


def _at(times: np.ndarray, free: np.ndarray, when: np.ndarray) -> np.ndarray:
    return np.asarray(np.concatenate([[1.0], free])[np.searchsorted(times, when, side="right")])


def _steps(axes: Axes, times: np.ndarray, free: np.ndarray, line: Any, name: str, paint: str = EVERYTHING) -> None:
    x, y = np.concatenate([[0.0], times]), np.concatenate([[1.0], free])
    axes.step(x, y, where="post", linestyle=line, color=paint, linewidth=1.7, label=name)


def _ranks(values: np.ndarray, among: np.ndarray) -> np.ndarray:
    """`[N]` place from 0 to 1 of each value among the known rows; 0 elsewhere."""
    ranks = np.zeros(len(values))
    chosen = np.flatnonzero(among)
    ranks[chosen[np.argsort(values[chosen], kind="stable")]] = np.linspace(0, 1, len(chosen))
    return ranks
