"""How the fit went: losses by epoch, with the epoch that was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from polymodal.explain.plots.palette import EVERYTHING, INK, label, plain
from polymodal.portfolio.portfolio import Standing
from polymodal.report.blocks import Block, Cell, Drawing, Grid
from polymodal.report.svg import inline
from polymodal.training.history import History


def learning(histories: Sequence[History]) -> Iterator[Block]:
    """A line a network; nothing when the history is not known."""
    told = [one for one in histories if one.losses]
    if not told:
        return
    shown = [name for name in told[0].metrics[0] if all(name in epoch for one in told for epoch in one.metrics)][:1]
    panels = 2 + len(shown)
    figure = Figure(figsize=(3.1 * panels, 2.7), layout="constrained")
    axes = figure.subplots(1, panels)
    _draw(axes[0], "Training loss", [one.losses for one in told], told)
    _draw(axes[1], "Validation loss", [one.validation for one in told], told)
    for place, name in zip(axes[2:], shown, strict=True):
        _draw(place, f"Validation {name}", [[epoch[name] for epoch in one.metrics] for one in told], told)
    kept = ", ".join(str(one.best_epoch + 1) for one in told)
    yield Drawing(
        inline(figure, "learning", f"Training and validation loss by epoch; epochs kept: {kept}"),
        "A line is a network; the dot is the epoch whose weights were kept. Validation rows were "
        "not learnt from. A validation loss that rises while the training loss falls is learning by heart: those "
        "epochs were thrown away.",
    )
    rows = [
        [f"{place + 1}", f"{len(one.losses)}", f"{one.best_epoch + 1}", f"{one.best:.3f}", one.stopped or "-"]
        for place, one in enumerate(told)
    ]
    yield Grid("Networks", ["network", "epochs", "kept", "validation loss", "stopped because"], rows, folded=True)


def made_of(standings: Mapping[str, Sequence[Standing]]) -> Iterator[Block]:
    """A table a target of its members, best first; nothing when a network answers alone."""
    for name, members in standings.items():
        rows: list[list[str | Cell]] = [
            [
                one.member,
                Cell("-" if one.value is None else f"{one.value:.3f}", strong=one.weight is None),
                "" if one.weight is None else f"{one.weight:.2f}",
            ]
            for one in members
        ]
        if rows:
            yield Grid(
                f"What answers about {name} are made of",
                ["member", members[0].metric, "weight"],
                rows,
                "Each member is scored on rows it has not learnt from; the weights were fitted on those rows, so that "
                "'together' is a little too good. Weights are those of a row that has everything; rows with less have "
                "weights of their own.",
                folded=len(standings) > 1,
            )


def _draw(axes: Axes, title: str, lines: Sequence[Sequence[float]], told: Sequence[History]) -> None:
    for line, one in zip(lines, told, strict=True):
        axes.plot(range(1, len(line) + 1), line, color=EVERYTHING, linewidth=1.2, alpha=0.6)
        if 0 <= one.best_epoch < len(line):
            axes.plot(one.best_epoch + 1, line[one.best_epoch], "o", color=INK, markersize=5)
    axes.set_xlabel("epoch", fontsize=8)
    axes.locator_params(axis="x", integer=True, nbins=5)
    plain(axes, label(title, 34), grid="y")
