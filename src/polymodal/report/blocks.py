"""What a section is made of: drawings and grids, each a heading and a sentence that says how to read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from markupsafe import Markup


@dataclass(frozen=True)
class Drawing:
    """A figure with its caption."""

    shape: ClassVar[str] = "drawing"
    svg: Markup
    caption: str


@dataclass(frozen=True)
class Cell:
    """A figure in a grid: bold where it stands out, shaded from -1 to 1 in one of two hues.

    `hues` are the page's names of the colours below and above zero.
    """

    text: str
    strong: bool = False
    shade: float = 0.0
    hues: tuple[str, str] = ("less", "more")


@dataclass(frozen=True)
class Grid:
    """A table with a caption; the first column names its rows.

    `folded` tables are opened by a click; `numeric` ones are set in columns of figures.
    """

    shape: ClassVar[str] = "grid"
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str | Cell]]
    note: str = ""
    folded: bool = False
    numeric: bool = True
    corner: str = ""


Block = Drawing | Grid


def heat(names: Sequence[str], values: Sequence[Sequence[float]], caption: str, note: str) -> Grid:
    """The lower triangle of a symmetric table, each cell shaded by its size."""
    largest = max((abs(values[i][j]) for i in range(len(names)) for j in range(i)), default=0.0) or 1.0
    rows: list[list[str | Cell]] = [
        [names[i], *(Cell(f"{values[i][j]:+.3f}", shade=values[i][j] / largest) for j in range(i))]
        for i in range(1, len(names))
    ]
    return Grid(caption, ["", *names[:-1]], rows, note)
