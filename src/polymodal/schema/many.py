"""Many: a list of pictures, notes or recordings in each cell, with gaps inside, read by the modality of one of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import SerializeAsAny, field_validator, model_validator

from polymodal.errors import CellError, SchemaError
from polymodal.schema.cells import Broken, Cells, State, Unreadable, is_absent
from polymodal.schema.items import flattened, objects
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

    from polymodal.schema.batch import Field

SEPARATORS = ("|", ";")  # between paths in one string; the first that is there counts
_EXAMPLES = 3


class ManyStatistics(Statistics):
    """What was measured on the items of all training cells, which are of `kind`."""

    kind: str
    of: SerializeAsAny[Statistics]

    @field_validator("of", mode="before")
    @classmethod
    def _is_read(cls, given: Any) -> Statistics:
        if not isinstance(given, Statistics):
            raise ValueError("statistics of items are read back by Many.statistics_of")
        return given


class Many(Modality):
    """Cells that each hold several of `of`: what `many=True` asks for, as in `pm.Image(many=True)`.

    A cell is a list, a tuple, a set or an array of objects; JSON text of a list; for kinds that read files, paths with
    `|` or else `;` between them; an array with one axis more than an item has, where the kind says how many that is.
    Anything else is one item. None and whatever else is absent in a list is no item, and a list without any is an
    absent cell. An item that cannot be read is a fault of its own; the cell is read from the others.

    A sample is the list of decoded items, None for what is not there. A prepared array is a vector of the arrays of its
    items, without gaps; items are packed one by one, each with its row.

    >>> from polymodal.modalities.text import Text
    >>> frame = pd.DataFrame({"notes": [["calm", None, "storm"], "rain", [None], 7.5]})
    >>> Many(of=Text()).read("notes", frame, None).samples
    [['calm', None, 'storm'], ['rain'], None, ['7.5']]
    """

    kind: ClassVar[str] = "many"
    of: SerializeAsAny[Modality]
    encoder: str = ""
    many: bool = True

    @model_validator(mode="before")
    @classmethod
    def _as_item(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        return {**given, "encoder": given["of"].encoder, "pretrained": given["of"].pretrained}

    @property
    def reads_files(self) -> bool:  # type: ignore[override]
        """Whether a string is the path of a file, or several paths."""
        return self.of.reads_files

    @property
    def item(self) -> Modality:
        return self.of

    @property
    def label(self) -> str:
        return f"{self.of.label}, many"

    @property
    def settings(self) -> dict[str, Any]:
        return {**self.of.settings, "many": True}

    def around(self, item: Modality) -> Modality:
        return Many(of=item)

    def items(self, raw: Any) -> list[Any]:
        if isinstance(raw, str):
            found = self._written(raw)
        elif isinstance(raw, (list, tuple)) or (isinstance(raw, np.ndarray) and self._is_stack(raw)):
            found = list(raw)
        elif isinstance(raw, (set, frozenset)):
            found = sorted(raw, key=repr)  # in the same order in every process
        else:
            found = [raw]
        return [None if is_absent(one) else one for one in found]

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        return None

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        super().resolve(name, frame)
        of = self.of.resolve(name, self._flat(name, [self.items(raw) for raw in frame[name].tolist()]))
        if of.columns:
            raise SchemaError(
                f"modality {name!r}: many=True is for kinds read from one column of lists; {of.kind} reads columns "
                "side by side. Leave many=True out."
            )
        return Many(of=of)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        each = [self.items(raw) for raw in raws]
        cells = self.of.read(name, self._flat(name, each), files)
        at = [(frame.index[row], item) for row, items in enumerate(each) for item in range(1, len(items) + 1)]
        faults = []
        for fault in cells.faults:
            label, item = at[int(str(fault.row))]
            faults.append(CellError(label, name, fault.reason, fault.path, item))
        notes = [(at[place][0], f"item {at[place][1]}: {note}") for place, note in cells.notes]
        samples: list[list[Any] | None] = []
        state = np.zeros(len(raws), dtype=np.int8)
        ends = np.cumsum([len(items) for items in each], dtype=np.int64).tolist()
        for row, (items, end) in enumerate(zip(each, ends, strict=True)):
            here = slice(end - len(items), end)
            state[row] = _state(cells.state[here])
            samples.append(list(cells.samples[here]) if state[row] == State.PRESENT else None)
        return Cells(samples, state, faults, notes)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        """A list of what is stored of each item; one whose file cannot be read is `Broken`."""

        def kept(one: Any) -> Any:
            if one is None or isinstance(one, Broken):
                return one
            try:
                return self.of.storable(one, find)
            except Unreadable as fault:
                return Broken(fault.reason, fault.path)

        return [kept(one) for one in self.items(raw)]

    @classmethod
    def statistics_kind(cls) -> type[ManyStatistics]:
        return ManyStatistics

    def statistics_of(self, record: Mapping[str, Any]) -> ManyStatistics:
        return ManyStatistics(kind=record["kind"], of=self.of.statistics_of(record["of"]))

    def measure(self, samples: Sequence[Sequence[Any]]) -> ManyStatistics:
        return ManyStatistics(kind=self.of.kind, of=self.of.measure(flattened(samples)))

    def prepare(self, sample: Sequence[Any], statistics: ManyStatistics) -> np.ndarray:
        array, faults = self.attempt(sample, statistics)
        if array is None:
            raise faults[0]
        return array

    def attempt(self, sample: Sequence[Any], statistics: ManyStatistics) -> tuple[np.ndarray | None, list[Unreadable]]:
        arrays, faults = [], []
        for place, one in enumerate(sample, start=1):
            if one is not None:
                array, unfit = self.of.attempt(one, statistics.of)
                arrays += [] if array is None else [array]
                faults += [Unreadable(fault.reason, fault.path, place) for fault in unfit]
        return objects(arrays) if arrays else None, faults

    def collate(self, arrays: Sequence[np.ndarray], statistics: ManyStatistics) -> tuple[Tensor, Tensor | None]:
        """The items of all cells one after the other, as the modality of one of them packs them."""
        return self.of.collate([one for items in arrays for one in items], statistics.of)

    def pack(self, arrays: Sequence[np.ndarray], statistics: ManyStatistics, rows: np.ndarray) -> Field:
        return self.of.pack(
            [one for items in arrays for one in items], statistics.of, np.repeat(rows, [len(one) for one in arrays])
        )

    def html(self, sample: Sequence[Any]) -> str:
        """The first item, and how many there are."""
        there = [one for one in sample if one is not None]
        shown = self.of.html(there[0])
        return shown if len(there) == 1 else f'{shown} <span class="count">1 of {len(there)}</span>'

    def example(self, random: np.random.Generator) -> list[Any]:  # type: ignore[override]
        """A random raw cell of up to three items, often with a gap among them."""
        found = [self.of.example(random) for _ in range(random.integers(1, _EXAMPLES + 1))]
        if random.random() < 0.5:
            found.insert(int(random.integers(len(found) + 1)), None)
        return found

    def _flat(self, name: str, each: Iterable[Sequence[Any]]) -> pd.DataFrame:
        """The items of all cells below each other."""
        return pd.DataFrame({name: objects([one for items in each for one in items])})

    def _written(self, raw: str) -> list[Any]:
        if raw.lstrip()[:1] == "[":
            try:
                found = json.loads(raw)
            except (ValueError, RecursionError):
                found = None
            if isinstance(found, list):
                return found
        mark = next((mark for mark in SEPARATORS if mark in raw), None) if self.of.reads_files else None
        return [raw] if mark is None else [piece.strip() or None for piece in raw.split(mark)]

    def _is_stack(self, raw: np.ndarray) -> bool:
        if raw.dtype.kind in "OUS":
            return raw.ndim > 0
        return self.of.axes is not None and raw.ndim > self.of.axes


def per_cell(modality: Modality) -> Modality:
    """What reads a whole cell: the modality, or with `many=True` as many of it as there are.

    >>> from polymodal.modalities.image import Image
    >>> per_cell(Image(many=True)) == Many(of=Image())
    True
    """
    if modality.many and not isinstance(modality, Many):
        return Many(of=modality.model_copy(update={"many": False}))
    return modality


def _state(items: np.ndarray) -> State:
    """Of a cell, from the states of its items: present as long as one is."""
    if (items == State.PRESENT).any():
        return State.PRESENT
    return State.UNREADABLE if (items == State.UNREADABLE).any() else State.ABSENT
