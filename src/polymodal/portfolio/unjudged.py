"""Learners that answer although there are too few rows to hold any out: each at its middle strength, all alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from polymodal.learners._design import Design
from polymodal.learners._learner import Learner, Task, usable
from polymodal.portfolio.plain import Tried, refit
from polymodal.portfolio.stack import Stack
from polymodal.registry import LEARNERS


def unjudged(names: Sequence[str], design: Design, task: Task) -> dict[str, Learner]:
    """By member name, what could be fitted on all modalities of all rows; what a learner cannot learn is left out."""
    found = {}
    modalities = tuple(name for name in design.names if name in design.wide or name in design.compact)
    for name in names:
        kind: type[Learner] = LEARNERS.get(name)
        if not modalities or not kind.learns(task.target) or not kind.suits(design, modalities, task):
            continue
        if len(usable(design, modalities, task)) >= kind.least:
            strengths = kind.strengths(len(task.labels))
            nothing = np.zeros((0, 0, 0, 0))
            found[name] = refit(Tried(name, modalities, strengths[len(strengths) // 2], nothing), design, task)
    return found


def equal_stack(members: Mapping[str, Learner], prior: np.ndarray, patterns: np.ndarray) -> Stack:
    """Every member weighs the same, under every pattern."""
    return Stack(tuple(members), prior, patterns, np.full((len(patterns), len(members)), 1 / len(members)))
