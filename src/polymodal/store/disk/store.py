"""Store: a table on disk, in columns, with versions; made once from any source, read in part or as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from polymodal.errors import ArtifactError
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.added import add_column, in_order
from polymodal.store.disk.appended import append
from polymodal.store.disk.creation import create
from polymodal.store.disk.reading import Reading
from polymodal.store.disk.record import Record, columns_of
from polymodal.store.disk.report import StoreReport
from polymodal.store.disk.vectors import Vectors, embed
from polymodal.store.disk.versions import Version, versions_of


class Store:
    """Rows on disk; made by `Store.create`, read by `Store.open`.

    Files are inside, so it can be moved and shared as one folder; numbers, dates and text are columns of their own, and
    a condition on them (`where=`) reads no more than it needs. What could not be read as the rows came in stays
    unreadable, with its reason, in `quarantine()`.

    >>> import polymodal as pm, tempfile
    >>> rows = {"age": [71, 30, None], "died": ["no", "yes", None]}
    >>> store = pm.Store.create(tempfile.mkdtemp() + "/ages.lance", rows, target="died")
    >>> store
    Store(3 rows; tabular (tabular); target died (category))
    >>> sorted(store.table(where="age > 50").frame["died"])
    ['no']
    """

    def __init__(self, dataset: Any, uri: str, options: Mapping[str, str] | None = None) -> None:
        self.uri, self._dataset, self._options = uri, dataset, options
        self._record = Record.read(dataset.schema, uri)
        self._columns = columns_of(dataset.schema, uri)
        self.reading = Reading(dataset, uri, self._record, self._columns)

    @classmethod
    def create(
        cls,
        uri: str | os.PathLike[str],
        source: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        target: Any = None,
        id: str | None = None,
        group: str | None = None,
        time: str | None = None,
        weight: str | None = None,
        types: Mapping[str, Any] | None = None,
        ignore: str | Iterable[str] = (),
        schema: Schema | None = None,
        shuffle: bool = True,
        seed: int = 0,
        duplicates: Literal["keep", "drop", "link"] = "keep",
        near: int = 0,
        pictures: Mapping[str, Any] | None = None,
        rows_per_fragment: int = 250_000,
        storage_options: Mapping[str, str] | None = None,
        progress: bool | Callable[[int, int], None] = False,
    ) -> Store:
        """A new store; called again after it was cut off, even by a kill, it goes on from the rows that are there.

        Args:
            uri: a folder that is not there yet, or an address such as `s3://bucket/name.lance`.
            source: a Table, anything that `Table.read` takes, WebDataset archives (`.tar`, `.tar.gz`; one or a list), a
                data set of the `datasets` library, an AnnData or MuData object.
            files, target, id, group, time, weight, types, ignore: as in `Table.read`; not with a Table, which says so
                already.
            schema: of another table or store, instead of those.
            shuffle: put the rows in a random order once, so that reading them in blocks later is reading them shuffled.
            seed: of that order.
            duplicates: rows whose modalities and targets are the same to the last bit: "keep" them, "drop" all but the
                first, or "link" them: the column `_same_as` then has the `_row` of the first.
            near: bits, up to 7 of 64, by which perceptual hashes of two pictures may differ for rows to be the same.
            pictures: make them smaller: `{"longest_side": 512, "quality": 90}`; JPEG, or PNG where quality is None. Or
                `{"pyramid": True}`: keep large ones with halves of halves of them, of which the smallest that is large
                enough for the `size` of the modality is decoded.
            rows_per_fragment: how many rows are written and committed at once; a kill loses no more than these.
            storage_options: access to an object store.
            progress: show a bar on a terminal, or something to call with the rows done and their number.

        Raises SettingError, SchemaError (all faults at once), DataError for a source that cannot be read, and
        ArtifactError when there is another store, the source has changed since it was begun, or nothing can be written.
        """
        place = disk.settled(uri)
        declared = {
            "target": target,
            "id": id,
            "group": group,
            "time": time,
            "weight": weight,
            "types": types,
            "ignore": ignore,
        }
        dataset = create(
            place,
            source,
            declared={name: one for name, one in declared.items() if one is not None and one != ()},
            files=files,
            schema=schema,
            shuffle=shuffle,
            seed=seed,
            duplicates=duplicates,
            near=near,
            pictures=pictures,
            rows_per_fragment=rows_per_fragment,
            options=storage_options,
            progress=progress,
        )
        return cls(dataset, place, storage_options)

    @classmethod
    def open(
        cls,
        uri: str | os.PathLike[str],
        version: int | None = None,
        storage_options: Mapping[str, str] | None = None,
    ) -> Store:
        """The store at a place, as it is or as it was.

        Raises ArtifactError when there is none, when it is damaged or of a newer version of this library.
        """
        place = disk.settled(uri)
        return cls(disk.opened(place, version, storage_options), place, storage_options)

    def __len__(self) -> int:
        return int(self._dataset.count_rows())

    def __repr__(self) -> str:
        inputs = [f"{name} ({one.label})" for name, one in self.schema.modalities.items()]
        targets = [f"{name} ({one.kind})" for name, one in self.schema.targets.items()]
        more = [f"... {len(inputs) - 8} more"] if len(inputs) > 8 else []
        learnt = f"; target {', '.join(targets)}" if targets else ""
        cut = "" if self.is_complete else f"; incomplete, made from {self._record.rows:,} rows"
        return f"Store({len(self):,} row{'s' * (len(self) != 1)}; {', '.join(inputs[:8] + more)}{learnt}{cut})"

    @property
    def version(self) -> int:
        """The number of the state that was opened."""
        return int(self._dataset.version)

    @property
    def is_complete(self) -> bool:
        """Whether all rows of the source have come in."""
        return self._record.is_complete

    @property
    def schema(self) -> Schema:
        """What each column is."""
        return self.reading.schema

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a table of it, among which `columns=` chooses; in `where=` a dot in a name is `_`."""
        return tuple(column for one in self._columns for column in one.columns)

    def table(
        self, where: str | None = None, columns: str | Sequence[str] | None = None, *, embedded: bool = False
    ) -> Table:
        """The rows in memory, cells undecoded; rows are called as in the source.

        Args:
            where: a condition in SQL on numbers, dates and text: `"age > 50 AND ward IN ('A', 'B')"`, `"note IS NOT
                NULL"`; names with blanks and signs stand in backticks.
            columns: modalities and columns to read, with targets and roles; all when left out.
            embedded: with the vectors that `embed` kept of those modalities, as `fit` and `predict` read them.

        Raises SettingError for a condition or a column that cannot be, SchemaError when no row meets it, and
        ArtifactError for a store whose making was cut off.
        """
        if not self.is_complete:
            raise ArtifactError(
                f"{self.uri} has {len(self):,} of {self._record.rows:,} rows: making it was cut off. Call Store.create "
                "again with the same source to go on"
            )
        return self.reading.all(where, columns, embedded=embedded)

    def take(
        self, rows: Sequence[int] | np.ndarray, columns: str | Sequence[str] | None = None, *, embedded: bool = False
    ) -> Table:
        """Some rows, by their place in the store, in the order asked for; `columns` and `embedded` as in `table`.

        Raises SettingError for a place that is not there.
        """
        return self.reading.some(rows, columns, embedded=embedded)

    def versions(self) -> list[Version]:
        """The states of the store, the first one first; each can be opened."""
        return versions_of(self._dataset)

    def append(
        self,
        source: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        progress: bool | Callable[[int, int], None] = False,
    ) -> Store:
        """The store with the rows of another source after its own, all of them or none; the state before stays.

        Args:
            source: anything that `create` takes, of the same columns and kinds; it is read as the store was, with its
                order shuffled, its pictures made smaller and its duplicates treated as those of the store.
            files, progress: as in `create`.

        What cannot be read goes to `quarantine()`. Where each id names one row, ids that are in the store are refused,
        but for duplicates where the store drops or links those. Columns that were added later, and vectors, are empty
        in the new rows; `embed` fills in the latter. Killed, it leaves the store as it was; the same call begins anew.

        Raises SchemaError that lists every difference, or for rows that are there already; else what `create` raises.
        """
        self._refuse_changes()
        options = None if self._options is None else dict(self._options)
        return Store(append(self.reading, source, files, options, progress), self.uri, self._options)

    def add_column(
        self,
        name: str,
        values: Any,
        *,
        reads: Sequence[str] | None = None,
        type: Any = None,
        progress: bool | Callable[[int, int], None] = False,
    ) -> Store:
        """The store with one more column, which alone is written; the state before stays a version.

        Args:
            name: of the column.
            values: one value, or one array of a length all share, for each row in the order of `table()`, None for
                none; a Series, whose values go to the rows that are called as its index says; or a function from a
                Table of some rows to their values.
            reads: modalities and columns that the function is given; all when left out.
            type: a modality to read the column by, as in `types=` of `Table.read`; without it the column is only data.
            progress: as in `create`.

        Killed, it leaves the store as it was. Raises SettingError, SchemaError, ArtifactError.
        """
        self._refuse_changes()
        chosen = None if reads is None else self.reading.chosen(reads)[0]
        if isinstance(values, (pd.Series, pd.DataFrame)):
            values = in_order(values, self.table(columns=[]).frame.index, f"column {name!r}")
        dataset = add_column(
            self._dataset, self.uri, name, values, self._columns, chosen or self._columns, self.schema, type, progress
        )
        return Store(dataset, self.uri, self._options)

    def embed(
        self,
        encoders: Mapping[str, str | os.PathLike[str]],
        *,
        progress: bool | Callable[[int, int], None] = False,
    ) -> Store:
        """The store with the vectors of pretrained encoders, which `fit` and `predict` then find instead of embedding.

        Args:
            encoders: by modality, the hub name or folder of a pretrained model, as in `Model(encoders=...)`.
            progress: as in `create`.

        Only vectors are written, once for each fragment of rows; after a kill the same call goes on with the next one.
        A vector goes with its encoder's weights and settings, with how cells are read, and with the sum of its cell: if
        any of them differs it is not used, and the same call makes it anew.

        Raises SettingError for a modality or an encoder that cannot be, and what loading one raises; ArtifactError.
        """
        self._refuse_changes()
        return Store(embed(self, encoders, progress), self.uri, self._options)

    def _refuse_changes(self) -> None:
        """Raises ArtifactError where nothing can be added."""
        if not self.is_complete:
            raise ArtifactError(f"{self.uri} is incomplete; call Store.create again with the same source first")
        if disk.opened(self.uri, None, self._options).version != self.version:
            raise ArtifactError(
                f"version {self.version} of {self.uri} is not the last one; open the last one to add to it"
            )

    def quarantine(self) -> pd.DataFrame:
        """One line for each cell that could not be read: its row, column and path, and the reason."""
        return self.reading.quarantine()

    def report(self) -> StoreReport:
        """Rows, patterns, sizes, versions and what could not be read; decodes nothing."""
        return StoreReport.of(self)

    @property
    def vectors(self) -> Vectors:
        """What `embed` kept."""
        return self.reading.vectors

    def states(self) -> np.ndarray:
        """`[N, M]` int8, whether each cell is absent (0), present (1) or unreadable (2), without looking at any."""
        return StoreReport.states_of(self._dataset, self.schema, self._record.schema, self._columns)
