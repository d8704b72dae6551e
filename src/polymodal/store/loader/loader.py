"""Loader: batches from a store or a table, shuffled, packed and made by threads; it can stop and go on anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
import torch

from polymodal.errors import CellError, SettingError, near_miss
from polymodal.schema.batch import Batch
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.store.disk.dataset import is_store
from polymodal.store.disk.store import Store
from polymodal.store.loader.buffers import Pinned, Reused
from polymodal.store.loader.draw import BALANCES, balancing_weights, checked_weights, drawn
from polymodal.store.loader.feed import Feed
from polymodal.store.loader.keys import group_keys, label_keys, lengths_of, pattern_keys, sampled, weights_of
from polymodal.store.loader.making import Decoded, Maker, Prepared, pinned
from polymodal.store.loader.plan import Plan
from polymodal.store.loader.processes import in_processes
from polymodal.store.loader.rows import Rows, StoreRows, TableRows
from polymodal.store.preprocessing import Preprocessor

_MOST_THREADS = 16
_STATE = ("seed", "epoch", "done", "rows")


class Loader:
    """Batches of rows, one epoch each time it is iterated.

    Only what is present is read into a decoder, and only it takes room in a batch. The order is a pure function of
    (seed, epoch, rows, block, window): the same for any number of threads and ranks, of which step by step each has
    its part. A batch is for the caller to keep or change; its memory is used again once nothing refers to any of it.
    What was dealt is told by `state_dict()`, four whole numbers, with which another loader goes on, also one with other
    threads, ranks or batches.

    Args:
        source: a store, the path of one, or a table.
        batch_size: rows of a batch, of which each rank has its own.
        preprocessor: of a fitted model (`model.preprocessor`); left out, it is measured on up to `sample_rows` rows
            drawn from the seed, without pretrained encoders.
        form: "prepared", each cell as the networks take it, or "decoded", as it is kept: pixels `[n, H, W, 3]` uint8,
            text as UTF-8, arrays in their own type, with a mask where sizes differ.
        columns: modalities to read; all when left out. Nothing else is read but targets, weights and states.
        where: a condition in SQL, as in `Store.table`; stores only.
        shuffle: False deals the rows in their order.
        block, window: rows read together, and blocks whose rows are mixed.
        seed: of all shuffles and draws.
        rank, world: which of how many that share the rows.
        threads: that decode; one for each core, up to 16, when left out.
        processes: that decode instead, each with `threads` of its own (1 when left out); threads are nearly always
            faster.
        bucket: a modality by whose length on disk rows are brought together, so that little is padded.
        weights: how often each row is drawn: a column of numbers, one number a row, or a Series, whose numbers go to
            the rows that its index names.
        balance: "class", "group", "pattern" or several of them: all that occur are drawn alike.
        labels: whether targets and weights come along.
        drop_last: leave out the rows at the end that are too few for a whole batch of every rank.
        pin_memory: put batches where a GPU reads them directly.
        sample_rows: see `preprocessor`.

    Raises SettingError, all faults at once; SchemaError for what does not fit the rows.

    >>> import polymodal as pm
    >>> table = pm.Table.read({"x": [0.5, None, 2.0, 3.0], "y": ["a", "b", "a", "b"]}, target="y")
    >>> [batch.fields["tabular"].rows.tolist() for batch in Loader(table, batch_size=2, shuffle=False)]
    [[0], [0, 1]]
    """

    def __init__(
        self,
        source: Store | Table | str | os.PathLike[str],
        batch_size: int = 64,
        *,
        preprocessor: Preprocessor | None = None,
        form: Literal["prepared", "decoded"] = "prepared",
        columns: str | Sequence[str] | None = None,
        where: str | None = None,
        shuffle: bool = True,
        block: int = 128,
        window: int = 32,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        threads: int | None = None,
        processes: int = 0,
        bucket: str | None = None,
        weights: str | Sequence[float] | np.ndarray | pd.Series | None = None,
        balance: str | Sequence[str] = (),
        labels: bool = True,
        drop_last: bool = False,
        pin_memory: bool = False,
        sample_rows: int = 10_000,
    ) -> None:
        balance = (balance,) if isinstance(balance, str) else tuple(balance)
        source = Store.open(source) if is_store(source) else source
        whole = {"batch_size": (batch_size, 1), "block": (block, 1), "window": (window, 1), "seed": (seed, 0)}
        whole |= {"rank": (rank, 0), "world": (world, 1), "processes": (processes, 0), "sample_rows": (sample_rows, 1)}
        whole |= {} if threads is None else {"threads": (threads, 1)}
        _check(source, whole, form, rank, world, balance, weights, preprocessor)
        rows: Rows = StoreRows(source) if isinstance(source, Store) else TableRows(cast(Table, source))
        known = rows.schema if preprocessor is None else preprocessor.schema
        schema = _narrowed(known, columns)
        if pin_memory and not torch.cuda.is_available():
            raise SettingError("pin_memory is for a GPU of CUDA, and there is none here")
        self._chosen = None if where is None else rows.meeting(where)
        self._count = len(rows) if self._chosen is None else len(self._chosen)
        if not self._count:
            raise SettingError(f"no row meets where={where!r}" if where else "there are no rows")
        self._weights = self._weighed(rows, weights, balance)
        self._lengths = None if bucket is None else lengths_of(rows, schema, bucket)
        self._buffers = Pinned() if pin_memory and not processes else Reused()
        self._rows, self._maker = rows, self._maker_of(rows, schema, preprocessor, form, seed, sample_rows)
        self._size, self._rank, self._world = batch_size, rank, world
        self._plan = Plan(self._count, seed, 0, block, window, shuffle)
        self._threads = threads or (1 if processes else min(os.cpu_count() or 1, _MOST_THREADS))
        self._processes, self._labels, self._drop_last, self._pin = processes, labels, drop_last, pin_memory
        self._done, self._faults = 0, dict[tuple[int, str], CellError]()

    @property
    def schema(self) -> Schema:
        """Of what is read."""
        return self._maker.schema

    @property
    def epoch(self) -> int:
        """Which epoch is dealt now, from 0."""
        return self._plan.epoch

    @property
    def faults(self) -> list[CellError]:
        """The cells met so far that cannot be read, each once; the batches are without them."""
        return list(self._faults.values())

    def __len__(self) -> int:
        """How many batches of this rank are left in the epoch."""
        feed = self._feed()
        left = feed.total - self._done
        whole, rest = divmod(max(left, 0), feed.step)
        return whole + (rest * (self._rank + 1) // self._world > rest * self._rank // self._world)

    def __iter__(self) -> Iterator[Batch]:
        feed = self._feed()
        made = (
            in_processes(feed, self._done, self._processes, self._threads)
            if self._processes
            else feed.made(self._done, self._threads)
        )
        for done, batch, faults in made:
            self._done = done
            for place, fault in faults:
                self._faults.setdefault((place, fault.column), fault)
            yield pinned(batch) if self._pin else batch
        self._plan = replace(self._plan, epoch=self._plan.epoch + 1)
        self._done = 0

    def state_dict(self) -> dict[str, int]:
        """Where it is: seed, epoch, rows of the epoch that all ranks have dealt, and rows in all."""
        return {"seed": self._plan.seed, "epoch": self._plan.epoch, "done": self._done, "rows": self._count}

    def load_state_dict(self, state: Mapping[str, int]) -> None:
        """Go on where another loader was. Raises SettingError for what is no such state, or of other rows."""
        if set(state) != set(_STATE) or not all(_is_whole(one) and one >= 0 for one in state.values()):
            raise SettingError(f"a state has whole numbers for {', '.join(_STATE)}; {dict(state)!r} came")
        if state["rows"] != self._count:
            raise SettingError(
                f"the state is of {state['rows']:,} rows, here are {self._count:,}; give the same source and where="
            )
        self._plan = replace(self._plan, seed=int(state["seed"]), epoch=int(state["epoch"]))
        self._done = int(state["done"])

    def _feed(self) -> Feed:
        chosen, lengths = self._chosen, self._lengths
        if self._weights is not None:
            counted = drawn(self._weights, self._plan.seed, self._plan.epoch)
            chosen = counted if chosen is None else chosen[counted]
        if lengths is not None and chosen is not None:
            lengths = lengths[chosen]
        return Feed(
            self._rows,
            self._maker,
            self._plan,
            chosen,
            lengths,
            self._size,
            self._rank,
            self._world,
            self._labels,
            self._drop_last,
        )

    def _weighed(
        self, rows: Rows, weights: str | Sequence[float] | np.ndarray | pd.Series | None, balance: Sequence[str]
    ) -> np.ndarray | None:
        """`[N]` how often each row is drawn, or None where all are dealt once."""
        found = None
        if weights is not None:
            given = weights_of(rows, weights)
            found = checked_weights(given if self._chosen is None else given[self._chosen], self._count)
        if balance:
            finders = {"class": label_keys, "group": group_keys, "pattern": pattern_keys}
            keys = [finders[one](rows) for one in balance]
            even = balancing_weights([one if self._chosen is None else one[self._chosen] for one in keys])
            found = checked_weights(even if found is None else even * found, self._count)
        return found

    def _maker_of(
        self, rows: Rows, schema: Schema, preprocessor: Preprocessor | None, form: str, seed: int, most: int
    ) -> Maker:
        if form == "decoded":
            return Decoded(schema, rows.columns, self._buffers)
        if preprocessor is None:
            return Prepared(Preprocessor.measure(sampled(rows, schema, self._chosen, seed, most), {}), rows.columns)
        narrowed = Preprocessor(
            schema,
            {name: preprocessor.carriers[name] for name in schema.names},
            {name: preprocessor.statistics[name] for name in schema.names},
            {name: one for name, one in preprocessor.embedders.items() if name in schema.names},
        )
        return Prepared(narrowed, rows.columns, rows.store if isinstance(rows, StoreRows) else None)


def _check(
    source: Any,
    whole: Mapping[str, tuple[Any, int]],
    form: Any,
    rank: Any,
    world: Any,
    balance: Sequence[Any],
    weights: Any,
    preprocessor: Any,
) -> None:
    """Raise SettingError with every fault of the settings."""
    faults = []
    if not isinstance(source, (Store, Table)):
        faults.append(
            f"a loader takes a Store, the path of one, or a Table, such as pm.Table.read makes; {_said(source)} came"
        )
    faults += [
        f"{name} is a whole number from {least}; {value!r} came"
        for name, (value, least) in whole.items()
        if not _is_whole(value) or value < least
    ]
    if _is_whole(rank) and _is_whole(world) and rank >= world:
        faults.append(f"rank counts from 0 and is below world={world}; {rank} came")
    if form not in ("prepared", "decoded"):
        faults.append(f"form={form!r}. {near_miss(str(form), ['prepared', 'decoded'])}")
    elif form == "decoded" and preprocessor is not None:
        faults.append("form='decoded' prepares nothing; leave preprocessor out")
    faults += [f"balance={one!r}. {near_miss(str(one), BALANCES)}" for one in balance if one not in BALANCES]
    if faults:
        raise SettingError("rows cannot be loaded like this:" + "".join(f"\n  - {fault}" for fault in faults))


def _narrowed(schema: Schema, columns: str | Sequence[str] | None) -> Schema:
    if columns is None:
        return schema
    wanted = [columns] if isinstance(columns, str) else list(columns)
    unknown = [one for one in wanted if one not in schema.names]
    if unknown:
        raise SettingError(f"no modality {unknown[0]!r}. {near_miss(unknown[0], schema.names)}")
    return schema.model_copy(update={"modalities": {n: one for n, one in schema.modalities.items() if n in wanted}})


def _said(source: Any) -> str:
    return repr(source) if isinstance(source, (str, os.PathLike)) else type(source).__name__


def _is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
