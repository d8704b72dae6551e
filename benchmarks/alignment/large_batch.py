"""What a step of "align" takes in memory and time when rows are encoded a part at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import polymodal as pm
from benchmarks.alignment.losses import available, resident
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish
from polymodal.schema.batch import Batch
from polymodal.store.preprocessing import Preprocessor
from polymodal.training.build import build
from polymodal.training.step import Shown, Step

BATCHES = (256, 512) if QUICK else (1_024, 4_096)
PARTS, SIDE, WORDS, SEED = 128, 32, 12, 0
MEMORY, EXACT, COMPARED = 0.1, 1e-5, 256  # of which batch gradients are compared
ROOM = 1.5  # times what the batch before took for each row


def made(n: int) -> tuple[Step, Batch]:
    """Random pictures and sentences, and a fresh network that learns which belong together."""
    random = np.random.default_rng(SEED)
    words = [f"word{number}" for number in range(200)]
    table = pm.Table.read(
        {
            "picture": list(random.integers(0, 256, (n, SIDE, SIDE, 3), dtype=np.uint8)),
            "note": [" ".join(random.choice(words, WORDS)) for _ in range(n)],
        },
        types={"picture": pm.Image(size=SIDE), "note": "text"},
    )
    memory = Preprocessor.measure(table.take(np.arange(min(n, 256))), {}).prepare(table)
    network = build(
        memory.collate, {}, fusion=None, width=64, dropout=0.1, encoders={}, features={}, seed=SEED, contrast="sigmoid"
    )
    return Step(network.train(), False), memory.batch(np.arange(n))


def gradients(step: Step, batch: Batch, rows_at_once: int | None) -> list[Tensor]:
    """Loss and gradient of each weight."""
    torch.manual_seed(SEED)
    step.rows_at_once = rows_at_once
    loss = step(Shown(batch, batch.present(tuple(step.network.encoders))[None]))
    assert isinstance(loss, Tensor)
    return [
        loss.detach(),
        *torch.autograd.grad(loss, list(step.parameters()), allow_unused=True, materialize_grads=True),
    ]


def measured(batch: int, rows_at_once: int | None) -> None:
    """In a process of its own: MB that a step takes beside network and cells, and CPU seconds, one thread."""
    torch.set_num_threads(1)
    gradients(*made(64), 32)
    step, rows = made(batch)
    Path("/proc/self/clear_refs").write_text("5")  # the most so far was while rows were made; from here on
    before, start = resident("VmRSS"), time.process_time()
    gradients(step, rows, rows_at_once)
    print(resident("VmHWM") - before, time.process_time() - start)


def alone(batch: int, rows_at_once: int | None) -> tuple[float, float]:
    """What a process of this script says."""
    search = os.pathsep.join([str(Path(pm.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "benchmarks.alignment.large_batch", "--measure", str(batch), str(rows_at_once)]
    memory, seconds = subprocess.check_output(command, text=True, env=os.environ | {"PYTHONPATH": search}).split()
    return float(memory), float(seconds)


def difference() -> float:
    """Of the gradients of a batch in parts from those of the whole, as a share of the largest number in each."""
    step, batch = made(COMPARED)
    step.eval()  # nothing is drawn, so that nothing is drawn differently
    parts, whole = gradients(step, batch, 32), gradients(step, batch, None)
    return max(
        float((one - other).abs().max() / other.abs().max().clamp(min=1e-12))
        for one, other in zip(parts, whole, strict=True)
    )


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        return measured(int(sys.argv[2]), None if sys.argv[3] == "None" else int(sys.argv[3]))
    lines: list[dict[str, object]] = []
    ratios, needed = [], 0.0
    apart = difference()
    for batch in BATCHES:
        own, taken = alone(batch, PARTS)
        line: dict[str, object] = {"batch": f"{batch:,}", f"{PARTS} at once, MB": own, f"{PARTS} at once, s": taken}
        if available() > ROOM * needed * batch:
            whole, seconds = alone(batch, None)
            needed = whole / batch
            ratios.append(own / whole)
            line |= {"all at once, MB": whole, "all at once, s": seconds, "memory, x": own / whole}
            line |= {"time, x": taken / seconds}
        else:
            line |= {"all at once, MB": f"about {needed * batch:,.0f}, not there"}
        lines.append({**dict.fromkeys(_headings(), ""), **line})
    publish(
        Outcome(
            name="alignment/large_batch",
            question=f'A step of `objective="align"` on pictures ({SIDE} x {SIDE}) and sentences, encoded from '
            f"scratch with `rows_at_once={PARTS}`: how much memory does it take beside network and cells, and how "
            "long, next to the whole batch at once?",
            mark=f"memory <= {MEMORY:g} x at the largest batch that fits as a whole; gradients apart by <= {EXACT:g}",
            is_reached=bool(ratios) and ratios[-1] <= MEMORY and apart <= EXACT,
            table=lines,
            seeds=str(SEED),
            notes=[
                "Peak resident memory of a process for each, less what it had with network and cells in it; CPU time, "
                "one thread.",
                f"Gradients of {COMPARED} rows, 32 at once, without dropout: apart by {apart:.1e} of the largest "
                "number in each, at most.",
            ],
        )
    )


def _headings() -> list[str]:
    both = [f"{who} at once, {what}" for who in (PARTS, "all") for what in ("MB", "s")]
    return ["batch", *both, "memory, x", "time, x"]


if __name__ == "__main__":
    main()
