"""`polymodal evaluate`: how good a model is, overall and for each presence pattern."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._plot import refuse_ending, save
from polymodal.cli._table import read_for
from polymodal.errors import SettingError


def evaluate(
    model: options.ModelFile,
    data: options.Data,
    files: options.Files = None,
    metric: options.Metric = None,
    resamples: options.Resamples = 1000,
    hide: Annotated[
        list[str] | None,
        typer.Option("--hide", metavar="NAME=SHARE", help="What if so many cells of it were missing? May be repeated."),
    ] = None,
    mechanism: Annotated[
        Literal["mcar", "mar", "mnar", "block", "segment"],
        typer.Option("--mechanism", help="By chance, by a column, by the cell itself, in blocks of rows, or in parts."),
    ] = "mcar",
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="With --hide: the column or target that decides.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option("--strength", help="With --hide: how much that decides; below 0 turns it round.")
    ] = None,
    blocks: Annotated[
        int | None, typer.Option("--blocks", min=1, help="With --hide: runs of rows, instead of groups.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="With --hide: the same seed hides the same cells.")] = 0,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Score a model on a table with labels: overall, per presence pattern, each modality alone, with intervals.

    A model of a space without targets is scored by how well modalities find each other.

    \b
    Example:
      polymodal evaluate outcome.pm test.csv --files data/ --plot scores.png
    What if half of the ECGs were missing, rather those of the old?
      polymodal evaluate outcome.pm test.csv --files data/ --hide ecg=0.5 --mechanism mar --by age
    """
    refuse_ending(plot)
    shares = dict(_share(one) for one in hide or ())
    if not shares and (mechanism != "mcar" or by is not None or strength is not None or blocks is not None):
        raise SettingError("what is hidden is said by --hide NAME=SHARE, such as --hide ecg=0.5")
    fitted = pm.load(model)
    asked = read_for(fitted, data, files)
    if shares:
        hidden = pm.hide(asked, shares, mechanism, by=by, strength=strength, blocks=blocks, seed=seed)
        note(str(hidden))
        asked = hidden.table
    scores: Any
    if fitted.schema.targets:
        scores = fitted.evaluate(asked, metric=metric, resamples=resamples)
    else:
        scores = fitted.retrieval(asked)
    answer(scores, scores.to_dict(), json)
    save(scores, plot)


def _share(typed: str) -> tuple[str, float]:
    name, _, share = typed.rpartition("=")
    try:
        return name, float(share)
    except ValueError:
        raise SettingError(f"--hide {typed!r} cannot be understood; write NAME=SHARE, such as ecg=0.5") from None
