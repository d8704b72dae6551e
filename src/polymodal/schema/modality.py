"""What a column holds: settings only, and the five steps every kind of cell goes through."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from polymodal.errors import SchemaError
from polymodal.schema.cells import Cells, Unreadable
from polymodal.schema.settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from polymodal.schema.batch import Field


class Statistics(BaseModel):
    """What `measure` learnt from the training rows; saved as JSON with the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Modality(Settings):
    """Settings of one kind of cell, and its road from raw value to packed tensor.

    raw cells --read--> samples --prepare--> arrays --collate--> (values, mask)

    `measure` looks at training samples only; what it returns is handed to `prepare` and `collate`.
    """

    kind: ClassVar[str]
    is_group: ClassVar[bool] = False  # whether it is made of several columns, named by `columns`
    has_parts: ClassVar[bool] = False  # whether a sample is a row of values, any of which may be missing by itself
    reads_files: ClassVar[bool] = False  # whether a string is the path of a file
    is_numeric: ClassVar[bool] = False  # whether a plain column of numbers may be one; else it is not asked for those
    axes: ClassVar[int | None] = None  # most axes an array in a cell has, for a stack of them to be told from one
    columns: tuple[str, ...] = ()
    encoder: str
    pretrained: str | None = None
    many: bool = False  # whether a cell holds a list of such; what then reads it is `schema.many.Many`

    @property
    def item(self) -> Modality:
        """What each thing in a cell is: this, unless a cell holds several."""
        return self

    @property
    def label(self) -> str:
        """What it is called in reports."""
        return self.kind

    @property
    def settings(self) -> dict[str, Any]:
        """Its kind and settings as JSON, from which it can be made again."""
        return {"kind": self.kind, **self.model_dump(mode="json", exclude={"many"})}

    def around(self, item: Modality) -> Modality:
        """As many of another sort of item in a cell."""
        return item

    def items(self, raw: Any) -> list[Any]:
        """The raw items of a raw cell, None for gaps among them."""
        return [raw]

    @property
    def beside(self) -> str | None:
        """The column of another modality that it reads something else from; None where its columns are its own."""
        return None

    def sources(self, name: str) -> tuple[str, ...]:
        """The table columns it reads: `columns`, or the one column of its own name or of the one it is `beside`."""
        return self.columns or (self.beside or name,)

    @classmethod
    @abstractmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        """Why a column looks like this modality, or None when it does not."""

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        """The same modality with what had to be read off the table (such as the columns of a prefix) filled in.

        Raises SchemaError when the table cannot hold it.
        """
        if self.columns and not self.is_group:
            raise SchemaError(
                f"modality {name!r}: {self.kind} reads the one column of its own name; columns= is for kinds made of "
                "several, such as tabular and vector"
            )
        gone = [column for column in self.sources(name) if column not in frame.columns]
        if gone:
            listed = ", ".join(map(repr, gone[:10]))
            raise SchemaError(f"modality {name!r} needs columns that the table lacks: {listed}")
        return self

    @abstractmethod
    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Decode the cells of `frame`; its index labels the rows in faults, and columns it lacks are absent."""

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        """What a store keeps of a raw cell: a raw cell again, read to the same sample, that needs no other file.

        It is made of numbers, strings, bytes, dates, arrays, and lists and dicts of those. Unless a kind knows better,
        a file is kept as its bytes, and all else as it is. `find` gives the file of a path, or raises Unreadable.
        """
        if self.reads_files and isinstance(raw, (bytes, bytearray)) and not raw:
            raise Unreadable("the file is empty")
        if not self.reads_files or not isinstance(raw, (str, Path)):
            return raw
        path = find(str(raw))
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Unreadable(f"the file cannot be read: {error.strerror or error}", str(path)) from error
        if not data:
            raise Unreadable("the file is empty", str(path))
        return data

    def as_raw(self, sample: Any) -> Any:
        """A raw cell that is read to this sample, of kinds that have parts."""
        return sample

    @classmethod
    @abstractmethod
    def statistics_kind(cls) -> type[Statistics]:
        """What `measure` returns, so that it can be read back from JSON."""

    def statistics_of(self, record: Mapping[str, Any]) -> Statistics:
        """The statistics that were written down as `record`."""
        return self.statistics_kind().model_validate(record)

    @abstractmethod
    def measure(self, samples: Sequence[Any]) -> Statistics:
        """What must be known of the training samples (present ones only) before they can be collated."""

    @abstractmethod
    def prepare(self, sample: Any, statistics: Any) -> np.ndarray:
        """One sample as an array, the costly part of collating; done once and kept.

        Raises Unreadable when the sample does not fit the statistics (another width, other channels).
        """

    def attempt(self, sample: Any, statistics: Any) -> tuple[np.ndarray | None, list[Unreadable]]:
        """`prepare` of what fits, None where nothing does, and what does not fit."""
        try:
            return self.prepare(sample, statistics), []
        except Unreadable as fault:
            return None, [fault]

    def strangeness(self, sample: Any, statistics: Any) -> str | None:
        """Why nothing in a sample was met in training, so that an answer to it is a guess; else None."""
        return None

    @abstractmethod
    def collate(self, arrays: Sequence[np.ndarray], statistics: Any) -> tuple[Tensor, Tensor | None]:
        """Pack prepared arrays: values `[n, ...]`, and a mask of what is real in them where lengths or gaps differ."""

    def pack(self, arrays: Sequence[np.ndarray], statistics: Any, rows: np.ndarray) -> Field:
        """The collated field of a batch whose rows `[n]` (ascending) the arrays stand in."""
        import torch

        from polymodal.schema.batch import Field

        values, mask = self.collate(arrays, statistics)
        return Field(values, torch.from_numpy(rows), mask)

    @abstractmethod
    def html(self, sample: Any) -> str:
        """One sample as a small piece of HTML, everything escaped."""

    @classmethod
    @abstractmethod
    def example(cls, random: np.random.Generator) -> Any:
        """A random raw cell, for the laws and for users' own tests."""
