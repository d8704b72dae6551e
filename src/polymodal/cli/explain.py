"""`polymodal explain`: which modality told the model, for each row and overall."""

from __future__ import annotations

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._plot import refuse_ending, save
from polymodal.cli._table import read_for


def explain(
    model: options.ModelFile,
    data: options.Data,
    files: options.Files = None,
    metric: options.Metric = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Say which modality told the model, which ones work together, and which are ignored or harm.

    \b
    Example:
      polymodal explain outcome.pm test.csv --files data/ --plot told.png
    """
    refuse_ending(plot)
    fitted = pm.load(model)
    told = fitted.explain(read_for(fitted, data, files), metric=metric)
    answer(told, told.to_dict(), json)
    save(told, plot)
