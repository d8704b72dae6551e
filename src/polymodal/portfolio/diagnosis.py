"""How much of what a modality can tell by itself the joint model makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polymodal.learners._evidence import outputs_of
from polymodal.metrics import primary, primary_score
from polymodal.portfolio.jury import Jury

HEAD = "own head"


@dataclass(frozen=True)
class Use:
    """One modality by itself, on the rows held out that have it, in the metric that matters.

    Attributes:
        modality, metric: names.
        rows: how many have it and a known label.
        nothing: of the prior, which looks at no modality.
        alone: of the best that was trained on this modality by itself.
        best: which that is: a learner, or the network's own head for the modality.
        joint: of what was trained on all modalities, asked with this one only: the network, or without one all members.
        used: (joint - nothing) / (alone - nothing), at least 0; None where the modality by itself tells no more than so
            few rows may tell by chance.
    """

    modality: str
    metric: str
    rows: int
    nothing: float | None = None
    alone: float | None = None
    best: str | None = None
    joint: float | None = None
    used: float | None = None


def diagnose(
    jury: Jury,
    names: Sequence[str],
    evidence: Mapping[str, np.ndarray],
    joint: np.ndarray,
    heads: np.ndarray | None = None,
) -> list[Use]:
    """One line a modality, in the order of `names`.

    Args:
        jury: rows held out.
        names: M modalities.
        evidence: `[P, N, R]` of each member, named as in `Tried.name`.
        joint: `[P, N, R]` evidence of what is trained on all modalities.
        heads: `[M, N, R]` outputs of the network's own head of each modality.

    The best of a few is chosen on the rows it is judged on, and so a little too good.
    """
    metric, found = primary(jury.target), []
    for place, name in enumerate(names):
        rows = np.flatnonzero(jury.present[:, place] & jury.labels.known_rows)
        [pattern] = np.flatnonzero((jury.patterns.sum(axis=1) == 1) & jury.patterns[:, place])
        single = {member.partition(":")[0]: one for member, one in evidence.items() if member.partition(":")[2] == name}
        outputs = {member: outputs_of(jury.target, one[pattern], jury.prior) for member, one in single.items()}
        if heads is not None:
            outputs[HEAD] = heads[place]
        outputs["joint"] = outputs_of(jury.target, joint[pattern], jury.prior)
        outputs["nothing"] = outputs_of(jury.target, np.zeros_like(joint[pattern]), jury.prior)
        found.append(_use(name, metric, len(rows), {one: _score(jury, said, rows) for one, said in outputs.items()}))
    return found


def _score(jury: Jury, outputs: np.ndarray, rows: np.ndarray) -> float | None:
    if not len(rows):
        return None
    return primary_score(jury.target, outputs[rows], jury.labels.take(rows), jury.weight[rows])


def _use(name: str, metric: str, n_rows: int, scores: dict[str, float | None]) -> Use:
    joint, nothing = scores.pop("joint"), scores.pop("nothing")
    known = {one: value for one, value in scores.items() if value is not None}
    if joint is None or nothing is None or not known:
        return Use(name, metric, n_rows, nothing)
    best = max(known, key=lambda one: known[one])
    gap = known[best] - nothing
    told = gap > n_rows**-0.5  # two standard errors of an accuracy, at most
    used = max((joint - nothing) / gap, 0.0) if told else None
    return Use(name, metric, n_rows, nothing, known[best], best, joint, used)
