"""Of damaged cells, how many are told as they come in, and how many once a store holds them?"""

from __future__ import annotations

import shutil
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import lance
import numpy as np
import pandas as pd
import pyarrow as pa

import polymodal as pm
from benchmarks.loading.damage import WAYS, damaged, flipped_bytes, forms
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish
from polymodal.errors import PolymodalError
from polymodal.schema.cells import Cells, State
from polymodal.store.disk.cell import to_bytes
from polymodal.store.disk.columns import KEY

ROWS, DISTINCT, SHARE, FLIPS, SEED = (100, 20, 0.05, 20, 0) if QUICK else (2_000, 200, 0.05, 300, 0)


def column(cells: list[Any]) -> pd.DataFrame:
    held = np.empty(len(cells), dtype=object)
    for row, raw in enumerate(cells):
        held[row] = raw
    return pd.DataFrame({"cell": held})


def same(one: Any, other: Any) -> bool:
    try:
        np.testing.assert_equal(one, other)
    except AssertionError:
        return False
    return True


def crashed(name: str, error: BaseException, hit: np.ndarray) -> Counter[str]:
    """Any error is one that should not have come."""
    if isinstance(error, KeyboardInterrupt):
        raise error
    print(f"{name}: {error!r}"[:300])
    return Counter(crashes=int(hit.sum()))


def told(name: str, before: Cells, after: Cells, hit: np.ndarray) -> Counter[str]:
    """What became of the damaged cells; the others must be what they were."""
    counts: Counter[str] = Counter()
    listed = {fault.row for fault in after.faults}
    for row, was in enumerate(before.samples):
        if not hit[row]:
            assert after.state[row] == before.state[row], f"{name}: row {row} changed"
            assert same(after.samples[row], was), f"{name}: row {row} changed"
        elif after.state[row] == State.UNREADABLE:
            counts["listed" if row in listed else "silent"] += 1
        elif after.state[row] == State.ABSENT:
            counts["silent"] += 1
        else:
            counts["no change" if same(after.samples[row], was) else "other value"] += 1
    return counts


def arriving(name: str, table: pm.Table, hit: np.ndarray, random: np.random.Generator) -> Counter[str]:
    """Damaged before anything of it was seen."""
    cells = table.frame["cell"].tolist()
    for place, row in enumerate(np.flatnonzero(hit)):
        cells[row] = damaged(cells[row], WAYS[place % len(WAYS)], random)
    (modality,) = table.schema.names
    try:
        after = pm.Table(column(cells), table.schema).cells(modality)
    except BaseException as error:
        return crashed(name, error, hit)
    return told(name, table.cells(modality), after, hit)


def stored(name: str, table: pm.Table, hit: np.ndarray, random: np.random.Generator, folder: Path) -> Counter[str]:
    """Damaged on the disk, behind the back of the store."""
    store = pm.Store.create(folder / "sound.lance", table, shuffle=False)
    (modality,) = table.schema.names
    before = store.table().cells(modality)
    held = lance.dataset(store.uri).to_table()
    (field,) = [one for one in held.schema if KEY in (one.metadata or {})]
    values = held[field.name].to_pylist()
    for place, row in enumerate(np.flatnonzero(hit)):
        values[row] = _on_disk(values[row], WAYS[place % len(WAYS)], random)
    held = held.set_column(held.schema.names.index(field.name), field, pa.array(values, field.type))
    lance.write_dataset(held, folder / "damaged.lance")
    try:
        after = pm.Store.open(folder / "damaged.lance").table().cells(modality)
    except BaseException as error:
        return crashed(name, error, hit)
    return told(name, before, after, hit)


def _on_disk(value: Any, way: str, random: np.random.Generator) -> Any:
    while True:
        if isinstance(value, bytes):
            changed = to_bytes({"other": "type"}) if way == "type" else damaged(value, way, random)
        elif isinstance(value, str):
            changed = "§" if way == "type" else damaged(value, way, random)
            if any("\ud800" <= letter < "\ue000" for letter in changed):
                continue  # no text, which Arrow would not hold
        else:
            changed = None if way == "cut" else damaged(float(value), "flip", random)
        if changed != value and changed == changed:
            return changed


def flips(folder: Path) -> Counter[str]:
    """One bit of a file of a small store at a time: data, what says where it is, and the description of the store."""
    random = np.random.default_rng(SEED)
    rows = {name: [make(random) for _ in range(60)] for name, (_, make, _) in forms().items() if name in _MIXED}
    table = pm.Table.read(rows, types={name: forms()[name][0] for name in rows})
    store = pm.Store.create(folder / "files.lance", table, shuffle=False)
    before = {name: store.table().cells(name) for name in store.schema.names}
    files = sorted(one for one in Path(store.uri).rglob("*") if one.is_file())
    sizes = np.array([one.stat().st_size for one in files], dtype=float)
    counts: Counter[str] = Counter()
    for _ in range(FLIPS):
        file = files[random.choice(len(files), p=sizes / sizes.sum())]
        sound = file.read_bytes()
        file.write_bytes(flipped_bytes(sound, random))
        counts[_flip(store.uri, before)] += 1
        file.write_bytes(sound)
    return counts


def _flip(uri: str, before: dict[str, Cells]) -> str:
    try:
        table = pm.Store.open(uri).table()
        after = {name: table.cells(name) for name in table.schema.names}
    except PolymodalError:
        return "refused"
    except BaseException as error:  # Lance panics with one of its own
        if isinstance(error, KeyboardInterrupt):
            raise
        print(repr(error)[:300])
        return "crashes"
    found = "no change"
    for name, cells in before.items():
        if after.keys() != before.keys() or len(after[name]) != len(cells):
            return "silent"
        for row, was in enumerate(cells.samples):
            if after[name].state[row] == State.UNREADABLE:
                found = "listed"
            elif after[name].state[row] != cells.state[row]:
                return "silent"
            elif not same(after[name].samples[row], was):
                return "other value"
    return found


_MIXED = ("image, PNG", "audio, FLAC", "text", "tabular", "vector")


def main() -> None:
    warnings.simplefilter("ignore")
    random = np.random.default_rng(SEED)
    hit = np.zeros(ROWS, dtype=bool)
    hit[random.choice(ROWS, int(ROWS * SHARE), replace=False)] = True
    lines, faults = [], 0
    for name, (kind, make, has_sums) in forms().items():
        start = time.perf_counter()
        distinct = [make(random) for _ in range(DISTINCT)]
        table = pm.Table.read(column([distinct[row % DISTINCT] for row in range(ROWS)]), types={"cell": kind})
        folder = Path(tempfile.mkdtemp())
        came, kept = arriving(name, table, hit, random), stored(name, table, hit, random, folder)
        shutil.rmtree(folder)
        faults += came["crashes"] + came["silent"] + kept["crashes"] + kept["silent"] + kept["other value"]
        faults += came["other value"] * has_sums
        lines.append(_line(name, int(hit.sum()), came, kept, has_sums))
        print(f"{name}: {time.perf_counter() - start:.1f} s {dict(came)} {dict(kept)}", flush=True)
    folder = Path(tempfile.mkdtemp())
    files = flips(folder)
    faults += files["crashes"] + files["silent"] + files["other value"]
    lines.append(_line("files of a store, one bit each", FLIPS, Counter(), files, True))
    publish(
        Outcome(
            name="loading/corruption",
            question=f"{SHARE:.0%} of {ROWS:,} cells of every kind are damaged (a third each: one bit flipped, the end "
            "cut off, another type), as they come in and, from sound ones, on the disk of a store.",
            mark="0 crashes, 0 silent blanks, all listed where anything can tell",
            is_reached=faults == 0,
            table=lines,
            seeds=str(SEED),
            notes=[
                "'Other value' and 'no change' are cells that are sound in themselves: a flipped bit in a number or a "
                "letter, a shorter text or series, a bit in a JPEG after which the codes still add up, a byte that "
                "nothing depends on. As a cell comes in nothing can tell them from what was meant, unless its form "
                "holds a sum (PNG, FLAC, gzip). A store holds a sum of every cell from then on, and lists them all.",
                "'Refused' is an error that says what is damaged. Every cell that was not damaged was read as before.",
            ],
        )
    )


def _line(name: str, n: int, came: Counter[str], kept: Counter[str], has_sums: bool) -> dict[str, object]:
    return {
        "cells": name,
        "damaged": n,
        "own sums": "yes" if has_sums else "",
        "coming in: listed": came["listed"] if came else "",
        "other value": came["other value"] if came else "",
        "no change": came["no change"] if came else "",
        "blank": came["silent"] if came else "",
        "crashes": came["crashes"] if came else "",
        "stored: listed": kept["listed"] + kept["refused"],
        "stored: other value": kept["other value"],
        "stored: no change": kept["no change"],
        "stored: blank": kept["silent"],
        "stored: crashes": kept["crashes"],
    }


if __name__ == "__main__":
    main()
