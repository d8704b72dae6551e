"""Who told the model: each modality's part overall, pairs, and every row as a point."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from polymodal.explain.attribution import TargetExplanation
from polymodal.explain.explanation import part_rows
from polymodal.explain.plots.bars import draw_answers, draw_score
from polymodal.explain.plots.rows import draw_swarm
from polymodal.explain.resampling import number, shown
from polymodal.report.blocks import Block, Drawing, Grid, heat
from polymodal.report.svg import inline

MOST_PAIRED = 16  # modalities up to which a table of pairs can be read


def contributions(one: TargetExplanation) -> Iterator[Block]:
    """The parts in the answers and in the score, the pairs, the rows, and the figures behind them."""
    yield _overall(one)
    yield _swarm(one)
    if len(one.modalities) > 1:
        yield from _pairs(one)
    header = ["modality", "rows with it", "mean size, all rows", "mean size where present", "mean"]
    rows = part_rows(one)
    if one.score is not None:
        header += [f"share of {one.score.metric}", "lost when left out"]
        for row, part in zip(rows, one.score.contributions, strict=True):
            row += [shown(part.share), shown(part.left_out)]
    yield Grid(f"The figures: {one.unit}", header, rows, folded=True)


def _overall(one: TargetExplanation) -> Drawing:
    figure = Figure(figsize=(9 if one.score else 5.6, 1.5 + 0.42 * len(one.modalities)), layout="constrained")
    if one.score is None:
        draw_answers(figure.subplots(), one)
        rest = ""
    else:
        left, right = figure.subplots(1, 2)
        draw_answers(left, one)
        draw_score(right, one.modalities, one.score)
        right.set_yticklabels([])
        rest = " Right: its share of the score with its 95 % interval; right of zero it helps, left of it it hurts."
    sizes = ", ".join(f"{name} {number(size)}" for name, size in zip(one.modalities, one.mean_absolute, strict=True))
    return Drawing(
        inline(figure, f"{one.name}/overall", f"Mean size of each modality's contribution: {sizes}"),
        ("Left: by" if one.score else "By") + f" how much each modality moves the answers, mean over all rows.{rest}",
    )


def _swarm(one: TargetExplanation) -> Drawing:
    figure = Figure(figsize=(9, 1.3 + 0.55 * len(one.modalities)), layout="constrained")
    draw_swarm(figure.subplots(), one)
    return Drawing(
        inline(figure, f"{one.name}/swarm", f"Every row's contributions by modality, {one.unit}"),
        "A point is a row that has the modality (their number in brackets). Right of zero the modality speaks for the "
        "answer, left of it against."
        if one.kind in ("category", "multilabel")
        else "A point is a row that has the modality (their number in brackets). Right of zero the modality raises the "
        "answer, left of it lowers it.",
    )


def _pairs(one: TargetExplanation) -> Iterator[Grid]:
    if one.interactions is None or len(one.modalities) > MOST_PAIRED:
        return
    note = (
        "Above zero (orange) two modalities tell more together than one by one; below (purple) they repeat each other."
    )
    yield heat(one.modalities, one.interactions.tolist(), "Interactions in the answers, mean over rows", note)
    if one.score is not None and one.score.interactions is not None:
        yield heat(one.modalities, one.score.interactions.tolist(), f"Interactions in {one.score.metric}", "")
