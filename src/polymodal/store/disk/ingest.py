"""From a source to rows on disk: in parallel, fragment by fragment, each there as a whole or not at all.

The order of rows follows from the seed alone, and each row on disk knows its place in the source. So after a kill the
last row says where to go on, and nothing is lost or there twice.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.errors import ArtifactError
from polymodal.store.disk import dataset as disk
from polymodal.store.disk.batch import Layout
from polymodal.store.disk.batches import Batches, Coming, Progress
from polymodal.store.disk.columns import CONTENT, ROW
from polymodal.store.disk.duplicates import Seen
from polymodal.store.disk.record import Record
from polymodal.store.disk.sources._rows import Rows


@dataclass
class Ingest:
    """One ingest, begun or gone on with.

    Attributes:
        uri, options: of the store.
        source: its rows.
        layout: what becomes of each.
        record: what the store will say of itself.
        order: `[N]` positions in the source, in the order on disk.
        rows_per_fragment: after which a fragment ends.
        progress: told how many rows are done, and of how many.
    """

    uri: str
    options: dict[str, str] | None
    source: Rows
    layout: Layout
    record: Record
    order: np.ndarray
    rows_per_fragment: int
    progress: Progress | None = None

    def run(self) -> Any:
        """The whole store, as a Lance dataset.

        Raises ArtifactError when there is another store already, or nothing can be written.
        """
        dataset = self._dataset()
        if Record.read(dataset.schema, self.uri).is_complete:
            return dataset
        done, seen = self._done(dataset)
        faults: list[BaseException] = []
        coming = Coming(self.source, self.layout, self.order, self.progress)
        with ThreadPoolExecutor(coming.threads) as pool:
            while done < len(self.order) and not faults:
                batches = Batches(coming, pool, done, self.rows_per_fragment, seen)
                dataset = disk.append(dataset, batches.made(faults), self.layout.arrow, self.uri, self.options)
                done = batches.done
        if faults:
            raise faults[0]
        return self._completed(dataset)

    def _dataset(self) -> Any:
        folder = disk.local(self.uri)
        if folder is not None and not disk.is_store(self.uri):
            return self._begun()
        try:
            dataset = disk.opened(self.uri, None, self.options)
        except ArtifactError:
            if folder is not None:
                raise
            return self._begun()
        there = Record.read(dataset.schema, self.uri)
        asked = self.record
        if (there.source, there.rows) != (asked.source, asked.rows):
            state = "made" if there.is_complete else "begun"
            raise ArtifactError(
                f"{self.uri} was {state} from another source, or the source has changed since; give another path, or "
                "delete the store to make it anew"
            )
        differing = sorted(one for one in asked.settings if asked.settings[one] != there.settings.get(one))
        if differing or there.schema != asked.schema:
            what = ", ".join(differing) or "types, targets or roles"
            raise ArtifactError(
                f"{self.uri} was begun with other {what}; ask for the same, give another path, or delete the store"
            )
        return dataset

    def _begun(self) -> Any:
        schema = self.layout.arrow.with_metadata(self.record.to_metadata())
        return disk.begin(self.uri, schema, self.options)

    def _done(self, dataset: Any) -> tuple[int, Seen | None]:
        """How many rows of the order have been looked at, and what they held."""
        n = dataset.count_rows()
        seen = None if self.layout.duplicates == "keep" else Seen(self.layout.near)
        if not n:
            return 0, seen
        if seen is not None:
            seen.remember(dataset.to_batches(columns=[ROW, CONTENT]), ROW, CONTENT)
        last = dataset.take([n - 1], columns=[ROW])[ROW][0].as_py()
        return int(np.flatnonzero(self.order == last)[0]) + 1, seen

    def _completed(self, dataset: Any) -> Any:
        with disk.writing(self.uri):
            dataset.update_schema_metadata(self.record.completed().to_metadata())
            # What a killed run wrote and never committed, and the steps on the way.
            dataset.cleanup_old_versions(older_than=datetime.timedelta(0), delete_unverified=True)
        return disk.opened(self.uri, None, self.options)


def settings_of(layout: Layout, shuffle: bool, seed: int) -> Mapping[str, Any]:
    """What must be the same for an ingest to go on, as JSON."""
    pictures = None if layout.pictures is None else layout.pictures.settings
    return {
        "shuffle": shuffle,
        "seed": seed if shuffle else 0,
        "duplicates": layout.duplicates,
        "near": layout.near,
        "pictures": pictures,
    }
