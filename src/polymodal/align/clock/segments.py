"""Segments: what is said when; read from subtitles and written as such."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from polymodal.align._wording import count, duration, paragraphs
from polymodal.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST_LINES = 12
_TIME = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_CUE = re.compile(rf"^\s*{_TIME}\s*-->\s*{_TIME}", re.MULTILINE)
_MARKUP = re.compile(r"<[^>]*>|\{\\[^}]*\}")


@dataclass(frozen=True)
class Segments:
    """Stretches of a recording with the text that belongs there.

    Attributes:
        texts: one a segment.
        starts, ends: `[S]` seconds.
        scores: `[S]`, how well each fits, from 0 to 1; 1 where they were read and not found.
        notes: what is worth knowing, one sentence each.
    """

    texts: tuple[str, ...]
    starts: np.ndarray
    ends: np.ndarray
    scores: np.ndarray
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, source: str | os.PathLike[str]) -> Segments:
        """From a SubRip (.srt) or WebVTT (.vtt) file, or its text; markup inside lines is left out.

        Raises DataError for a file that is not there, text without times, and segments that end before they start.

        >>> Segments.read("1\\n00:00:01,500 --> 00:00:02,000\\n<i>Good</i> morning\\n").texts
        ('Good morning',)
        """
        text = str(source) if isinstance(source, str) and "-->" in source else _content(Path(source))
        cues = list(_CUE.finditer(text))
        if not cues:
            raise DataError("these are no subtitles: no line reads 00:00:01,500 --> 00:00:02,000, as SRT and WebVTT do")
        ends = [*(one.start() for one in cues[1:]), len(text)]
        times = np.array([[_seconds(one.groups()[:4]), _seconds(one.groups()[4:])] for one in cues])
        wrong = [cues[row].group().strip() for row in np.flatnonzero(times[:, 1] < times[:, 0])]
        if wrong:
            raise DataError(f"{count(len(wrong), 'subtitle')} with an end before the start, the first is {wrong[0]!r}")
        texts = tuple(_said(text[one.end() : end]) for one, end in zip(cues, ends, strict=True))
        order = np.argsort(times[:, 0], kind="stable")
        return cls(tuple(texts[row] for row in order), times[order, 0], times[order, 1], np.ones(len(cues)))

    def __len__(self) -> int:
        return len(self.texts)

    def __str__(self) -> str:
        lines = [
            (f"{start:.2f}", f"{end:.2f}", f"{score:.2f}", text[:60])
            for text, start, end, score in zip(self.texts, self.starts, self.ends, self.scores, strict=True)
        ]
        shown = [("start", "end", "score", ""), *lines[:_MOST_LINES]]
        if len(lines) > _MOST_LINES:
            shown.append(("...", "", "", f"and {len(lines) - _MOST_LINES} more"))
        last = duration(float(self.ends.max())) if len(self) else "0 s"
        return paragraphs(f"{count(len(self), 'segment')}, up to {last}", self.notes, shown)

    def __repr__(self) -> str:
        return str(self)

    def moved(self, clock: Any) -> Segments:
        """By another clock: a number of seconds, or an Offset or Drift that was found."""
        moved = clock.apply if hasattr(clock, "apply") else (lambda times: times + float(clock))
        return replace(self, starts=np.asarray(moved(self.starts)), ends=np.asarray(moved(self.ends)))

    def to_pandas(self) -> pd.DataFrame:
        """A row a segment."""
        return pd.DataFrame({"start": self.starts, "end": self.ends, "text": self.texts, "score": self.scores})

    def to_dict(self) -> dict[str, Any]:
        """The segments, for JSON."""
        return {"segments": self.to_pandas().to_dict("records"), "notes": list(self.notes)}

    def to_srt(self) -> str:
        """As a SubRip file."""
        cues = [
            f"{row}\n{_written(start, ',')} --> {_written(end, ',')}\n{text}\n"
            for row, (text, start, end) in enumerate(zip(self.texts, self.starts, self.ends, strict=True), start=1)
        ]
        return "\n".join(cues)

    def to_vtt(self) -> str:
        """As a WebVTT file."""
        cues = [
            f"{_written(start, '.')} --> {_written(end, '.')}\n{text}\n"
            for text, start, end in zip(self.texts, self.starts, self.ends, strict=True)
        ]
        return "WEBVTT\n\n" + "\n".join(cues)

    def active(self, rate: float, length: float) -> np.ndarray:
        """`[length * rate]` float64: 1 where a segment is, 0 elsewhere."""
        found = np.zeros(round(length * rate))
        for start, end in zip(self.starts, self.ends, strict=True):
            found[max(0, round(start * rate)) : max(0, round(end * rate))] = 1.0
        return found

    def plot(self) -> Figure:
        """The segments as bars over time, with their text."""
        from polymodal.align.clock._segments_plot import figure  # matplotlib is slow to import

        return figure(self)


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError:
        return path.read_text(encoding="latin-1")


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _said(block: str) -> str:
    """The lines up to the empty one that ends a cue, without settings, markup and the number of the next."""
    lines = block.split("\n")[1:]
    kept = []
    for line in lines:
        if not line.strip():
            break
        kept.append(_MARKUP.sub("", line).strip())
    return " ".join(filter(None, kept))


def _written(seconds: float, point: str) -> str:
    milliseconds = max(0, round(float(seconds) * 1000))
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{rest:03}"
