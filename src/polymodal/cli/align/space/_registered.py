"""What every search for a map is asked on the command line, and hands over: words, the map as a file, a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from polymodal.cli._console import note
from polymodal.cli._plot import save
from polymodal.cli.align._output import judged

if TYPE_CHECKING:
    from polymodal.align.space import Registration

Out = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the map as JSON, which `apply` reads.")
]
Seed = Annotated[int, typer.Option("--seed", help="Of what is drawn at random.")]


def hand_over(found: Registration, out: Path | None, plot: Path | None, as_json: bool) -> None:
    """Print it, draw it, write it; raises ArtifactError where a file cannot be written."""
    judged(found, as_json)
    save(found, plot)
    if out is not None:
        found.save(out)
        note(f"Wrote {out}")
