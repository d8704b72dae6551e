"""The vectors that a store keeps, and the sums by which they are known to be those of its cells."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from polymodal.errors import SettingError, near_miss
from polymodal.registry import EMBEDDERS
from polymodal.schema.schema import Schema
from polymodal.store.disk.columns import SUMS, Column
from polymodal.store.disk.embedded import Embedded, Embedding, embedded_in
from polymodal.store.disk.sums import Sums, sums_of
from polymodal.store.embeddings import Embeds, key_of

if TYPE_CHECKING:
    from polymodal.store.disk.store import Store


@dataclass(frozen=True)
class Vectors:
    """What is kept, and how to tell that it still holds.

    Attributes:
        first: the schema of the store as it was made.
        columns: on disk, those of cells.
        sums: of those columns.
        kept: one for each encoder of a modality.
        is_summed: whether the sums stand in the store.
    """

    first: Schema
    columns: Sequence[Column]
    sums: Sums
    kept: Sequence[Embedded]
    is_summed: bool

    def by(self, embedders: Mapping[str, Embeds], schema: Schema) -> list[Embedded]:
        """What is kept of these encoders, which read the cells of `schema`."""
        keys = {(name, key_of(one, schema.modalities[name])) for name, one in embedders.items()}
        return [one for one in self.kept if (one.of, one.key) in keys]

    def reads(self, kept: Sequence[Embedded]) -> list[str]:
        """The columns on disk that `of_rows` needs."""
        names = {one.of for one in kept}
        noted = [SUMS] if self.is_summed else [name for group in self.sums.groups for name in group]
        added = [one.name for one in self.columns if one.modality is not None and names & set(one.columns)]
        return list(dict.fromkeys([*noted, *added, *(name for one in kept for name in (one.name, one.sums))]))

    def of_rows(self, kept: Sequence[Embedded], read: pa.Table) -> dict[tuple[str, str], np.ndarray]:
        """By modality and key the vectors of rows that were read, None where there is none of that cell."""
        return {(one.of, one.key): one.vectors(read, self.sums_of(one.of, read)) for one in kept}

    def sums_of(self, name: str, read: pa.Table) -> np.ndarray:
        """`[n]` uint64, those of the cells of one modality; as noted, where their columns were not read."""
        if name not in self.first.modalities:  # added later, with no sum beside it
            return sums_of(read[next(one.name for one in self.columns if one.columns == (name,))])
        place = self.first.names.index(name)
        is_read = set(self.sums.groups[place]) <= set(read.schema.names)
        found = self.sums.summed(read)[place] if is_read else None
        return self.sums.noted(read)[:, place] if found is None else found


def embed(
    store: Store,
    encoders: Mapping[str, str | os.PathLike[str]],
    progress: bool | Callable[[int, int], None],
) -> Any:
    """The dataset of a store with the vectors of those encoders; see `Store.embed`."""
    if not isinstance(encoders, Mapping):
        raise SettingError(f"embed takes a dict of modality to encoder, such as {{'note': 'name'}}; {encoders!r} came")
    dataset = store._dataset
    for name, encoder in encoders.items():
        modality = store.schema.modalities.get(name)
        if modality is None:
            raise SettingError(f"no modality {name!r}. {near_miss(name, store.schema.names)}")
        if modality.item.kind not in EMBEDDERS.names():
            raise SettingError(
                f"encoder {encoder!r} of {name!r}: vectors are kept for cells of {', '.join(EMBEDDERS.names())}; "
                f"{name!r} is {modality.label}"
            )
        embedder = EMBEDDERS.get(modality.item.kind).load(os.fspath(encoder))
        dataset = _embedding(store, dataset, name, embedder, os.fspath(encoder)).run(dataset, progress)
    return dataset


def _embedding(store: Store, dataset: Any, name: str, embedder: Any, encoder: str) -> Embedding:
    modality = store.schema.modalities[name]
    modality = modality.around(embedder.suited(modality.item))
    schema = Schema(modalities={name: modality})
    key = key_of(embedder, modality)
    known = {(one.of, one.key): one for one in embedded_in(dataset.schema, store.uri)}
    column = known.get((name, key)) or Embedded.called(
        name, encoder, key, embedder.width, modality.many, dataset.schema.names
    )
    cells = [one for one in store._columns if set(modality.sources(name)) & set(one.columns)]
    return Embedding(
        uri=store.uri,
        options=store._options,
        column=column,
        embedder=embedder,
        reads=store.reading.reads(cells),
        is_summed=store.vectors.is_summed and name in store.vectors.first.modalities,
        table=lambda read: store.reading.table(read, cells, schema),
        sums=partial(store.vectors.sums_of, name),
    )
