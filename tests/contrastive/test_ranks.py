"""Two ranks that compare their cells with each other's learn what one process learns from both batches at once."""

import subprocess
import sys
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

pytestmark = pytest.mark.skipif(not dist.is_available() or not dist.is_gloo_available(), reason="there is no gloo")
CASES = [("sigmoid", None), ("infonce", 5), ("total_correlation", None)]  # and how many rows are encoded at once
KINDS = {"x": "tabular", "v": "vector", "w": "vector"}
SHARES = [np.arange(12), np.arange(12, 30)]  # ranks with batches of unequal size


def made() -> Memory:
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


def on_a_rank(fabric: Any, rows: Memory, folder: Path) -> None:
    torch.set_num_threads(1)
    for contrast, rows_at_once in CASES:
        step = fabric.setup_module(Step(network(rows, contrast), False, rows_at_once, fabric.world_size))
        torch.save(slopes(step, rows, SHARES[fabric.global_rank]), folder / f"{contrast} {fabric.global_rank}")


def main(folder: Path) -> None:
    from lightning_fabric import Fabric
    from lightning_fabric.strategies import DDPStrategy

    strategy = DDPStrategy(start_method="fork", process_group_backend="gloo", find_unused_parameters=True)
    Fabric(accelerator="cpu", devices=2, strategy=strategy).launch(on_a_rank, made(), folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What each rank found; they are forked from a new process, as threads of other libraries do not survive that."""
    folder = tmp_path_factory.mktemp("ranks")
    done = subprocess.run([sys.executable, __file__, str(folder)], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return folder


@pytest.mark.parametrize("contrast", [contrast for contrast, _ in CASES])
def test_two_ranks_are_one_process(folder: Path, contrast: str) -> None:
    rows = made()
    expected = slopes(Step(network(rows, contrast), False), rows, np.arange(30))
    for rank in (0, 1):
        for one, other in zip(torch.load(folder / f"{contrast} {rank}"), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
