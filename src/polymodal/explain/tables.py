"""Results as aligned plain text and as HTML, from the same sections."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH = 100
STYLE = (
    "<style>.polymodal table{border-collapse:collapse;margin:.3em 0 1em}"
    ".polymodal th,.polymodal td{padding:.15em .8em .15em 0;text-align:left;font-variant-numeric:tabular-nums}"
    ".polymodal th{border-bottom:1px solid #999;font-weight:600}.polymodal h4{margin:.8em 0 .2em}</style>"
)


@dataclass(frozen=True)
class Section:
    """A heading, sentences and a table, each of which may be empty."""

    title: str = ""
    sentences: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


class Printed(ABC):
    """A result that is sections: plain text where it is printed, HTML in a notebook."""

    @abstractmethod
    def sections(self) -> Iterable[Section]:
        """The headings, sentences and tables that are printed."""

    def __str__(self) -> str:
        return as_text(self.sections())

    def _repr_html_(self) -> str:
        return as_html(self.sections())


def as_text(sections: Iterable[Section]) -> str:
    """Plain text, at most about 100 columns wide."""
    return "\n\n".join(block for block in map(_text, sections) if block)


def as_html(sections: Iterable[Section]) -> str:
    """A fragment of HTML."""
    return f'<div class="polymodal">{STYLE}{"".join(map(_html, sections))}</div>'


def pattern_name(kept: np.ndarray, modalities: Sequence[str]) -> str:
    """A presence pattern in words.

    >>> pattern_name(np.array([True, False, True]), ["age", "ecg", "note"])
    'age + note'
    """
    if kept.all():
        return "everything" if len(modalities) > 1 else modalities[0]
    if not kept.any():
        return "nothing"
    names = [name for name, keep in zip(modalities, kept, strict=True) if keep]
    gone = [name for name, keep in zip(modalities, kept, strict=True) if not keep]
    return f"all but {', '.join(gone)}" if len(names) > 2 and len(gone) <= 2 else " + ".join(names)


def shorten(text: str, width: int) -> str:
    """The text, or its beginning and an ellipsis.

    >>> shorten("a long name", 7)
    'a long…'
    """
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def _text(section: Section) -> str:
    lines = [section.title] if section.title else []
    lines += [line for sentence in section.sentences for line in _wrapped(sentence)]
    if section.rows:
        cells = [list(section.header), *map(list, section.rows)] if section.header else list(map(list, section.rows))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] = max(12, min(widths[widest], WIDTH - 2 * len(widths) - sum(widths) + widths[widest]))
        for row in cells:
            padded = (shorten(cell, width).ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append(("  " + "  ".join(padded)).rstrip())
    return "\n".join(lines)


def _wrapped(sentence: str) -> list[str]:
    lines, line = [], "-"
    for word in sentence.split():
        if len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = " "
        line += " " + word
    return [*lines, line]


def _html(section: Section) -> str:
    parts = [f"<h4>{escape(section.title)}</h4>"] if section.title else []
    if section.sentences:
        parts.append("<ul>" + "".join(f"<li>{escape(sentence)}</li>" for sentence in section.sentences) + "</ul>")
    if section.rows:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in section.header)
        body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in section.rows)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")
    return "".join(parts)
