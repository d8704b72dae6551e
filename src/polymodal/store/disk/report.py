"""StoreReport: what is in a store, as text or JSON, told from what lies beside its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.schema.cells import State
from polymodal.schema.inference import LEFT_OUT
from polymodal.schema.lines import aligned, shortened
from polymodal.schema.schema import Schema
from polymodal.store.disk.columns import SAME, STATES, Column
from polymodal.store.disk.embedded import Embedded

if TYPE_CHECKING:
    from polymodal.store.disk.store import Store

_UNITS = ("B", "KB", "MB", "GB", "TB")


@dataclass(frozen=True)
class StoreReport:
    """What `Store.report` found.

    Attributes:
        uri, version, rows, is_complete: of the store.
        types: the kind of each modality.
        targets: the kind of each target.
        presence: for each modality the cells `present`, `absent` and `unreadable`.
        patterns: each presence pattern with its number of rows, the most common first.
        embedded: for each pretrained encoder of a modality (`of`, `encoder`) its `width` and the `rows` it has seen.
        sizes: bytes on disk of each column, and of what the store notes for itself under "".
        left_out: columns of the source that are no part of what is learnt from, and why.
        duplicates: rows linked to an earlier one.
        quarantine: each cell that could not be read, with row, column, path and reason.
        versions: number, time, rows and change of each state.
    """

    uri: str
    version: int
    rows: int
    is_complete: bool
    types: dict[str, str]
    targets: dict[str, str]
    presence: dict[str, dict[str, int]]
    patterns: list[tuple[tuple[str, ...], int]]
    embedded: list[dict[str, Any]]
    sizes: dict[str, int]
    left_out: dict[str, str]
    duplicates: int
    quarantine: list[dict[str, Any]]
    versions: list[dict[str, Any]]

    @classmethod
    def of(cls, store: Store) -> StoreReport:
        """Look over what is noted of each row; no cell is decoded."""
        schema, dataset = store.schema, store._dataset
        presence = {name: dict.fromkeys(("present", "absent", "unreadable"), 0) for name in schema.names}
        patterns: Counter[tuple[str, ...]] = Counter()
        distinct, counts = np.unique(store.states(), axis=0, return_counts=True)
        for states, count in zip(distinct.tolist(), counts.tolist(), strict=True):
            for name, state in zip(schema.names, states, strict=True):
                presence[name][State(state).name.lower()] += count
            here = zip(schema.names, states, strict=True)
            patterns[tuple(name for name, state in here if state == State.PRESENT)] += count
        found = store.quarantine()
        linked = dataset.count_rows(f"{SAME} IS NOT NULL") if SAME in dataset.schema.names else 0
        return cls(
            uri=store.uri,
            version=store.version,
            rows=len(store),
            is_complete=store.is_complete,
            types={name: one.label for name, one in schema.modalities.items()},
            targets={name: one.kind for name, one in schema.targets.items()},
            presence=presence,
            patterns=patterns.most_common(),
            embedded=[
                {"of": one.of, "encoder": one.encoder, "width": one.width,
                 "rows": dataset.count_rows(f"`{one.sums}` IS NOT NULL")}
                for one in store.vectors.kept
            ],
            sizes=_sizes(dataset, store._columns, store.vectors.kept),
            left_out={
                name: why.removeprefix(LEFT_OUT)
                for name, why in schema.reasons.items()
                if why.startswith(LEFT_OUT) and not schema.readers(name)
            },
            duplicates=linked,
            quarantine=[dict(zip(found.columns, line, strict=True)) for line in found.itertuples(index=False)],
            versions=[
                {"version": one.number, "time": one.time.isoformat(timespec="seconds"), "rows": one.rows,
                 "change": one.change}
                for one in store.versions()
            ],
        )  # fmt: skip

    @property
    def worst_unreadable(self) -> float:
        """The largest share, over modalities, of filled cells that cannot be read."""
        filled = ((one["unreadable"], one["unreadable"] + one["present"]) for one in self.presence.values())
        return max((bad / count for bad, count in filled if count), default=0.0)

    @staticmethod
    def states_of(dataset: Any, schema: Schema, first: Mapping[str, Any], columns: Sequence[Column]) -> np.ndarray:
        """`[N, M]` int8 of State; columns that came later are there where they are not null."""
        names = sorted(first["modalities"])
        added = {one.columns[0]: one.name for one in columns if one.modality is not None}
        parts = [np.zeros((0, len(schema.names)), dtype=np.int8)]
        conditions = {f"there {place}": f"`{name}` IS NOT NULL" for place, name in enumerate(added.values())}
        for batch in dataset.to_batches(columns={STATES: STATES, **conditions}):
            digits = np.array(batch[STATES].to_pylist(), dtype=f"S{max(1, len(names))}")
            noted = digits.view(np.uint8).reshape(len(batch), -1) - ord("0")
            states = np.zeros((len(batch), len(schema.names)), dtype=np.int8)
            for place, name in enumerate(schema.names):
                if name in added:
                    key = f"there {list(added).index(name)}"
                    states[:, place] = batch[key].to_numpy(zero_copy_only=False)
                else:
                    states[:, place] = noted[:, names.index(name)]
            parts.append(states)
        return np.concatenate(parts)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain lists, dicts, strings and numbers, ready for JSON."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain["patterns"] = [{"present": list(names), "rows": count} for names, count in self.patterns]
        return plain

    def __str__(self) -> str:
        state = "" if self.is_complete else " so far: making it was cut off"
        title = f"{self.uri}: {self.rows:,} rows{state}, {size(sum(self.sizes.values()))}, version {self.version}"
        lines: list[tuple[str, ...]] = [("", "kind", "present", "absent", "unreadable")]
        for name, counts in self.presence.items():
            lines.append((name, self.types[name], *(f"{counts[one]:,}" for one in ("present", "absent", "unreadable"))))
        sections = [title + "\n" + aligned(lines)]
        if self.targets:
            sections.append("Targets\n" + aligned(list(self.targets.items())))
        shown = [(f"{count:,}", " + ".join(names) or "nothing") for names, count in self.patterns]
        sections.append(f"Presence patterns ({len(self.patterns)})\n" + aligned(shortened(shown)))
        if self.embedded:
            kept = [
                (one["of"], one["encoder"], f"{one['width']} numbers", f"{one['rows']:,} of {self.rows:,} rows")
                for one in self.embedded
            ]
            sections.append("Embedded\n" + aligned(kept))
        largest = sorted(self.sizes.items(), key=lambda one: -one[1])
        sections.append("On disk\n" + aligned(shortened([(name or "(notes)", size(n)) for name, n in largest])))
        if self.left_out:
            named = list(self.left_out.items())
            sections.append(f"Columns left out ({len(named)})\n" + aligned(shortened(named)))
        if self.duplicates:
            sections.append(f"{self.duplicates:,} rows are linked to an earlier one that is the same (_same_as)")
        if self.quarantine:
            told = [
                (f"row {one['row']}", one["column"], *([one["path"]] if one["path"] else []), one["reason"])
                for one in self.quarantine
            ]
            sections.append(f"Unreadable ({len(told)})\n" + "\n".join("  " + ", ".join(one) for one in shortened(told)))
        history = [(str(one["version"]), one["time"], f"{one['rows']:,} rows", one["change"]) for one in self.versions]
        sections.append("Versions\n" + aligned(shortened(history)))
        return "\n\n".join(sections)


def size(n_bytes: int) -> str:
    """In words.

    >>> size(512), size(3_400_000)
    ('512 B', '3.4 MB')
    """
    value, unit = float(n_bytes), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}"


def _sizes(dataset: Any, columns: Sequence[Column], embedded: Sequence[Embedded]) -> dict[str, int]:
    fields = {one.id: one.bytes_on_disk for one in dataset.stats.data_stats().fields}
    known = {one.name: one.columns[0] if len(one.columns) == 1 else one.name for one in columns}
    known |= {name: one.name for one in embedded for name in (one.name, one.sums)}
    sizes = dict.fromkeys([*known.values(), ""], 0)
    for field in dataset.lance_schema.fields():
        sizes[known.get(field.name(), "")] += sum(fields.get(one, 0) for one in _ids(field))
    return sizes


def _ids(field: Any) -> list[int]:
    return [field.id(), *(one for child in field.children() for one in _ids(child))]
