"""`polymodal demo`: the whole road on real data, said in plain words."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.errors import ArtifactError
from polymodal.registry import DEMOS


def demo(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which demo; --list names them.")] = "miniacc",
    list: Annotated[bool, typer.Option("--list", help="Name the demos and stop.")] = False,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where page and model go.")] = Path("out"),
    fusion: options.Fusion = "transformer",
    budget: options.Budget = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Learn from real data, look at the answer, and write a report page.

    \b
    Example:
      polymodal demo miniacc --budget 1min --out out/
    """
    if list:
        titles = {one: DEMOS.get(one).title for one in DEMOS.names()}
        answer("\n".join(f"{one:10} {title}" for one, title in titles.items()), titles, json)
        return
    result = run(
        DEMOS.get(name)(), name, out, fusion=fusion, budget=budget, seed=seed, say=note if json else typer.echo
    )
    answer(f"The page: {Path(result['page']).as_uri()}", result, json)


def run(chosen: Any, name: str, out: Path, *, fusion: str, budget: str | None, seed: int, say: Any) -> dict[str, Any]:
    """The road of one demo; what was found, and where the page and the model are."""
    try:
        out.mkdir(parents=True, exist_ok=True)  # first, so that no work is lost for want of a place to put it
    except OSError as error:
        raise ArtifactError(f"--out {out}: {error.strerror or error}") from error
    say(f"{_wrap(f'This demo learns {chosen.title}.')}\n\n{_wrap(chosen.attribution)}\n")
    table = chosen.load()
    say(f"1. What is in the table\n{table.report()}\n")
    train, test = table.split(test=chosen.test, seed=seed)
    budget = budget or chosen.budget
    say(f"2. Learning from {len(train)} rows; {len(test)} are kept for the test (at most {budget})")
    model = pm.Model(fusion=fusion, seed=seed).fit(train, budget=budget)
    scores = model.evaluate(test)
    say(f"\n3. How good it is on rows it has not seen\n{scores}\n")
    told = model.explain(test)
    say(f"4. Which modality told it\n{told}\n\n{_wrap(f'What to look at: {chosen.story}')}\n")
    page, saved = (out / f"{name}.html").resolve(), (out / f"{name}.pm").resolve()
    model.report(page, test)
    model.save(saved)
    return {"page": page, "model": saved, "evaluation": scores.to_dict(), "explanation": told.to_dict()}


def _wrap(text: str) -> str:
    return textwrap.fill(text, 100)
