"""`polymodal fit`: learn a model from a table and save it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._table import is_stored, parse_encoders, parted, read_to_learn
from polymodal.cli._wording import in_options
from polymodal.errors import ArtifactError


def fit(
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="MODEL", help="Where to save the model.")],
    target: options.Targets = None,
    files: options.Files = None,
    id: options.Id = None,
    group: options.Group = None,
    time: options.Time = None,
    weight: options.Weight = None,
    type: options.Types = None,
    ignore: options.Ignore = None,
    fusion: options.Fusion = "transformer",
    encoder: options.Encoders = None,
    width: Annotated[int, typer.Option("--width", min=4, help="Numbers in a token; a multiple of 4.")] = 64,
    preset: Annotated[
        Literal["fast", "good", "best"], typer.Option("--preset", help="How much is trained; fast trains no network.")
    ] = "good",
    learner: Annotated[
        list[str] | None,
        typer.Option(
            "--learner",
            metavar="NAME",
            help="Train only this: network, linear, trees, factors, factored_trees, texts, gaussian, prototypes, or a "
            "fusion; may be repeated.",
        ),
    ] = None,
    folds: Annotated[
        int | None, typer.Option("--folds", min=1, help="Parts of the rows held out in turn; by default 5 or 1.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Passes over the rows at most.")] = None,
    patterns: Annotated[
        Literal["uniform", "rates", "curriculum"],
        typer.Option("--patterns", help="Which parts of a row the network is shown besides all of it."),
    ] = "uniform",
    balance: Annotated[
        str,
        typer.Option("--balance", metavar="NAME", help="Hold back who learns too fast: none, pareto, blend or ogm."),
    ] = "none",
    pretrain: Annotated[
        int, typer.Option("--pretrain", min=0, help="First epochs, in which each modality is trained by itself.")
    ] = 0,
    segments: Annotated[
        float,
        typer.Option("--segments", min=0.0, max=0.9, help="Train without spans of series and blocks of columns."),
    ] = 0.0,
    curriculum: Annotated[
        Literal["none", "difficulty"], typer.Option("--curriculum", help="Let hard rows wait at first.")
    ] = "none",
    objective: Annotated[
        Literal["predict", "align"],
        typer.Option("--objective", help="Learn the targets, or a space to search in, for which none is needed."),
    ] = "predict",
    contrast: Annotated[
        str | None,
        typer.Option(
            "--contrast",
            metavar="NAME",
            help="What --objective align learns from: infonce, total_correlation, or sigmoid when left out.",
        ),
    ] = None,
    hub: Annotated[
        str | None,
        typer.Option("--hub", metavar="NAME", help="For --objective align, pair all others with this modality."),
    ] = None,
    same: Annotated[
        str | None,
        typer.Option("--same", metavar="COLUMN", help="For --objective align: rows of one value show the same thing."),
    ] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, help="Rows a step of training.")] = None,
    rows_at_once: Annotated[
        int | None, typer.Option("--rows-at-once", min=1, help="Rows of a batch encoded at once, to save memory.")
    ] = None,
    budget: options.Budget = None,
    seed: options.Seed = 0,
    test: Annotated[
        float,
        typer.Option("--test", min=0.0, max=0.9, help="Keep this share of the rows out of the fit and evaluate on it."),
    ] = 0.0,
    by: options.By = "random",
    checkpoint: Annotated[
        Path | None,
        typer.Option("--checkpoint", metavar="FILE", help="Save progress here, and go on from it after a kill."),
    ] = None,
    max_unreadable: options.MaxUnreadable = 0.1,
    memory: Annotated[
        str,
        typer.Option("--memory", metavar="SIZE", help="A store beyond this is read batch by batch."),
    ] = "2GB",
    json: options.Json = False,
) -> None:
    """Learn a model from a table and save it as one file.

    \b
    Example:
      polymodal fit patients.csv --target outcome --files data/ --id patient --group hospital \\
          --type ecg=series,rate=500 --budget 10min --test 0.2 --out outcome.pm
    Survival, from a time and an event column:
      polymodal fit patients.csv --target survival:days:vital_status --out survival.pm
    A space to search in, without a target:
      polymodal fit shop.csv --files photos/ --objective align --out space.pm
    """
    roles = {"id": id, "group": group, "time": time, "weight": weight}
    table: Any = None
    if is_stored(data) and not (target or files or type or ignore or any(roles.values())):
        table = pm.Store.open(data)
    aligns = objective == "align"
    if table is None or not (table.schema.targets or aligns):
        table = read_to_learn(
            data, files=files, targets=target, types=type, ignore=ignore, roles=roles, needs_target=not aligns
        )
    _make_place(out)
    kept = None
    if test > 0:
        table, kept = parted(table, test, seed, by)
    model = pm.Model(
        fusion,
        parse_encoders(encoder or ()),
        preset=preset,
        learners=learner,
        folds=folds or "auto",
        width=width,
        epochs=epochs,
        patterns=patterns,
        balance=balance,
        pretrain=pretrain,
        segments=segments,
        curriculum=curriculum,
        objective=objective,
        contrast=contrast,
        hub=hub,
        same=same,
        batch_size=batch_size,
        rows_at_once=rows_at_once,
        seed=seed,
    )
    model.fit(table, budget=budget, checkpoint=checkpoint, max_unreadable=max_unreadable, memory=memory)
    model.save(out)
    note(f"Saved {out}")
    made_of = model.leaderboard()
    if len(made_of):
        note(made_of.to_string(index=False, float_format=lambda value: f"{value:.3f}", na_rep=""))
    if len(used := model.diagnosis()):
        note("Of what each modality tells by itself, the joint model uses:")
        note(used.to_string(index=False, float_format=lambda value: f"{value:.3f}", na_rep=""))
    for limitation in model.limitations:
        note(f"note: {in_options(limitation)}")
    if kept is None:
        answer(f"Fitted on {len(table)} rows.", {"model": out, "rows": len(table)}, json)
        return
    scores: Any = model.evaluate(kept) if model.schema.targets else model.retrieval(kept)
    answer(scores, {"model": out, "rows": len(table), "test": scores.to_dict()}, json)


def _make_place(out: Path) -> None:
    """Before the work, so that no work is lost for want of a place to put it."""
    if out.is_dir():
        raise ArtifactError(f"--out {out} is a folder; give the name of a file, such as {out / 'model.pm'}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"--out {out}: {error.strerror or error}") from error
    if not os.access(out.parent, os.W_OK):
        raise ArtifactError(f"--out {out}: nothing may be written in {out.parent}")
