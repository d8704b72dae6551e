"""Batches made by processes instead of threads, for machines with many cores; in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from polymodal.store.loader.feed import Feed, Made


class _Share(IterableDataset[Any]):
    """Every n-th batch of a feed, in the process that has it."""

    def __init__(self, feed: Feed, done: int, threads: int) -> None:
        self.feed, self.done, self.threads = feed, done, threads

    def __iter__(self) -> Iterator[Made]:
        worker = get_worker_info()
        assert worker is not None
        yield from self.feed.made(self.done, self.threads, every=(worker.id, worker.num_workers))


def in_processes(feed: Feed, done: int, processes: int, threads: int) -> Iterator[Made]:
    """The batches of `Feed.made`, each process making every n-th.

    Processes start afresh: a fork would take over threads of Lance that are no longer there.
    """
    loader = DataLoader(
        _Share(feed, done, threads),
        batch_size=None,
        num_workers=processes,
        multiprocessing_context="forkserver",
        prefetch_factor=2,
    )
    yield from loader
