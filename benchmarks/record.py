"""The outcome of a benchmark: printed, and with `--write` kept in docs/benchmarks.md under the script's name.

The page opens with one line for each outcome on it, read back from the sections.
"""

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
SUMMARY = "summary"
_VERDICT = r"reached|\*\*missed\*\*|no mark"
_SECTION = re.compile(rf"^## (\S+/\S+)$(?:.|\n)*?^Mark: (.+): ({_VERDICT})\.$", re.MULTILINE)


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
        verdict: whether fusion beat the best single modality, in words; empty where nothing was fused.
    """

    name: str
    question: str
    mark: str
    is_reached: bool | None
    table: Sequence[Mapping[str, object]]
    seeds: str
    notes: Sequence[str] = ()
    verdict: str = ""

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
                *([self.verdict] if self.verdict else []),
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
    parser.add_argument("--quick", action="store_true", help="a dry run on a few rows; its figures mean nothing")
    asked = parser.parse_args()
    section = outcome.markdown()
    print(section)
    if asked.quick:
        print("\nA dry run on a few rows: these figures mean nothing and are not kept.")
    elif asked.write:
        page = replaced(PAGE.read_text(encoding="utf-8"), outcome.name, section)
        PAGE.write_text(replaced(page, SUMMARY, summary(page)), encoding="utf-8")


def replaced(page: str, name: str, section: str) -> str:
    """The page with the section between its markers replaced, or added at the end."""
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    block = f"{start}\n{section}\n{end}"
    found = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if found.search(page):
        return found.sub(lambda _: block, page)
    return f"{page.rstrip()}\n\n{block}\n"


def summary(page: str) -> str:
    """One line for each section of the page: its name, its mark, whether it was reached."""
    found = [match.groups() for match in _SECTION.finditer(page)]
    lines = ["| benchmark | mark | |", "| --- | --- | --- |"]
    lines += [f"| [{name}](#{name.replace('/', '')}) | {mark} | {verdict} |" for name, mark, verdict in sorted(found)]
    return "\n".join(lines)


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
