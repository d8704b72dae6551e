"""Networks and learners asked as one: their evidence weighed, for every pattern."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields

import numpy as np
import pandas as pd
import torch

from polymodal.features._features import Features
from polymodal.learners._design import Design
from polymodal.learners._evidence import evidence_of, outputs_of, width_of
from polymodal.learners._learner import Learner
from polymodal.network import Network
from polymodal.objectives.survival import SurvivalObjective
from polymodal.portfolio.diagnosis import Use
from polymodal.portfolio.stack import Stack
from polymodal.schema.target import Target
from polymodal.store.memory import Memory
from polymodal.sweep import mean_outputs
from polymodal.training.settings import NETWORK


@dataclass(frozen=True)
class Standing:
    """How one member, or all together, did on rows held out: the metric that matters, and its weight in the answer."""

    member: str
    metric: str
    value: float | None
    weight: float | None


@dataclass(frozen=True)
class Portfolio:
    """Everything that answers.

    Attributes:
        targets: settings of each target.
        networks: by member, those whose answers are averaged: "network", and any further fusion by its name.
        features: plain features of each modality.
        learners: for each target its learners by member name.
        stacks: for each target the weights of its members; empty when the networks answer alone.
        baselines: for each survival target, event times and cumulative hazard.
        standings: for each target how its members did on rows held out, best first.
        uses: for each target how much of each modality is used.
    """

    targets: Mapping[str, Target]
    networks: Mapping[str, Sequence[Network]] = field(default_factory=dict)
    features: Mapping[str, Features] = field(default_factory=dict)
    learners: Mapping[str, Mapping[str, Learner]] = field(default_factory=dict)
    stacks: Mapping[str, Stack] = field(default_factory=dict)
    baselines: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    standings: Mapping[str, Sequence[Standing]] = field(default_factory=dict)
    uses: Mapping[str, Sequence[Use]] = field(default_factory=dict)

    @classmethod
    def of_networks(
        cls,
        targets: Mapping[str, Target],
        networks: Sequence[Network],
        uses: Mapping[str, Sequence[Use]] | None = None,
        member: str = NETWORK,
    ) -> Portfolio:
        """Networks of one fusion that answer by themselves."""
        baselines = {
            name: (objective.times.cpu().numpy(), objective.hazard.cpu().numpy())
            for name, objective in networks[0].objectives.items()
            if isinstance(objective, SurvivalObjective)
        }
        return cls(targets, {member: networks}, baselines=baselines, uses=uses or {})

    def leaderboard(self) -> pd.DataFrame:
        """One line for each target and member, and for all together: the metric on rows held out, and the weight.

        Weights are those of a row that has everything. What has a weight above zero in no pattern does not answer.
        """
        lines = [
            {"target": name, "member": one.member, one.metric: one.value, "weight": one.weight}
            for name, standings in self.standings.items()
            for one in standings
        ]
        return pd.DataFrame(lines, columns=None if lines else ["target", "member", "weight"])

    def diagnosis(self) -> pd.DataFrame:
        """One line for each target and modality: its rows held out, and the fields of `Use`."""
        lines = [{"target": name, **asdict(one)} for name, uses in self.uses.items() for one in uses]
        return pd.DataFrame(lines, columns=["target", *(one.name for one in fields(Use))])

    def describe(self, fusion: str) -> str:
        """What it is made of, in a few words.

        >>> Portfolio({}, learners={"y": {"trees": None, "trees:x": None}}).describe("late")
        'trees'
        """
        kinds = {member.split(":")[0] for learners in self.learners.values() for member in learners}
        networks = []
        for member, some in self.networks.items():
            several = f" x {len(some)}" if len(some) > 1 else ""
            networks.append(f"{fusion if member == NETWORK else member} network{several}")
        return ", ".join(networks + sorted(kinds))

    @property
    def columns(self) -> dict[str, slice]:
        """Where the outputs of each target stand among all of them."""
        columns, start = {}, 0
        for name, target in self.targets.items():
            columns[name] = slice(start, start + width_of(target))
            start += width_of(target)
        return columns

    def answer(self, memory: Memory, patterns: np.ndarray, device: torch.device | str = "cpu") -> np.ndarray:
        """`[P, N, O]` outputs of all targets side by side, of every row under every pattern `[P, M]`."""
        if not self.stacks:
            [networks] = self.networks.values()
            return mean_outputs(networks, memory, patterns, device)
        heard = {member for stack in self.stacks.values() for member in stack.used & set(self.networks)}
        said = {member: mean_outputs(self.networks[member], memory, patterns, device) for member in sorted(heard)}
        views = {view for learners in self.learners.values() for one in learners.values() for view in one.views}
        design = Design.of(self.features, memory.arrays, memory.present, tuple(views))
        kept = patterns[:, None, :] & memory.present[None, :, :]
        found = []
        for name, target in self.targets.items():
            stack = self.stacks[name]
            weights = stack.weigh(kept)
            total = np.zeros((len(patterns), len(memory), width_of(target)))
            for position, member in enumerate(stack.members):
                share = weights[:, :, position, None]
                wanted = np.flatnonzero(share.any(axis=(1, 2)))  # many weights are zero, and trees take their time
                if not len(wanted):
                    continue
                if member in said:
                    evidence = evidence_of(target, said[member][wanted][:, :, self.columns[name]], stack.prior)
                else:
                    evidence = self.learners[name][member].answer(design, patterns[wanted])
                total[wanted] += share[wanted] * evidence
            total[~kept.any(axis=2)] = 0.0
            found.append(outputs_of(target, total, stack.prior))
        return np.concatenate(found, axis=2)
