"""`polymodal learning-curve`: how good it gets after 1, 5, 10 or 50 examples of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._plot import refuse_ending, save
from polymodal.cli._settings import with_settings
from polymodal.cli._table import parse_encoders, read_to_learn
from polymodal.errors import SettingError
from polymodal.registry import FUSIONS
from polymodal.training.settings import NETWORK, given, idle


@with_settings("learners", "seed", "objective", "contrast", "hub", "same")
def learning_curve(
    data: options.Data,
    target: options.Targets = None,
    against: Annotated[
        str | None, typer.Option("--test-data", metavar="DATA", help="Score on these rows instead of a share of DATA.")
    ] = None,
    files: options.Files = None,
    id: options.Id = None,
    group: options.Group = None,
    time: options.Time = None,
    weight: options.Weight = None,
    type: options.Types = None,
    ignore: options.Ignore = None,
    shots: Annotated[
        str | None,
        typer.Option(
            "--shots", metavar="N,N,...", help="Examples of each class (rows, of another target), or shares below 1."
        ),
    ] = None,
    learner: Annotated[
        list[str] | None,
        typer.Option("--learner", metavar="NAME", help="A line for each of these; the heads for few rows by default."),
    ] = None,
    encoder: options.Encoders = None,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Draw examples so many times.")] = 5,
    test: Annotated[float, typer.Option("--test", min=0.01, max=0.99, help="Share of the rows to score on.")] = 0.5,
    budget: options.Budget = None,
    metric: options.Metric = None,
    seed: options.Seed = 0,
    max_unreadable: options.MaxUnreadable = 0.1,
    plot: options.Plot = None,
    json: options.Json = False,
    **settings: Any,
) -> None:
    """Fit on ever more examples, and score every fit on the same rows.

    \b
    Example:
      polymodal learning-curve patients.csv --target outcome --files data/ --id patient --group hospital \\
          --shots 1,5,10 --learner gaussian --learner linear --plot curve.png
    """
    refuse_ending(plot)
    sizes = None if shots is None else [_size(one) for one in shots.split(",")]
    chosen = _models(learner or (), seed, {**settings, "encoders": parse_encoders(encoder or ())})
    roles = {"id": id, "group": group, "time": time, "weight": weight}
    table = read_to_learn(data, files=files, targets=target, types=type, ignore=ignore, roles=roles)
    if len(table.schema.targets) > 1:
        raise SettingError(f"a curve is about one target; name it with one --target: {', '.join(table.schema.targets)}")
    if against is None:
        train, kept = table.split(test=test, seed=seed)
    else:
        from polymodal.asked import as_table  # with pandas, which help does without

        train, (kept, differences) = table, as_table(against, table.schema, files)
        for difference in differences:
            note(f"Note: {against}: {difference}")
    found = pm.learning_curve(
        train,
        kept,
        sizes,
        model=chosen or None,
        repeats=repeats,
        budget=budget,
        metric=metric,
        seed=seed,
        max_unreadable=max_unreadable,
    )
    answer(found, found.to_dict(), json)
    save(found, plot)


def _models(learners: Sequence[str], seed: int, settings: Mapping[str, Any]) -> dict[str, pm.Model]:
    """One for each learner. Raises SettingError for settings that none of them looks at."""
    networks = [one for one in learners if one == NETWORK or one in FUSIONS.names()]
    unused = idle(settings, networks) if learners else [f"{name}={value!r}" for name, value in given(settings).items()]
    if settings["encoders"] and not learners:
        unused.append("encoders=")
    if unused:
        raise SettingError(
            f"{' and '.join(unused)} would change nothing; name who learns with it: learners=['network']"
        )
    return {name: pm.Model(learners=[name], seed=seed).set_params(**settings) for name in learners}


def _size(text: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise SettingError(f"--shots: {text!r} is no number; write 1,5,10 or 0.1,0.5") from error
