"""Registration: the transform that was found, whether it can be used, and a picture to look at."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.align._wording import duration, paragraphs
from polymodal.align.space import _documents as documents
from polymodal.align.space.soft_match import SoftMatch
from polymodal.align.space.transform import Transform
from polymodal.align.space.verdict import Verdict
from polymodal.errors import ArtifactError, DataError
from polymodal.schema.writing import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Views:
    """Small pictures on one grid of the fixed frame, to be drawn: `[height, width]` or `[height, width, 3]`."""

    fixed: np.ndarray
    before: np.ndarray
    after: np.ndarray


@dataclass(frozen=True, eq=False)
class Pairs:
    """Points to be drawn.

    Attributes:
        moving, fixed: `[n, d]` and `[m, d]`, each in its own frame.
        matches: `[k, 2]` which of the one belong to which of the other.
        left_out: `[k]` pairs that took no part in the fit; None where all did.
    """

    moving: np.ndarray
    fixed: np.ndarray
    matches: np.ndarray
    left_out: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Registration:
    """What brings the moving frame onto the fixed one.

    Attributes:
        transform: from moving to fixed.
        verdict: whether it can be used, and why.
        seconds: how long it took.
        method: how it was found.
        views: small pictures to look at; None for points, and once loaded.
        pairs: points to look at; None for pictures, and once loaded.
        match: which spots go with which, from `expression`; None otherwise, and once loaded.
    """

    transform: Transform
    verdict: Verdict
    seconds: float
    method: str
    views: Views | None = None
    pairs: Pairs | None = None
    match: SoftMatch | None = None

    def __str__(self) -> str:
        title = f"{self.transform}\n{self.method}, {duration(self.seconds)}: {self.verdict.level}"
        return paragraphs(title, self.verdict.reasons, self.verdict.lines())

    def __repr__(self) -> str:
        return str(self)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Before and after, one upon the other, and a checkerboard; also into a file where `path` is given.

        Raises DataError once saved and loaded, as what is drawn is not kept, ArtifactError when it cannot be written.
        """
        if self.views is None and self.pairs is None:
            raise DataError("a registration that was loaded has nothing to draw; plot it where it is made")
        from polymodal.align.space._registration_plot import figure  # matplotlib is slow to import

        drawn = figure(self)
        if path is not None:
            try:
                drawn.savefig(path, bbox_inches="tight", dpi=150)
            except (OSError, ValueError) as error:
                raise ArtifactError(f"cannot draw {path}: {error}") from error
        return drawn

    def to_dict(self) -> dict[str, Any]:
        """All but what is drawn, for JSON."""
        told = {"method": self.method, "seconds": self.seconds, "verdict": self.verdict.to_dict()}
        return documents.written("registration", {**told, "transform": self.transform.to_dict()})

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, as a whole or not at all; `Transform.load` reads the transform of it, too."""
        write_atomically(Path(path), self.to_json().encode())

    @classmethod
    def from_json(cls, text: str, where: str = "what was given") -> Registration:
        """From what `to_json` gave; raises ArtifactError for anything else, and for a version newer than this code."""
        found = documents.parsed(text, ("registration",), where)
        seconds, method, transform = found.get("seconds"), found.get("method"), found.get("transform")
        if not isinstance(seconds, (int, float)) or not isinstance(method, str) or not isinstance(transform, Mapping):
            raise ArtifactError(f"{where} is damaged: a registration has a transform, a verdict, seconds and a method")
        try:
            verdict = Verdict.from_dict(found.get("verdict"))
        except DataError as error:
            raise ArtifactError(f"{where}: {error}") from error
        return cls(Transform.from_dict(transform, where), verdict, float(seconds), method)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Registration:
        """From a file that `save` wrote; raises ArtifactError that says what is wrong with it."""
        return cls.from_json(documents.read(path), str(path))
