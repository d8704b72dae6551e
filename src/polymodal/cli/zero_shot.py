"""`polymodal zero-shot`: pictures told apart by the names of the classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import refuse_ending, tell
from polymodal.cli._table import read_for, read_table
from polymodal.errors import SettingError


def zero_shot(
    data: options.Data,
    classes: Annotated[
        str, typer.Option("--classes", metavar="NAME,NAME,...", help="What the classes are called, between commas.")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Hub name or folder of a network like CLIP (transformers), or a model file of --objective align.",
        ),
    ],
    modality: Annotated[
        str | None, typer.Option("--modality", metavar="NAME", help="The picture column; needed if there are several.")
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option("--prompt", metavar="TEXT", help="What is said of a class, {} for its name; repeat for several."),
    ] = None,
    examples: Annotated[
        str | None,
        typer.Option("--examples", metavar="DATA", help="Labelled rows that answer together with the names."),
    ] = None,
    target: Annotated[
        str, typer.Option("--target", metavar="COLUMN", help="What the answer is called; the label of the examples.")
    ] = "class",
    files: options.Files = None,
    type: options.Types = None,
    id: options.Id = None,
    out: options.Answers = None,
    json: options.Json = False,
) -> None:
    """Give each picture the probability of classes that are only named.

    \b
    Example:
      polymodal zero-shot pictures.csv --files data/ --classes cat,dog --model openai/clip-vit-base-patch32 \\
          --prompt "a photo of a {}" --out answers.csv
      polymodal zero-shot shop.csv --classes red,blue --model space.pm --prompt "a {} dress" --json
    """
    refuse_ending(out)
    own = pm.load(model) if Path(model).is_file() else None
    if own is not None and (type or id):
        raise SettingError(f"{model} says itself what its columns are; leave --type and --id out")
    table = (
        read_table(data, files=files, types=type or (), roles={"id": id}) if own is None else read_for(own, data, files)
    )
    shown = None
    if examples is not None:
        shown = read_table(examples, files=files, targets=[f"category:{target}"], types=type or ())
    found = pm.zero_shot(
        table,
        [name.strip() for name in classes.split(",")],
        model=own or model,
        modality=modality,
        prompt=prompt or "a photo of a {}",
        examples=shown,
        target=target,
    )
    tell(found, out, json)
