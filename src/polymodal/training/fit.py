"""The loop: full rows and drawn patterns, early stopping on the validation lattice, exact resume."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from polymodal.errors import FitError, SettingError
from polymodal.network import Network
from polymodal.registry import BALANCES
from polymodal.schema.target import Target
from polymodal.store.memory import Memory
from polymodal.training.balance._balance import Balance
from polymodal.training.checkpoint import Checkpoint
from polymodal.training.difficulty import Difficulty, all_shown_from
from polymodal.training.history import OUT_OF_TIME, History
from polymodal.training.pace import Pace
from polymodal.training.patterns import validation_patterns
from polymodal.training.plan import Plan
from polymodal.training.schedules import SCHEDULES
from polymodal.training.segments import hide_segments
from polymodal.training.step import Shown, Step
from polymodal.training.validation import validate

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_CLIP = 1.0

Report = Callable[[int, int, Mapping[str, float]], None]  # epoch, of how many, what to watch


def fit(
    network: Network,
    train: Memory,
    validation: Memory,
    targets: Mapping[str, Target],
    plan: Plan,
    *,
    in_parts: Collection[str] = (),
    seed: int = 0,
    budget: float | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> History:
    """Train `network` in place and leave it with the weights of the best epoch.

    `in_parts` names the modalities of whose cells a part may be hidden; `budget` is in seconds. With `checkpoint` the
    state is written after every epoch, and a run that finds a checkpoint of the same settings goes on from it to the
    same weights, bit for bit on CPU, as if never stopped.
    Raises FitError when the loss stops being finite, SettingError for a precision or accelerator that is not there.
    """
    fabric = _fabric(plan)
    names = tuple(train.collate)
    patterns = validation_patterns(len(names))
    schedule = SCHEDULES[plan.patterns](train.present)
    balance: Balance | None = None
    if plan.balance != "none":
        balance = BALANCES.get(plan.balance)(names, plan.epochs - plan.pretrain)
    difficulty = Difficulty(train, targets) if plan.curriculum == "difficulty" else None
    step = Step(network, balance is not None, plan.rows_at_once, fabric.world_size)
    optimizer = adamw(network, plan)
    stepper, optimizer = fabric.setup(step, optimizer)
    history, best = History(), _copy(network)
    store = None
    if checkpoint:
        about = {"plan": vars(plan), "seed": seed, "network": str(network), "rows": train.digest()}
        store = Checkpoint(checkpoint, about)
    spent = 0.0
    if store and store.exists():
        history, best, spent = store.load(network, optimizer)
        history.stopped = _verdict(history, plan, spent, budget)  # with the budget of this run
    epoch, pace = len(history.losses), Pace(plan, budget, spent)
    devices = [fabric.device] if fabric.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        while not history.stopped:
            shown = np.arange(len(train))
            if difficulty:
                shown = difficulty.rows(network, pace.together(pace.done(epoch)), fabric.device)
            n_batches = math.ceil(len(shown) / plan.batch_size)
            # All randomness of an epoch hangs on (seed, epoch), so a resumed run draws what it would have drawn.
            torch.manual_seed((seed + 1) * 1_000_003 + epoch)
            network.train()
            pretrains = epoch == history.pretrained < plan.pretrain and not pace.is_late_for_pretraining
            history.pretrained += pretrains
            balancing = None if pretrains else balance
            if balancing:
                balancing.begin(history.balance)
            total = 0.0
            for index, (_, batch) in enumerate(train.shuffled(shown, plan.batch_size, seed, epoch)):
                done = pace.done(epoch + index / n_batches)
                _set_rate(optimizer, plan, done)
                present = batch.present(names)
                kept = torch.stack([present, schedule.draw(present, pace.together(done))])
                if pretrains:
                    kept = kept[:0]
                if plan.segments:
                    batch = hide_segments(batch, in_parts, plan.segments)
                loss = stepper(Shown(batch.to(fabric.device), kept.to(fabric.device)))
                optimizer.zero_grad()
                if balancing:
                    loss = balancing.backward(network, loss, fabric.backward)
                else:
                    fabric.backward(loss)
                if not torch.isfinite(loss):
                    raise FitError(f"the loss became {loss.item()} in epoch {epoch + 1}; lower learning_rate")
                fabric.clip_gradients(stepper, optimizer, max_norm=_CLIP, error_if_nonfinite=False)
                optimizer.step()
                total += float(loss.detach())
                if pace.is_over_budget:
                    break
            result = validate(network, validation, patterns, targets, fabric.device)
            history.losses.append(total / (index + 1))
            history.validation.append(result.shortfall)
            history.metrics.append(dict(result.metrics))
            if balancing:
                history.balance.append(balancing.finish(network, train, validation, fabric.device))
            if result.shortfall <= min(history.validation[min(history.pretrained, epoch) :]):
                history.best_epoch, best = epoch, _copy(network)
            epoch += 1
            elapsed = pace.elapsed
            history.stopped = _verdict(history, plan, elapsed, budget)
            if store:
                store.save(network, optimizer, history, best, elapsed)
            if report:
                report(
                    epoch, plan.epochs, {"loss": history.losses[-1], "validation": result.shortfall, **result.metrics}
                )
    network.load_state_dict(best)
    network.eval()
    return history


def _fabric(plan: Plan) -> Fabric:
    # Here, since it loads a compiler and takes as long as torch: what only answers goes without.
    from lightning_fabric import Fabric

    try:
        fabric = Fabric(accelerator=plan.accelerator, devices=1, precision=plan.precision)  # type: ignore[arg-type]
        torch.zeros(1, dtype=torch.float64, device=fabric.device)  # labels need it, and not every device has it
        return fabric
    except (ValueError, RuntimeError, TypeError) as error:
        raise SettingError(
            f"accelerator={plan.accelerator!r} with precision={plan.precision!r} cannot be had here: {error}"
        ) from error


def _verdict(history: History, plan: Plan, elapsed: float, budget: float | None) -> str:
    if len(history.losses) >= plan.epochs:
        return "all epochs done"
    first = max(history.pretrained, all_shown_from(plan))  # no verdict before everything has been shown
    if len(history.losses) - 1 - max(history.best_epoch, first - 1) >= plan.patience:
        return f"no better validation lattice for {plan.patience} epochs"
    if budget and elapsed >= budget:
        return OUT_OF_TIME
    return ""


def _set_rate(optimizer: torch.optim.Optimizer, plan: Plan, done: float) -> None:
    """Warm up over 5 % of the run, then a cosine to zero; the run ends with its epochs or its budget."""
    scale = min(1.0, done / 0.05 + 0.02) * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))
    for group in optimizer.param_groups:
        group["lr"] = plan.learning_rate * scale


def adamw(network: Network, plan: Plan) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter 2019) in one pass over all weights, unless half precision needs the scaled one."""
    groups = _groups(network, plan.weight_decay)
    fused = plan.precision != "16-mixed"  # its gradients are unscaled inside a fused step, too late to clip them
    return torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.98), fused=fused)


def _groups(network: Network, weight_decay: float) -> list[dict[str, object]]:
    """Matrices decay; biases, norms and lone vectors do not."""
    decayed = [p for p in network.parameters() if p.requires_grad and p.ndim > 1]
    others = [p for p in network.parameters() if p.requires_grad and p.ndim <= 1]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
