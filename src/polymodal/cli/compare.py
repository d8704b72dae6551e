"""`polymodal compare`: several fusions, the portfolio and the baselines on the same rows."""

from __future__ import annotations

from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._plot import refuse_ending, save
from polymodal.cli._settings import with_settings
from polymodal.cli._table import parse_encoders, read_to_learn


@with_settings("fusion", "learners", "seed", "objective", "contrast", "hub", "same")
def compare(
    data: options.Data,
    target: options.Targets = None,
    files: options.Files = None,
    id: options.Id = None,
    group: options.Group = None,
    time: options.Time = None,
    weight: options.Weight = None,
    type: options.Types = None,
    ignore: options.Ignore = None,
    fusion: options.Fusions = None,
    budget: options.Budget = None,
    test: Annotated[
        float, typer.Option("--test", min=0.01, max=0.9, help="Hold this share of the rows out, the same for all.")
    ] = 0.2,
    splits: Annotated[
        int, typer.Option("--splits", min=1, help="Hold out, fit and score so many times; scores are means.")
    ] = 1,
    by: options.By = "random",
    metric: options.Metric = None,
    resamples: options.Resamples = 2000,
    encoder: options.Encoders = None,
    seed: options.Seed = 0,
    max_unreadable: options.MaxUnreadable = 0.1,
    plot: options.Plot = None,
    json: options.Json = False,
    **settings: Any,
) -> None:
    """Fit every fusion and the default model on the same rows, and score them with what they have to beat.

    Each has the same time (--budget is for one fit). Beside them stand the prior, each modality alone and their
    average; differences are paired, p is corrected for the number of lines.

    \b
    Example:
      polymodal compare patients.csv --target outcome --files data/ --id patient --group hospital \\
          --fusion late --fusion transformer --budget 2min --splits 3 --plot compared.png
    """
    refuse_ending(plot)
    roles = {"id": id, "group": group, "time": time, "weight": weight}
    table = read_to_learn(data, files=files, targets=target, types=type, ignore=ignore, roles=roles)
    found = pm.compare(
        table,
        fusion or None,
        settings={**settings, "encoders": parse_encoders(encoder or ())},
        budget=budget,
        test=test,
        splits=splits,
        by=by,
        metric=metric,
        resamples=resamples,
        seed=seed,
        max_unreadable=max_unreadable,
    )
    answer(found, found.to_dict(), json)
    save(found, plot)
