"""The outcome of a benchmark: printed, and with `--write` kept in docs/benchmarks.md under the script's name."""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Outcome:
    """What was asked, what came out, and whether it is good enough.

    Attributes:
        name: of the script, such as "cost/packed".
        question: one sentence.
        mark: what was to be reached, in words.
        is_reached: whether it was; None where nothing was asked for.
        table: one mapping of heading to cell a line; the first line gives the headings.
        seeds: which were used.
        notes: what a reader must know to trust the figures.
    """

    name: str
    question: str
    mark: str
    is_reached: bool | None
    table: Sequence[Mapping[str, object]]
    seeds: str
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """Its section of the page."""
        verdict = {True: "reached", False: "**missed**", None: "no mark"}[self.is_reached]
        headings = list(self.table[0])
        lines = [
            headings,
            ["---"] * len(headings),
            *([_cell(line.get(h, "")) for h in headings] for line in self.table),
        ]
        return "\n".join(
            [
                f"## {self.name}",
                "",
                self.question,
                "",
                *("| " + " | ".join(line) + " |" for line in lines),
                "",
                f"Mark: {self.mark}: {verdict}.",
                *self.notes,
                "",
                f"`python -m benchmarks.{self.name.replace('/', '.')}`, {datetime.date.today()}, {machine()}, "
                f"seeds: {self.seeds}.",
            ]
        )


def publish(outcome: Outcome) -> None:
    """Print an outcome; when the script was called with `--write`, put it in the page in place of its former one."""
    parser = argparse.ArgumentParser(description=outcome.question)
    parser.add_argument("--write", action="store_true", help=f"keep the outcome in {PAGE.parent.name}/{PAGE.name}")
    section = outcome.markdown()
    print(section)
    if parser.parse_args().write:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), outcome.name, section), encoding="utf-8")


def replaced(page: str, name: str, section: str) -> str:
    """The page with the section between its markers replaced, or added at the end."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    block = f"{start}\n{section}\n{end}"
    found = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if found.search(page):
        return found.sub(lambda _: block, page)
    return f"{page.rstrip()}\n\n{block}\n"


def machine() -> str:
    """Cores, kind of processor, versions."""
    import numpy as np
    import torch

    cpu = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        names = re.findall(r"^model name\s*:\s*(.+)$", described.read_text(), re.MULTILINE)
        cpu = names[0] if names else cpu
    return (
        f"{os.cpu_count()} cores ({cpu}), Python {platform.python_version()}, torch {torch.__version__}, "
        f"numpy {np.__version__}"
    )


def _cell(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
