"""`polymodal fit`: learn a model from a table and save it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._settings import with_settings
from polymodal.cli._table import is_stored, parse_encoders, parted, read_to_learn
from polymodal.cli._wording import in_options
from polymodal.errors import ArtifactError
from polymodal.training.settings import ALIGN


@with_settings()
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
    encoder: options.Encoders = None,
    budget: options.Budget = None,
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
    **settings: Any,
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
    aligns = settings["objective"] == ALIGN
    if table is None or not (table.schema.targets or aligns):
        table = read_to_learn(
            data, files=files, targets=target, types=type, ignore=ignore, roles=roles, needs_target=not aligns
        )
    _make_place(out)
    kept = None
    if test > 0:
        table, kept = parted(table, test, settings["seed"], by)
    model = pm.Model(encoders=parse_encoders(encoder or ()), **settings)
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
