"""Vectors of a pretrained encoder kept in a store: written fragment by fragment, each beside the sum of its cell."""

from __future__ import annotations

import copy
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from polymodal.errors import ArtifactError
from polymodal.schema.items import flattened
from polymodal.schema.table import Table
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.columns import KEY, SUMS
from polymodal.store.disk.progress import progress_bar
from polymodal.store.embeddings import Embeds, digest_of

_KEY = KEY + b".embedded"
_GONE = -2  # Lance's number of a column in a file that another file has taken over
_ROWS = 256  # read, decoded and embedded at once
_ITEMS = 8  # in a cell that holds several, about
_NOT_A_LETTER = re.compile(r"\W+")


@dataclass(frozen=True)
class Embedded:
    """Two columns on disk: the vectors, and the sums of the cells that they were made from.

    Attributes:
        name: on disk.
        of: the modality.
        encoder: what the encoder was called.
        key: `key_of` the encoder and the modality.
        width: E, the length of a vector.
        many: whether a cell has one vector for each of its items that is there, and not one.
    """

    name: str
    of: str
    encoder: str
    key: str
    width: int
    many: bool = False

    @classmethod
    def called(cls, of: str, encoder: str, key: str, width: int, many: bool, taken: Sequence[str]) -> Embedded:
        """A new one, whose name on disk is not taken."""
        last = encoder.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        name = f"{_NOT_A_LETTER.sub('_', of)}_by_{_NOT_A_LETTER.sub('_', last).strip('_')}"
        return cls(name if name not in taken else f"{name}_{key[:8]}", of, encoder, key, width, many)

    @property
    def sums(self) -> str:
        """The name on disk of the second column."""
        return f"_of_{self.name}"

    @property
    def fields(self) -> pa.Schema:
        """Both columns as an Arrow schema."""
        told = {key: one for key, one in asdict(self).items() if key not in ("name", *([] if self.many else ["many"]))}
        metadata = {_KEY: json.dumps(told).encode()}
        # A list of lists has columns of its own within Lance, which bytes have not.
        vectors = pa.large_binary() if self.many else pa.list_(pa.float32(), self.width)
        return pa.schema([pa.field(self.name, vectors, metadata=metadata), pa.field(self.sums, pa.uint64())])

    def held(self, vectors: Sequence[np.ndarray | None]) -> pa.Array:
        """The first column of some rows; `[E]` each, or `[k, E]` for k items, None for none."""
        if self.many:
            return pa.array(
                [None if one is None else one.astype("<f4").tobytes() for one in vectors], pa.large_binary()
            )
        absent = [one is None for one in vectors]
        flat = np.zeros((len(vectors), self.width), dtype=np.float32)
        for row, one in enumerate(vectors):
            if one is not None:
                flat[row] = one
        return pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), self.width, mask=pa.array(absent, pa.bool_()))

    def vectors(self, read: pa.Table, sums: np.ndarray) -> np.ndarray:
        """`[n]` objects, `[E]` or `[k, E]`; None where there is none, or where `sums` tell of a cell changed since."""
        held = read[self.name].combine_chunks()
        stale = read[self.sums].fill_null(0).to_numpy() != sums
        known = held.is_valid().to_numpy(zero_copy_only=False) & ~stale
        found = np.empty(len(held), dtype=object)
        if self.many:
            for row in np.flatnonzero(known).tolist():
                found[row] = np.frombuffer(held[row].as_py(), dtype="<f4").reshape(-1, self.width)
            return found
        flat = held.values.slice(held.offset * self.width, len(held) * self.width).to_numpy(zero_copy_only=False)
        for row, vector in enumerate(flat.reshape(len(held), self.width)):
            if known[row]:
                found[row] = vector
        return found


def embedded_in(schema: pa.Schema, uri: str) -> list[Embedded]:
    """What a Lance dataset keeps. Raises ArtifactError for a field that cannot be understood."""
    found = []
    for field in schema:
        try:
            if _KEY in (field.metadata or {}):
                found.append(Embedded(field.name, **json.loads(field.metadata[_KEY])))
        except (json.JSONDecodeError, TypeError) as error:
            raise ArtifactError(f"{uri} is damaged: a column cannot be understood ({error!r})") from error
    return found


@dataclass(frozen=True)
class Embedding:
    """One encoder at work on one modality of a store.

    Attributes:
        uri, options: of the store.
        column: what is written.
        embedder: the encoder.
        reads: the columns on disk of the cells.
        is_summed: whether the sums of the cells stand in the store.
        table: from rows as they are read from disk to a Table of the one modality.
        sums: from those rows to the sums of their cells.
    """

    uri: str
    options: Mapping[str, str] | None
    column: Embedded
    embedder: Embeds
    reads: Sequence[str]
    is_summed: bool
    table: Callable[[pa.Table], Table]
    sums: Callable[[pa.Table], np.ndarray]

    def run(self, dataset: Any, progress: bool | Callable[[int, int], None]) -> Any:
        """The dataset with a vector for every cell that can be read; fragments that have theirs are left alone.

        Each fragment is there as soon as it is done, so that after a kill the same call goes on with the next.
        """
        total, done = dataset.count_rows(), 0
        with disk.writing(self.uri), progress_bar("rows", progress) as watch:
            if self.column.name not in dataset.schema.names:
                dataset.add_columns(self.column.fields)  # empty, which writes nothing
                dataset = disk.opened(self.uri, None, self.options)
            for number in [one.fragment_id for one in dataset.get_fragments()]:
                fragment = dataset.get_fragment(number)

                def tell(rows: int, before: int = done) -> None:
                    if watch is not None:
                        watch(before + rows, total)

                if not self._is_whole(dataset, fragment):
                    dataset = self._committed(dataset, self._written(dataset, fragment, tell), f"{done:,} of {total:,}")
                done += fragment.count_rows()
                tell(0, done)
        return dataset

    def _is_whole(self, dataset: Any, fragment: Any) -> bool:
        numbers = _numbers(dataset, self.column)
        if not any(set(numbers) & set(file.fields) for file in fragment.metadata.files):
            return False
        columns = [self.column.sums, SUMS] if self.is_summed else [self.column.sums, *self.reads]
        for batch in fragment.to_batches(columns=columns, batch_size=4096):
            read = pa.Table.from_batches([batch])
            noted = read[self.column.sums]
            if noted.null_count or (noted.to_numpy() != self.sums(read)).any():
                return False
        return True

    def _written(self, dataset: Any, fragment: Any, tell: Callable[[int], None]) -> Any:
        """The fragment with a file of vectors in place of one that it may have."""
        from lance.file import LanceFileWriter
        from lance.fragment import DataFile

        bare = pa.schema([one.remove_metadata() for one in self.column.fields])
        name = f"{uuid.uuid4().hex}.lance"
        options = None if self.options is None else dict(self.options)
        path = f"{self.uri.rstrip('/')}/data/{name}"
        rows = 0
        with LanceFileWriter(path, bare, version=dataset.data_storage_version, storage_options=options) as writer:
            for batch in self._batches(fragment, bare):
                writer.write_batch(batch)
                rows += len(batch)
                tell(rows)
        folder = disk.local(path)
        first, numbers = fragment.metadata.files[0], _numbers(dataset, self.column)
        file = DataFile(
            name,
            numbers,
            list(range(len(numbers))),
            first.file_major_version,
            first.file_minor_version,
            None if folder is None else folder.stat().st_size,
        )
        others = [_without(one, numbers) for one in fragment.metadata.files]
        return replace(fragment.metadata, files=[*(one for one in others if one is not None), file])

    def _batches(self, fragment: Any, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        # Rows that were deleted have their place in every file of a fragment.
        asked = {"with_row_id": True, "include_deleted_rows": True}
        for batch in fragment.to_batches(
            columns=list(self.reads),
            batch_size=_ROWS // (_ITEMS if self.column.many else 1),
            batch_readahead=1,
            **asked,
        ):
            read = pa.Table.from_batches([batch])
            cells = self.table(read).cells(self.column.of)
            vectors: list[np.ndarray | None] = [None] * len(read)
            rows = np.flatnonzero(cells.present).tolist()
            samples = [cells.samples[row] for row in rows]
            for row, vector in zip(rows, self._of_cells(samples) if rows else (), strict=True):
                vectors[row] = vector
            held = self.column.held(vectors)
            yield pa.record_batch([held, pa.array(self.sums(read), pa.uint64())], schema=schema)

    def _of_cells(self, samples: Sequence[Any]) -> Sequence[np.ndarray]:
        """A vector for each cell, or those of its items."""
        if not self.column.many:
            return list(self._embedded(samples))
        items = flattened(samples)
        ends = np.cumsum([sum(one is not None for one in sample) for sample in samples])
        return np.split(self._embedded(items), ends[:-1])

    def _embedded(self, samples: Sequence[Any]) -> np.ndarray:
        """Vectors `[n, E]`; samples that are equal go through the network once."""
        keys = [digest_of(sample) for sample in samples]
        first = {key: place for place, key in reversed(list(enumerate(keys)))}
        at = {key: place for place, key in enumerate(first)}
        vectors = np.asarray(self.embedder.embed([samples[place] for place in first.values()]), dtype=np.float32)
        return vectors[[at[key] for key in keys]]

    def _committed(self, dataset: Any, changed: Any, done: str) -> Any:
        package = disk.lance()
        if dataset.latest_version != dataset.version:
            raise ArtifactError(
                f"{self.uri} was changed by another process meanwhile; the same call goes on with what is left"
            )
        fragments = [changed if one.fragment_id == changed.id else one.metadata for one in dataset.get_fragments()]
        return package.LanceDataset.commit(
            dataset,
            package.LanceOperation.Merge(fragments, dataset.lance_schema),
            read_version=dataset.version,
            commit_message=f"{self.column.of} embedded by {self.column.encoder}, from row {done} on",
        )


def _without(file: Any, numbers: Sequence[int]) -> Any:
    """A file of a fragment that no longer counts for some columns; None where it has no others."""
    kept = copy.copy(file)
    kept.fields = [_GONE if one in numbers else one for one in file.fields]
    return kept if set(kept.fields) != {_GONE} else None


def _numbers(dataset: Any, column: Embedded) -> list[int]:
    """The numbers of both columns in the files of Lance."""
    known = {one.name(): one.id() for one in dataset.lance_schema.fields()}
    return [known[column.name], known[column.sums]]
