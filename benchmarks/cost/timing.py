"""CPU time of things done in turns, so that what else the machine does falls on all of them alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch


def one_thread() -> None:
    """Everything below runs on one core, so CPU time is the time somebody waits."""
    torch.set_num_threads(1)


def cpu_seconds(*doings: Callable[[], object], repeats: int = 5, warm_up: int = 1) -> list[float]:
    """The least CPU time of each of several things, done in turns."""
    return [min(times) for times in _in_turns(doings, repeats, warm_up)]


def median_seconds(*doings: Callable[[], object], repeats: int, warm_up: int = 5) -> list[float]:
    """The median CPU time of each of several things, done in turns."""
    return [float(np.median(times)) for times in _in_turns(doings, repeats, warm_up)]


def _in_turns(doings: Sequence[Callable[[], object]], repeats: int, warm_up: int) -> list[list[float]]:
    for _ in range(warm_up):
        for do in doings:
            do()
    times: list[list[float]] = [[] for _ in doings]
    for _ in range(repeats):
        for do, taken in zip(doings, times, strict=True):
            start = time.process_time()
            do()
            taken.append(time.process_time() - start)
    return times
