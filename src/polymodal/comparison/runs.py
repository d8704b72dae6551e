"""The runs: every model fitted and asked on every split, one after the other, with the clock beside it."""

from __future__ import annotations

import copy
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from polymodal.comparison.baselines import prior_answers, single_answers
from polymodal.comparison.entrants import LATE, PORTFOLIO, PRIOR
from polymodal.errors import FitError, PolymodalError
from polymodal.metrics import answers_given
from polymodal.metrics.metric import Metric
from polymodal.model import Model
from polymodal.schema.table import Table

# What a model may die of while the others go on: its own refusal, numbers, memory, or somebody's own encoder.
FAILURES = (PolymodalError, RuntimeError, ValueError, ArithmeticError, MemoryError)


@dataclass
class Run:
    """One line over all splits.

    Attributes:
        name, kind: what it is called; "model", "modality" or "baseline".
        answers: for each split, by target `[n, o]` of the rows held out.
        fit_seconds, answer_seconds: of each split; none for what is read off another model.
        error: why there is no result; "" when all went well.
    """

    name: str
    kind: str
    answers: list[Mapping[str, np.ndarray]] = field(default_factory=list)
    fit_seconds: list[float] = field(default_factory=list)
    answer_seconds: list[float] = field(default_factory=list)
    error: str = ""


def run_all(
    table: Table,
    models: Mapping[str, Model],
    masks: Sequence[np.ndarray],
    metrics: Mapping[str, Metric],
    *,
    budget: float | None,
    max_unreadable: float,
    progress: bool,
) -> list[Run]:
    """Fit and ask every model on every split; the models given are copied first, and stay as they are.

    Where a metric looks at answers only, these are what is kept, as shares of 0 and 1: each model has thresholds of its
    own.

    A model that fails is not tried on later splits. Raises FitError when all fail.
    """
    runs = {name: Run(name, "model") for name in models}
    prior = Run(PRIOR, "baseline")
    singles: dict[str, Run] = {}
    with bar(progress, len(models) * len(masks)) as step:
        for number, mask in enumerate(masks):
            where = f"split {number + 1} of {len(masks)}: " if len(masks) > 1 else ""
            train, test = table.take(~mask), table.take(mask)
            for side in (train, test):
                side.present()  # decodes the cells, so that no model is charged for what all share
            with _failure_noted(prior, where):
                prior.answers.append(prior_answers(train, len(test)))
            for name, model in models.items():
                step(f"{where}{name}")
                if runs[name].error:
                    continue
                with _failure_noted(runs[name], where):
                    fitted = _run(runs[name], model, train, test, metrics, budget, max_unreadable)
                    if name == PORTFOLIO:
                        _read_off(singles, fitted, test, metrics)
    if all(run.error for run in runs.values()):
        reasons = "\n".join(f"  {run.name}: {run.error}" for run in runs.values())
        raise FitError(f"none of the {len(models)} models could be fitted:\n{reasons}")
    read_off = [] if runs[PORTFOLIO].error else list(singles.values())
    return [*runs.values(), *read_off, prior]


def _run(
    run: Run,
    model: Model,
    train: Table,
    test: Table,
    metrics: Mapping[str, Metric],
    budget: float | None,
    max_unreadable: float,
) -> Model:
    """Fit a copy of `model` and ask it about `test`; what it said and how long it took is added to `run`."""
    fitted = copy.copy(model)
    start = time.perf_counter()
    fitted.fit(train, budget=budget, max_unreadable=max_unreadable, progress=False)
    done = time.perf_counter()
    outputs = fitted.predict(test).outputs
    run.answer_seconds.append(time.perf_counter() - done)
    run.fit_seconds.append(done - start)
    wild = [name for name, values in outputs.items() if not np.isfinite(values).all()]
    if wild:
        raise FitError(f"answers of target {', '.join(map(repr, wild))} are not finite; a score needs numbers")
    run.answers.append(_judged(fitted, outputs, metrics))
    return fitted


def _judged(model: Model, outputs: Mapping[str, np.ndarray], metrics: Mapping[str, Metric]) -> dict[str, np.ndarray]:
    return {
        name: answers_given(model.schema.targets[name], values)
        if name in metrics and metrics[name].of_answers
        else values
        for name, values in outputs.items()
    }


def _read_off(singles: dict[str, Run], portfolio: Model, test: Table, metrics: Mapping[str, Metric]) -> None:
    for name, outputs in single_answers(portfolio, test).items():
        kind = "baseline" if name == LATE else "modality"
        singles.setdefault(name, Run(name, kind)).answers.append(_judged(portfolio, outputs, metrics))


@contextmanager
def _failure_noted(run: Run, where: str) -> Iterator[None]:
    try:
        yield
    except FAILURES as error:
        kind = "" if isinstance(error, PolymodalError) else f"{type(error).__name__}: "
        run.error = f"{where}{kind}{error}"


@contextmanager
def bar(is_shown: bool, n_runs: int) -> Iterator[Callable[[str], None]]:
    """Something to call with what is fitted next; on a terminal a bar on stderr tells of it."""
    if not is_shown or not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task, started = bar.add_task("", total=n_runs), iter(range(n_runs))
        yield lambda name: bar.update(task, completed=next(started), description=name)
        bar.update(task, completed=n_runs, description="")
