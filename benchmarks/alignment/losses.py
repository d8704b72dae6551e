"""What a contrastive loss takes in memory and time, taken a stretch of rows at a time, beside open_clip's."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

import polymodal as pm
from benchmarks.loading.environments import environment
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

BATCHES, WIDTH, SEED = (512, 1024) if QUICK else (16_384, 32_768), 256, 0
ROWS, LACKING = 2_048, 0.3  # of the comparison of values: rows, and the share that lacks one of the two
MEMORY, TIME, EXACT = 0.1, 1.2, 1e-5
SHARP = {"sigmoid": 10.0, "infonce": 1 / 0.07}
CALLED = {"sigmoid": "SigLipLoss", "infonce": "ClipLoss"}
LIVE = {"sigmoid": 5.2, "infonce": 4.3}  # tensors of batch x batch that open_clip's losses hold at once
SPARE = 1_000  # MB for all else
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def vectors(n: int) -> list[Tensor]:
    """`[n, WIDTH]` twice, of length one; the second leans to the first."""
    random = torch.Generator().manual_seed(SEED)
    first = torch.randn(n, WIDTH, generator=random)
    second = first + torch.randn(n, WIDTH, generator=random)
    return [F.normalize(one, dim=1).requires_grad_() for one in (first, second)]


def present() -> tuple[np.ndarray, np.ndarray]:
    """Which of ROWS rows have the first and the second of two modalities."""
    random = np.random.default_rng(SEED)
    lacks, which = random.random(ROWS) < LACKING, random.integers(0, 2, ROWS)
    return np.flatnonzero(~(lacks & (which == 0))), np.flatnonzero(~(lacks & (which == 1)))


def ours(kind: str) -> tuple[torch.nn.Module, Callable[..., Tensor]]:
    """The objective of two modalities, and the loss of vectors with their rows."""
    from polymodal.contrastive._contrast import Placed
    from polymodal.registry import CONTRASTS

    contrast = CONTRASTS.get(kind)(("a", "b"), WIDTH)

    def loss(first: Tensor, second: Tensor, first_rows: Tensor, second_rows: Tensor) -> Tensor:
        told: Tensor = contrast({"a": Placed(first, first_rows), "b": Placed(second, second_rows)})
        return told

    return contrast, loss


def theirs(kind: str) -> tuple[list[Tensor], Callable[[Tensor, Tensor], Tensor]]:
    """The loss of open_clip_torch, with its factor and offset as it starts from."""
    # Its package as a whole needs a build of torchvision that goes with this torch; the losses need nothing.
    [package] = find_spec("open_clip").submodule_search_locations  # type: ignore[union-attr, misc]
    spec = spec_from_file_location("loss", Path(package) / "loss.py")
    assert spec is not None
    assert spec.loader is not None
    open_clip = module_from_spec(spec)
    spec.loader.exec_module(open_clip)
    log_factor = torch.tensor(SHARP[kind]).log().requires_grad_()
    offset = torch.tensor(-10.0, requires_grad=True)
    made = getattr(open_clip, CALLED[kind])()

    def loss(first: Tensor, second: Tensor) -> Tensor:
        told: Tensor = made(first, second, log_factor.exp(), *([offset] if kind == "sigmoid" else []))
        return told

    return [log_factor, *([offset] if kind == "sigmoid" else [])], loss


def told(who: str, kind: str, path: str) -> None:
    """In a process of its own: value and gradients of ROWS rows, of which some lack one modality, to a file."""
    values = vectors(ROWS)
    rows = [torch.from_numpy(one) for one in present()]
    if who == "polymodal":
        contrast, loss = ours(kind)
        value = loss(values[0][rows[0]], values[1][rows[1]], *rows)
        settings = list(contrast.parameters())
    else:  # the rows that have both, and no others
        settings, full = theirs(kind)
        both = torch.from_numpy(np.intersect1d(*present()))
        value = full(values[0][both], values[1][both])
    slopes = torch.autograd.grad(value, [*values, *settings])
    np.savez(path, value.detach().numpy(), *(one.reshape(-1).numpy() for one in slopes))


def measured(who: str, kind: str, batch: int, repeats: int) -> None:
    """In a process of its own: MB that loss and gradient take beside the vectors, and least CPU seconds, one thread."""
    torch.set_num_threads(1)

    def step(values: list[Tensor]) -> None:
        n = len(values[0])
        if who == "polymodal":
            value = ours(kind)[1](*values, torch.arange(n), torch.arange(n))
        else:
            value = theirs(kind)[1](*values)
        value.backward()
        for one in values:
            one.grad = None

    step(vectors(64))
    values, taken = vectors(batch), []
    before = resident("VmRSS")
    for _ in range(repeats):
        start = time.process_time()
        step(values)
        taken.append(time.process_time() - start)
    print(resident("VmHWM") - before, min(taken))


def resident(what: str) -> float:
    """MB; VmHWM is the most so far."""
    return int(re.search(rf"{what}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def available() -> float:
    """MB that the machine could still give."""
    return int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) / 1024  # type: ignore[index]


def alone(who: str, *request: str) -> str:
    """What a process of this script says, in the environment of whom it is about."""
    python = sys.executable if who == "polymodal" else str(environment("open_clip"))
    search = os.pathsep.join([str(Path(pm.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    command = [python, "-m", "benchmarks.alignment.losses", *request, *(["--quick"] if QUICK else [])]
    return subprocess.check_output(command, text=True, env=os.environ | {"PYTHONPATH": search})


def difference(kind: str) -> float:
    """The largest of value and each gradient, as a share of the largest number in it."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for who in ("polymodal", "open_clip"):
            path = str(Path(folder) / f"{who}.npz")
            alone(who, "--told", who, kind, path)
            with np.load(path) as kept:
                found.append([kept[name] for name in kept.files])
    return max(
        float(np.abs(one - other).max() / max(np.abs(other).max(), 1e-30)) for one, other in zip(*found, strict=True)
    )


def main() -> None:
    if sys.argv[1:2] == ["--told"]:
        return told(*sys.argv[2:5])
    if sys.argv[1:2] == ["--measure"]:
        return measured(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
    lines: list[dict[str, object]] = []
    is_reached, skipped = True, []
    for kind in SHARP:
        apart = difference(kind)
        is_reached &= apart <= EXACT
        for batch in BATCHES:
            own, taken = map(float, alone("polymodal", "--measure", "polymodal", kind, str(batch), "2").split())
            line: dict[str, object] = {"loss": kind, "batch": f"{batch:,}", "MB": own, "s": taken}
            if available() > SPARE + LIVE[kind] * 4 * batch**2 / 2**20:
                memory, seconds = map(
                    float, alone("open_clip", "--measure", "open_clip", kind, str(batch), "2").split()
                )
                line |= {"open_clip, MB": memory, "open_clip, s": seconds}
                line |= {"memory, x": own / memory, "time, x": taken / seconds}
                is_reached &= own <= MEMORY * memory and taken <= TIME * seconds
            else:
                skipped.append(f"{kind} {batch:,}")
            lines.append(line | {"apart at most": apart})
    publish(
        Outcome(
            name="alignment/losses",
            question=f"The pairwise sigmoid and InfoNCE of two modalities, {WIDTH} numbers a vector: how much memory "
            "do loss and gradient take beside the vectors, and how long, next to SigLipLoss and ClipLoss of "
            "open_clip_torch? And are they the same, where some rows lack one of the two?",
            mark=f"memory <= 1/10, time <= {TIME} x; apart from the rows with both by <= {EXACT:g}",
            is_reached=bool(is_reached),
            table=lines,
            seeds=str(SEED),
            notes=[
                "Peak resident memory of a process for each, less what it had with the vectors in it; CPU time, one "
                "thread, the lesser of two.",
                f"Apart: value and gradients of {ROWS:,} rows, of which {LACKING:.0%} lack one modality, against "
                "open_clip on the rows that have both, as a share of the largest number.",
                *([f"Not run in open_clip, as this machine has too little memory left: {', '.join(skipped)}. What it "
                   "takes grows with the square of the batch."] if skipped else []),
            ],
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
