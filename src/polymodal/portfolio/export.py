"""What a portfolio holds besides its networks as tensors and JSON, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor

from polymodal.network import Network
from polymodal.portfolio.diagnosis import Use
from polymodal.portfolio.portfolio import Portfolio, Standing
from polymodal.portfolio.stack import Stack
from polymodal.registry import FEATURES, LEARNERS
from polymodal.schema.target import Target


def pack(portfolio: Portfolio) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Features, learners, weights, baselines and standings. Names may hold anything, so tensors go by number."""
    arrays: dict[str, np.ndarray] = {}

    def keep(prefix: str, some: Mapping[str, np.ndarray]) -> None:
        arrays.update({f"{prefix}/{name}": value for name, value in some.items()})

    features, targets = [], []
    for i, (name, one) in enumerate(portfolio.features.items()):
        own, config = one.export()
        keep(f"features/{i}", own)
        features.append({"modality": name, "kind": one.kinds[0], "config": config})
    for i, name in enumerate(portfolio.targets):
        learners = []
        for j, (member, learner) in enumerate(portfolio.learners.get(name, {}).items()):
            own, config = learner.export()
            keep(f"learner/{i}/{j}", own)
            learners.append({"member": member, "learner": member.split(":")[0], "config": config})
        told: dict[str, Any] = {
            "learners": learners,
            "standings": [asdict(one) for one in portfolio.standings.get(name, ())],
            "uses": [asdict(one) for one in portfolio.uses.get(name, ())],
        }
        if name in portfolio.stacks:
            stack = portfolio.stacks[name]
            keep(f"stack/{i}", {"prior": stack.prior, "patterns": stack.patterns, "weights": stack.weights})
            told["members"] = list(stack.members)
        if name in portfolio.baselines:
            keep(f"baseline/{i}", dict(zip(("times", "hazard"), portfolio.baselines[name], strict=True)))
            told["has_baseline"] = True
        targets.append(told)
    return {n: torch.from_numpy(np.array(one)) for n, one in arrays.items()}, {"features": features, "targets": targets}


def unpack(
    tensors: Mapping[str, Tensor],
    record: Mapping[str, Any],
    targets: Mapping[str, Target],
    networks: Mapping[str, Sequence[Network]],
) -> Portfolio:
    """The portfolio that `pack` wrote down, around its networks. Raises KeyError when something is not there."""

    def below(prefix: str) -> dict[str, np.ndarray]:
        return {n[len(prefix) + 1 :]: one.numpy() for n, one in tensors.items() if n.startswith(f"{prefix}/")}

    features = {
        one["modality"]: FEATURES.get(one["kind"]).restore(below(f"features/{i}"), one["config"])
        for i, one in enumerate(record["features"])
    }
    learners, stacks, baselines, standings, uses = {}, {}, {}, {}, {}
    for i, (name, told) in enumerate(zip(targets, record["targets"], strict=True)):
        learners[name] = {
            one["member"]: LEARNERS.get(one["learner"]).restore(below(f"learner/{i}/{j}"), one["config"])
            for j, one in enumerate(told["learners"])
        }
        if "members" in told:
            stacks[name] = Stack(members=tuple(told["members"]), **below(f"stack/{i}"))
        if told.get("has_baseline"):
            baseline = below(f"baseline/{i}")
            baselines[name] = (baseline["times"], baseline["hazard"])
        standings[name] = [Standing(**one) for one in told["standings"]]
        uses[name] = [Use(**one) for one in told.get("uses", ())]  # not in the first files
    return Portfolio(targets, networks, features, learners, stacks, baselines, standings, uses)
