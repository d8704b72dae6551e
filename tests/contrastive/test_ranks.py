"""Two ranks that compare their cells with each other's learn what one process learns from both batches at once."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import Tensor

import polymodal as pm
from polymodal.network import Network
from polymodal.store.memory import Memory
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import random_frame
from polymodal.training.build import build
from polymodal.training.step import Shown, Step

pytestmark = [
    pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="there is no gloo"),
    pytest.mark.filterwarnings("ignore:Grad strides do not match"),  # how fast sums over ranks are, no more
]
KINDS = {"x": "tabular", "v": "vector", "w": "vector"}
SHARES = [np.arange(12), np.arange(12, 30)]  # ranks with batches of unequal size


@pytest.fixture(scope="module")
def rows() -> Memory:
    """Thirty rows with gaps; the second rank has no `w`, and one of its cells is one of the first."""
    frame = random_frame(np.random.default_rng(0), KINDS, rows=30, missing=0.2)
    frame.loc[12:, "w"] = None
    frame.at[20, "x"] = frame.at[3, "x"] = 0.5
    table = pm.Table.read(frame, types=KINDS)
    same = np.random.default_rng(1).integers(-1, 20, 30)  # some rows show the same, of some nothing is said
    return replace(Preprocessor.measure(table, {}).prepare(table), same=same)


def network(rows: Memory, contrast: str) -> Network:
    named: dict[str, Any] = {"encoders": {}, "features": {}, "seed": 0, "contrast": contrast}
    return build(rows.collate, {}, fusion=None, width=8, dropout=0.0, **named).eval()


def slopes(step: torch.nn.Module, rows: Memory, places: np.ndarray) -> list[Tensor]:
    batch = rows.batch(places)
    loss = step(Shown(batch, batch.present(tuple(rows.collate))[None]))
    loss.backward()
    return [loss.detach(), *(torch.zeros_like(p) if p.grad is None else p.grad for p in step.parameters())]


def on_a_rank(fabric: Any, rows: Memory, contrast: str, rows_at_once: int | None, folder: Path) -> None:
    torch.set_num_threads(1)
    step = fabric.setup_module(Step(network(rows, contrast), False, rows_at_once, fabric.world_size))
    torch.save(slopes(step, rows, SHARES[fabric.global_rank]), folder / str(fabric.global_rank))


@pytest.mark.parametrize(("contrast", "rows_at_once"), [("sigmoid", None), ("infonce", 5), ("total_correlation", None)])
def test_two_ranks_are_one_process(rows: Memory, contrast: str, rows_at_once: int | None, tmp_path: Path) -> None:
    from lightning_fabric import Fabric
    from lightning_fabric.strategies import DDPStrategy

    strategy = DDPStrategy(start_method="fork", process_group_backend="gloo", find_unused_parameters=True)
    fabric = Fabric(accelerator="cpu", devices=2, strategy=strategy)
    fabric.launch(on_a_rank, rows, contrast, rows_at_once, tmp_path)
    expected = slopes(Step(network(rows, contrast), False), rows, np.arange(30))
    for rank in (0, 1):
        for one, other in zip(torch.load(tmp_path / str(rank)), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
