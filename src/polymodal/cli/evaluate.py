"""`polymodal evaluate`: how good a model is, overall and for each presence pattern."""

from __future__ import annotations

from typing import Any

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._plot import refuse_ending, save
from polymodal.cli._table import read_for


def evaluate(
    model: options.ModelFile,
    data: options.Data,
    files: options.Files = None,
    metric: options.Metric = None,
    resamples: options.Resamples = 1000,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Score a model on a table with labels: overall, per presence pattern, each modality alone, with intervals.

    A model of a space without targets is scored by how well modalities find each other.

    \b
    Example:
      polymodal evaluate outcome.pm test.csv --files data/ --plot scores.png
    """
    refuse_ending(plot)
    fitted = pm.load(model)
    asked = read_for(fitted, data, files)
    scores: Any
    if fitted.schema.targets:
        scores = fitted.evaluate(asked, metric=metric, resamples=resamples)
    else:
        scores = fitted.retrieval(asked)
    answer(scores, scores.to_dict(), json)
    save(scores, plot)
