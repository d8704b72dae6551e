"""Transform: what takes coordinates, pictures and masks from one frame to another."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from polymodal.align.space import _documents as documents
from polymodal.align.space import _pictures as pictures
from polymodal.align.space._points import checked, listed
from polymodal.align.space.frames import Frame, need_agreement
from polymodal.errors import ArtifactError, DataError, SettingError
from polymodal.registry import TRANSFORMS
from polymodal.schema.writing import write_atomically


class Transform(ABC):
    """Takes points, pictures and masks from the frame `source` to the frame `target`.

    A kind of transform is one file in `transforms/`; it says where points go and where they come from, and which of
    them have no counterpart. Transforms are never changed; equal ones compare equal.
    """

    kind: ClassVar[str]
    source: Frame
    target: Frame

    def points(self, points: Any) -> np.ndarray:
        """`[n, d]` coordinates in the target of points `[n, d]` of the source: an array, a list, a table of x, y(, z).

        Raises DataError for points of another shape, absent ones, and those without a counterpart in the target.
        """
        given = checked(points, self.source.dimensions)
        with np.errstate(over="ignore", invalid="ignore"):  # of coordinates near the largest number there is
            moved, found = self.forward(given)
        found = found & np.isfinite(moved).all(axis=1)
        if not found.all():
            raise DataError(f"{(~found).sum():,} of {len(found):,} points {self.lost} (rows "
                            f"{listed(np.flatnonzero(~found))})")  # fmt: skip
        return moved

    def inverse(self) -> Transform:
        """The way back; raises DataError where there is none."""
        back: Transform = TRANSFORMS.get("inverse")(self)
        return back

    def then(self, other: Transform) -> Transform:
        """This one and the other after it; raises DataError where the frames do not agree."""
        need_agreement(self.target, other.source)
        parts = [*self._parts(), *other._parts()]
        joined = parts[:1]
        for part in parts[1:]:
            one = part.merged(joined[-1])
            joined[-1:] = [joined[-1], part] if one is None else [one]
        whole: Transform = joined[0] if len(joined) == 1 else TRANSFORMS.get("chain")(tuple(joined))
        return whole

    def __matmul__(self, other: Transform) -> Transform:
        """As matrices are multiplied: `b @ a` is `a.then(b)`."""
        return other.then(self)

    def jacobian(self, points: Any) -> np.ndarray:
        """`[n, d, d]`: how far each target coordinate (rows) moves with each source coordinate (columns)."""
        return self.slope(checked(points, self.source.dimensions))

    def folding(self) -> float:
        """Share of the places looked at where the map folds over itself: its Jacobian determinant is not above 0."""
        return 0.0

    def picture(self, image: Any, size: Sequence[int] | None = None, fill: float = 0) -> np.ndarray:
        """The picture `[height, width(, channels)]` of the source as the target sees it, by linear interpolation.

        `size` is (width, height) of the answer, by default that of the target; 3-D frames have volumes
        `[depth, height, width(, channels)]`. What lies outside gets `fill`. The type stays; a picture with many more
        pixels than the target is averaged, not sampled. Worked through in strips, so that memory stays that of the
        two pictures. Raises DataError for frames that are not of pixels, and pictures that do not fit the source.
        """
        return pictures.moved(self, image, size, fill)

    def mask(self, mask: Any, size: Sequence[int] | None = None, fill: int = 0) -> np.ndarray:
        """The same for labels, each pixel that of the nearest: labels stay labels."""
        return pictures.moved_labels(self, mask, size, fill)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, numbers and strings, from which `from_dict` makes it again, bit for bit."""
        frames = {"source": self.source.to_dict(), "target": self.target.to_dict()}
        return documents.written("transform", {"kind": self.kind, **frames, **self.fields()})

    def to_json(self) -> str:
        """The same as text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it as JSON, as a whole or not at all. Raises ArtifactError when it cannot be written."""
        write_atomically(Path(path), self.to_json().encode())

    @staticmethod
    def from_dict(given: Any, where: str = "what was given") -> Transform:
        """From what `to_dict` gave; raises ArtifactError for an unknown kind and for fields that are damaged."""
        kind = given.get("kind") if isinstance(given, Mapping) else None
        if not isinstance(kind, str):
            raise ArtifactError(f"{where} does not say which kind of transform it is")
        try:
            part = TRANSFORMS.get(kind)
            frames = [Frame.from_dict(given.get(name)) for name in ("source", "target")]
            made: Transform = part.made_from(given, *frames)
        except KeyError as error:
            raise ArtifactError(f"{where}: a transform of kind {kind!r} without {error}") from error
        except (DataError, SettingError) as error:
            raise ArtifactError(f"{where}: {error}") from error
        return made

    @staticmethod
    def from_json(text: str, where: str = "what was given") -> Transform:
        """From what `to_json` gave, or a registration's; raises ArtifactError for anything else, and newer versions."""
        found = documents.parsed(text, ("transform", "registration"), where)
        try:
            return Transform.from_dict(found["transform"] if found.get("transform") else found, where)
        except RecursionError as error:
            raise ArtifactError(f"{where} is damaged: nested too deeply") from error

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Transform:
        """From a file that `save` wrote; raises ArtifactError that says what is wrong with it."""
        return Transform.from_json(documents.read(path), str(path))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transform) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((self.kind, self.source, self.target))

    def __repr__(self) -> str:
        return f"{type(self).__name__} from {self.source.name!r} to {self.target.name!r}"

    # What a kind says of itself; points that come in are float64 [n, d], finite.

    @property
    def lost(self) -> str:
        """Why points may have no counterpart, in words."""
        return "have no counterpart: the map folds there"

    @abstractmethod
    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the source in the target, and which of them have a place there `[n]`."""

    @abstractmethod
    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points of the target in the source, and which of them have a place there `[n]`."""

    @abstractmethod
    def slope(self, points: np.ndarray) -> np.ndarray:
        """`[n, d, d]` Jacobian at points of the source."""

    @abstractmethod
    def fields(self) -> dict[str, Any]:
        """What makes it, beside the frames, for JSON."""

    @classmethod
    @abstractmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> Transform:
        """From what `fields` gave; raises DataError, SettingError or KeyError for what is damaged."""

    def merged(self, before: Transform) -> Transform | None:
        """Another and this after it as one of a kind; None where there is no such thing."""
        return None

    def _parts(self) -> tuple[Transform, ...]:
        return (self,)
