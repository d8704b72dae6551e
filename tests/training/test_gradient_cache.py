"""Encoded in parts, a batch has the gradients that it has as a whole, dropout included, and keeps less."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import polymodal as pm
from polymodal.network import Network
from polymodal.nn.named import Named
from polymodal.schema.batch import Batch, Field, Tokens
from polymodal.store.memory import Memory
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import random_table
from polymodal.training import gradient_cache
from polymodal.training.build import build
from polymodal.training.step import Shown, Step

KINDS = {"x": "tabular", "note": "text", "wave": "series"}


@pytest.fixture(scope="module")
def rows() -> Memory:
    """Forty rows, some of them with gaps; a series cell is longer than another."""
    table = random_table(np.random.default_rng(0), KINDS, rows=40, missing=0.3)
    table = table.take(np.flatnonzero(table.present().any(axis=1)))
    return Preprocessor.measure(table, {}).prepare(table)


@pytest.fixture
def network(rows: Memory) -> Callable[..., Network]:
    def make(dropout: float, contrast: str = "sigmoid") -> Network:
        target = pm.Category(classes=tuple("abc"[: int(rows.labels["target"].values.max()) + 1]))
        return build(
            rows.collate, {"target": target}, fusion="late", width=8, dropout=dropout, encoders={}, features={},
            seed=0, contrast=contrast,
        ).train()  # fmt: skip

    return make


def side_by_side(network: Network, batch: Batch, rows_at_once: int) -> dict[str, Tokens]:
    parts = [
        network.encode(gradient_cache._stretch(batch, start, start + rows_at_once))
        for start in range(0, batch.size, rows_at_once)
    ]
    found = {}
    for name in network.encoders:
        some = [part[name] for part in parts if name in part]
        most = max(one.mask.shape[1] for one in some)
        values = torch.cat([F.pad(one.values, (0, 0, 0, most - one.mask.shape[1])) for one in some])
        mask = torch.cat([F.pad(one.mask, (0, most - one.mask.shape[1])) for one in some])
        found[name] = Tokens(values, mask, torch.cat([one.rows for one in some]))
    return found


def slopes(network: Network, batch: Batch, rows_at_once: int | None) -> list[Tensor]:
    torch.manual_seed(7)
    kept = batch.present(tuple(network.encoders))[None]
    loss = Step(network, False, rows_at_once)(Shown(batch, kept))
    found = torch.autograd.grad(loss, list(network.parameters()), allow_unused=True, materialize_grads=True)
    return [loss, *found]


@pytest.mark.parametrize("contrast", ["infonce", "sigmoid", "total_correlation"])
@pytest.mark.parametrize("rows_at_once", [4, 27])
def test_gradients_are_those_of_the_whole_batch(network, rows: Memory, contrast: str, rows_at_once: int) -> None:
    batch = rows.batch(np.arange(len(rows)), with_labels=True)
    one = network(0.0, contrast).eval()  # nothing is drawn, neither by dropout nor by an encoder of its own
    for part, whole in zip(slopes(one, batch, rows_at_once), slopes(one, batch, None), strict=True):
        torch.testing.assert_close(part, whole, rtol=1e-5, atol=1e-5)


def test_a_part_is_encoded_again_with_what_it_drew(network, rows: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = rows.batch(np.arange(len(rows)), with_labels=True)
    one = network(0.5)
    cached = slopes(one, batch, 7)
    after = torch.rand(1)
    # The same parts with all that their gradient needs kept: what is drawn is drawn once.
    with monkeypatch.context() as patched:
        patched.setattr("polymodal.training.step.encode_in_parts", side_by_side)
        kept = slopes(one, batch, 7)
    assert after == torch.rand(1)
    for part, whole in zip(cached, kept, strict=True):
        torch.testing.assert_close(part, whole, rtol=1e-5, atol=1e-5)
    assert not torch.allclose(slopes(one, batch, None)[0], kept[0])


class Plain(nn.Module):
    """A network of one modality, which needs 64 numbers a row for its gradient."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 2))
        self.encoders = Named({"a": self.layers, "b": nn.Identity()})

    def encode(self, batch: Batch) -> dict[str, Tokens]:
        field = batch.fields["a"]
        most = int(field.values[:, 0].max())  # as many tokens as the longest cell of the part says
        values = self.layers(field.values)[:, None].expand(-1, most, -1)
        return {"a": Tokens(values, torch.arange(most) < field.values[:, :1], field.rows)}


def test_nothing_is_kept_of_a_part_but_its_tokens() -> None:
    held: list[torch.Size] = []

    def noted(tensor: Tensor) -> Tensor:
        held.append(tensor.shape)
        return tensor

    batch = Batch({"a": Field(torch.ones(40, 2), torch.arange(40))}, 40)
    with torch.autograd.graph.saved_tensors_hooks(noted, lambda tensor: tensor):
        gradient_cache.encode_in_parts(Plain(), batch, None)
        assert torch.Size([40, 64]) in held
        held.clear()
        gradient_cache.encode_in_parts(Plain(), batch, 4)
    assert set(held) <= {one.shape for one in Plain().parameters()}


@pytest.mark.parametrize("contrast", ["infonce", "sigmoid", "total_correlation"])
def test_mixed_precision_is_that_of_the_whole_batch(network, rows: Memory, contrast: str) -> None:
    batch = rows.batch(np.arange(len(rows)), with_labels=True)
    one = network(0.0, contrast).eval()
    with torch.autocast("cpu", torch.bfloat16):
        parts, whole = slopes(one, batch, 7), slopes(one, batch, None)
    for part, rest in zip(parts, whole, strict=True):
        torch.testing.assert_close(part, rest, rtol=0.05, atol=0.02)


def test_parts_of_unequal_tokens_are_filled_up() -> None:
    batch = Batch({"a": Field(torch.tensor([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]), torch.tensor([0, 1, 3]))}, 4)
    found = gradient_cache.encode_in_parts(Plain(), batch, 2)
    assert list(found) == ["a"]
    assert found["a"].mask.sum(dim=1).tolist() == [1, 2, 3]
    assert found["a"].rows.tolist() == [0, 1, 3]


def test_a_fit_in_parts_is_the_fit() -> None:
    table = random_table(np.random.default_rng(0), {"x": "tabular", "v": "vector"}, rows=48)
    table = pm.Table.read(table.frame.drop(columns="target"), types=dict(table.schema.modalities))
    settings = {"objective": "align", "width": 8, "epochs": 2, "batch_size": 32, "dropout": 0.0}
    whole, parts = (
        pm.Model(**settings, rows_at_once=some).fit(table, progress=False).histories[0].losses for some in (None, 8)
    )
    np.testing.assert_allclose(parts, whole, rtol=1e-4)
