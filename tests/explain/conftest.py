"""Lattices with known answers, made from rules instead of models."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from polymodal.lattice import Lattice, all_patterns
from polymodal.schema.target import Category, Labels

NAMES = ("age", "ecg", "labs", "mri", "note", "scan", "voice", "xray")


@pytest.fixture
def evidence() -> Callable[..., Lattice]:
    """Makes a lattice whose modalities each tell of the class independently, as strongly as `strength` says."""

    def make(strength=(2.0, 1.0, 0.5), n=200, missing=0.3, seed=0, classes=("no", "yes"), **settings) -> Lattice:
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, len(classes), n)
        present = rng.random((n, len(strength))) >= missing
        told = np.eye(len(classes))[truth][:, None] + rng.normal(size=(n, len(strength), len(classes)))
        patterns = all_patterns(len(strength))
        logits = np.einsum("pnm,m,nmc->pnc", patterns[:, None] * present[None], np.array(strength), told)
        odds = np.exp(logits)
        fields = {
            "modalities": NAMES[: len(strength)],
            "patterns": patterns,
            "present": present,
            "values": odds / odds.sum(axis=2, keepdims=True),
            "columns": {"outcome": slice(0, len(classes))},
            "targets": {"outcome": Category(classes=classes)},
            "labels": {"outcome": Labels(truth, np.ones(n, dtype=bool))},
        }
        return Lattice(**{**fields, **settings})

    return make


@pytest.fixture
def gate() -> Callable[..., Lattice]:
    """Makes the lattice of the best answers to a rule of two bits, e.g. exclusive or; every case equally often."""

    def make(rule: Callable[[int, int], int], n=40, copy=False) -> Lattice:
        bits = np.array([(a, a if copy else b) for a in (0, 1) for b in (0, 1)] * n)
        truth = np.array([rule(a, b) for a, b in bits])
        values = np.empty((4, len(bits), 2))
        for p, pattern in enumerate(all_patterns(2)):
            for row, case in enumerate(bits):
                alike = (bits[:, pattern] == case[pattern]).all(axis=1)
                values[p, row] = np.bincount(truth[alike], minlength=2) / alike.sum()
        return Lattice(
            modalities=("left", "right"),
            patterns=all_patterns(2),
            present=np.ones((len(bits), 2), dtype=bool),
            values=values,
            columns={"out": slice(0, 2)},
            targets={"out": Category(classes=(0, 1))},
            labels={"out": Labels(truth, np.ones(len(bits), dtype=bool))},
        )

    return make
