"""Asking under a pattern is asking without those cells, each subset once."""

import numpy as np
import pandas as pd
import pytest
import torch

from polymodal import sweep as module
from polymodal.lattice import all_patterns
from polymodal.modalities.vector import Vector
from polymodal.network import Network
from polymodal.registry import FUSIONS
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.schema.target import Category, Number
from polymodal.store.memory import Memory
from polymodal.store.preprocessing import Preprocessor
from polymodal.sweep import sweep
from polymodal.training.build import build

NAMES, ROWS = ("a", "b", "c", "d"), 40
SCHEMA = Schema(
    modalities={name: Vector(columns=(f"{name}0", f"{name}1")) for name in NAMES},
    targets={"y": Category(classes=("no", "yes")), "z": Number()},
)


def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    values = pd.DataFrame({f"{name}{i}": random.normal(size=ROWS) for name in NAMES for i in (0, 1)})
    for name in NAMES:
        values.loc[random.random(ROWS) < 0.4, [f"{name}0", f"{name}1"]] = None
    values.loc[0] = None
    return values


@pytest.fixture(scope="module")
def preprocessor() -> Preprocessor:
    return Preprocessor.measure(Table(frame(), SCHEMA), {})


@pytest.fixture(scope="module", params=FUSIONS.names())
def network(request: pytest.FixtureRequest, preprocessor: Preprocessor) -> Network:
    carried = {name: (preprocessor.carriers[name], preprocessor.statistics[name]) for name in NAMES}
    made = build(carried, SCHEMA.targets, fusion=request.param, width=8, dropout=0.1, encoders={}, features={}, seed=0)
    for objective in made.objectives.values():
        torch.nn.init.normal_(objective.prior)
        torch.nn.init.normal_(objective.head.weight, std=0.2)
    return made


@pytest.fixture
def memory(preprocessor: Preprocessor) -> Memory:
    return preprocessor.prepare(Table(frame(), SCHEMA))


@torch.no_grad()
def test_a_pattern_is_the_table_without_those_cells(
    network: Network, preprocessor: Preprocessor, memory: Memory
) -> None:
    patterns = all_patterns(len(NAMES))
    raws = sweep(network, memory, patterns)
    assert {name: list(raw.shape) for name, raw in raws.items()} == {"y": [16, ROWS, 2], "z": [16, ROWS, 1]}
    for position, pattern in enumerate(patterns):
        hidden = frame()
        for name, kept in zip(NAMES, pattern, strict=True):
            if not kept:
                hidden[[f"{name}0", f"{name}1"]] = None
        without = preprocessor.prepare(Table(hidden, SCHEMA))
        batch = without.batch(np.arange(ROWS))
        fused = network.fuse(network.encode(batch), ROWS)
        for target, raw in raws.items():
            expected = network.objectives[target].raw(fused)
            torch.testing.assert_close(raw[position], expected, atol=1e-6, rtol=0)


def test_the_same_whether_like_subsets_are_asked_once_or_not(
    network: Network, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    patterns = all_patterns(len(NAMES))[::-1].copy()
    answers = []
    for at_once in (1, 50, 10**9):  # the last asks everything as it comes
        monkeypatch.setattr(module, "_ANSWERS", at_once)
        answers.append(sweep(network, memory, patterns))
    for target in SCHEMA.targets:
        for other in answers[1:]:
            torch.testing.assert_close(answers[0][target], other[target], atol=1e-6, rtol=0)


def test_patterns_in_any_order_and_number(network: Network, memory: Memory) -> None:
    patterns = all_patterns(len(NAMES))
    raws = sweep(network, memory, patterns)["y"]
    some = np.array([7, 7, 0, 3])
    torch.testing.assert_close(sweep(network, memory, patterns[some])["y"], raws[some], atol=1e-6, rtol=0)


def test_nothing_gets_the_prior(network: Network, memory: Memory) -> None:
    raws = sweep(network, memory, all_patterns(len(NAMES)))
    for target, raw in raws.items():
        prior = network.objectives[target].prior
        assert torch.equal(raw[0], prior.expand_as(raw[0]))
        assert torch.equal(raw[:, 0], prior.expand_as(raw[:, 0]))  # a row with nothing, under any pattern


def test_only_distinct_subsets_are_fused(network: Network, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    fuse_under = network.fuse_under

    def counted(tokens: object, kept: torch.Tensor) -> object:
        nonlocal asked
        asked += kept.shape[0] * kept.shape[1]
        return fuse_under(tokens, kept)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "_ANSWERS", 64)
    monkeypatch.setattr(network, "fuse_under", counted)
    sweep(network, memory, all_patterns(len(NAMES)))
    assert asked == (2.0 ** memory.present.sum(axis=1)).sum()


def test_each_cell_is_encoded_once(network: Network, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = 0

    def count(_module: object, inputs: tuple[object, ...]) -> None:
        nonlocal encoded
        encoded += len(inputs[0].rows)  # type: ignore[attr-defined]

    monkeypatch.setattr(module, "_ANSWERS", 64)
    hooks = [encoder.register_forward_pre_hook(count) for encoder in network.encoders.values()]
    sweep(network, memory, all_patterns(len(NAMES)))
    for hook in hooks:
        hook.remove()
    assert encoded == memory.present.sum()


def test_no_rows(network: Network, memory: Memory) -> None:
    raws = sweep(network, memory.take(np.zeros(0, dtype=int)), all_patterns(len(NAMES)))
    assert raws["y"].shape == (16, 0, 2)
