"""Killed at any moment, does a store open, with no row lost or doubled, and does the work go on?"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import lance  # noqa: F401 (imported once, so that the children need not)
import numpy as np

from benchmarks.loading.rows import table
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish
from polymodal.schema.table import Table
from polymodal.store.disk.store import Store  # all of it imported here, before any fork

ROWS, KILLS, SEED = (300, 2, 0) if QUICK else (3_000, 20, 0)
PER_FRAGMENT = ROWS // 10


def apart(do: Callable[[], object], seconds: float | None = None) -> bool:
    """Do it in a process of its own; with `seconds` kill that one so long after its start. Whether it came to an end.

    This process opens no store itself, so that none of the threads below one has to survive a fork.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that Lance does not survive a fork
        child = os.fork()
    if not child:
        try:
            do()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, -signal.SIGKILL):
        raise SystemExit("a process failed")
    return code == 0


def seconds_of(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    apart(do)
    return time.perf_counter() - start


def sound(place: Path, whole: bool) -> None:
    """Whatever the kill left opens, and every row in it is there once."""
    if not (place / "_versions").exists():
        return  # killed before there was anything
    store = Store.open(place)
    if whole or store.is_complete:
        rows = store.table(columns=[]).frame.index.to_numpy()
        assert sorted(rows) == list(range(ROWS)), "rows are lost or doubled"
    else:
        assert len(store) % PER_FRAGMENT == 0, "part of a fragment was committed"


def same(place: Path, other: Path) -> None:
    """Two stores hold the same rows in the same order, cell by cell."""
    one, two = (Store.open(path).table().frame for path in (place, other))
    assert one.index.tolist() == two.index.tolist()
    for column in one.columns:
        for here, there in zip(one[column], two[column], strict=True):
            np.testing.assert_equal(here, there)


def main() -> None:
    random = np.random.default_rng(SEED)
    made = table(ROWS, SEED)
    folder = Path(tempfile.mkdtemp())

    def make(place: Path) -> None:
        Store.create(place, made, rows_per_fragment=PER_FRAGMENT)

    usual = seconds_of(lambda: make(folder / "whole.lance"))
    kills = ended = 0
    while kills < KILLS:
        place = folder / f"killed{ended}.lance"
        done = apart(lambda place=place: make(place), float(random.uniform(0, usual)))
        apart(lambda place=place: sound(place, whole=False))
        kills += not done
        ended += done
    last = folder / f"killed{ended}.lance"
    apart(lambda: make(last))
    apart(lambda: sound(last, whole=True))
    apart(lambda: same(last, folder / "whole.lance"))

    def add(name: str) -> None:
        Store.open(last).add_column(name, lambda rows: rows.frame["age"].to_numpy() * 2, reads=["age"])

    usual_column = seconds_of(lambda: add("first"))
    kills_column = attempts = 0
    while kills_column < KILLS:
        name = f"column{attempts}"
        done = apart(lambda name=name: add(name), float(random.uniform(0, usual_column)))
        apart(lambda: sound(last, whole=True))
        apart(lambda name=name, done=done: there_or_not(last, name, done))
        kills_column += not done
        attempts += 1
    apart(lambda: add("last"))
    apart(lambda: there_or_not(last, "last", True))
    half, rest = made.take(np.arange(ROWS // 2)), made.take(np.arange(ROWS // 2, ROWS))
    rest = Table(rest.frame.reset_index(drop=True), rest.schema)
    apart(lambda: Store.create(folder / "half.lance", half))

    def append(place: Path) -> None:
        Store.open(place).append(rest)

    def fresh(name: str) -> Path:
        return Path(shutil.copytree(folder / "half.lance", folder / name))

    grown = fresh("grown.lance")
    usual_append = seconds_of(lambda: append(grown))
    kills_append = attempts = 0
    while kills_append < KILLS:
        place = fresh(f"grown{attempts}.lance")
        done = apart(lambda place=place: append(place), float(random.uniform(0, usual_append)))
        apart(lambda place=place, done=done: grown_or_not(place, done, rest))
        shutil.rmtree(place)
        kills_append += not done
        attempts += 1
    publish(
        Outcome(
            name="loading/kills",
            question=f"A store of {ROWS:,} mixed rows in fragments of {PER_FRAGMENT} is made, a column added, half of "
            "the rows appended to the others, each killed (SIGKILL) at moments drawn evenly over an undisturbed run.",
            mark="the store opens, no row is lost or doubled, the work goes on",
            is_reached=True,
            table=[
                {"what": "making it", "kills": kills, "undisturbed, s": usual},
                {"what": "adding a column", "kills": kills_column, "undisturbed, s": usual_column},
                {"what": "appending half of them", "kills": kills_append, "undisturbed, s": usual_append},
            ],
            seeds=str(SEED),
            notes=["At the end the killed store equals one made in one go, cell by cell. Any fault ends the script."],
        )
    )


def there_or_not(place: Path, name: str, done: bool) -> None:
    """A column is there with all its values, or not at all; one that was killed may have been there just before."""
    store = Store.open(place)
    assert name in store.columns or not done
    if name in store.columns:
        frame = store.table(columns=["age", name]).frame
        assert (frame[name] == 2 * frame["age"]).all()


def grown_or_not(place: Path, done: bool, rest: Table) -> None:
    """All of the rows were appended or none; if none, the same call does it. Each row is then there once."""
    store = Store.open(place)
    assert len(store) in (ROWS // 2, ROWS)
    assert len(store) == ROWS or not done
    if len(store) < ROWS:
        store = store.append(rest)
    assert sorted(store.table(columns=[]).frame.index) == list(range(ROWS)), "rows are lost or doubled"


if __name__ == "__main__":
    main()
