"""What an answer adds to the prior: the scale on which learners and networks are weighed against each other.

Evidence `[N, R]` is zero for a row with nothing. Added to the prior it gives log probabilities up to a constant
(category, ordinal), logits (multilabel), the mean (number) or the log risk (survival).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_softmax, logit

from polymodal.schema.target import Discrete, Labels, Multilabel, Survival, Target

CLASSES = ("category", "ordinal")  # kinds of target whose outputs are the probabilities of one class out of several
_SURE = 1e-9  # no probability is taken to be closer to 0 or 1


def width_of(target: Target) -> int:
    """R, and the number of outputs: classes, labels, or one."""
    return len(getattr(target, "classes", ())) or 1


def prior_of(target: Target, labels: Labels, weight: np.ndarray | None) -> np.ndarray:
    """`[R]` what is known of a row with nothing: log shares of the classes, logits of the labels, the mean, or zero.

    A row of pseudo-counts is spread over the classes, so that one not seen stays possible. Classes count by their
    weights, as they do in every loss.
    """
    share = target.loss_weight(labels, np.ones(len(labels)) if weight is None else weight)
    if isinstance(target, Discrete):
        counts = np.bincount(labels.values[labels.known], share[labels.known], minlength=width_of(target))
        return np.asarray(np.log((counts + 1 / len(counts)) / (counts.sum() + 1)))
    if isinstance(target, Multilabel):
        shares = labels.known * share
        return np.asarray(logit(((labels.values * shares).sum(axis=0) + 0.5) / (shares.sum(axis=0) + 1)))
    if isinstance(target, Survival):
        return np.zeros(1)
    return np.array([np.average(labels.values[labels.known], weights=share[labels.known])])


def evidence_of(target: Target, outputs: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Outputs `[..., R]` (probabilities, means, log risks) as evidence."""
    if isinstance(target, Discrete):
        return np.asarray(np.log(outputs.clip(_SURE, None)) - prior)
    if isinstance(target, Multilabel):
        return np.asarray(logit(outputs.clip(_SURE, 1 - _SURE)) - prior)
    return np.asarray(outputs - prior)


def class_evidence(raw: np.ndarray, seen: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Logits `[..., S]` of the classes that had rows as evidence `[..., C]`; of the others only their prior is known.

    >>> class_evidence(np.log([[0.9, 0.1]]), np.array([0, 2]), np.log([0.4, 0.2, 0.4])).round(2).tolist()
    [[0.59, 0.0, -1.61]]
    """
    found = np.zeros((*raw.shape[:-1], len(prior)))
    mass = np.logaddexp.reduce(prior[seen])
    found[..., seen] = log_softmax(raw, axis=-1) + mass - prior[seen]
    return found


def outputs_of(target: Target, evidence: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Evidence `[..., R]` as outputs; the other way round.

    >>> from polymodal.schema.target import Category
    >>> yes_or_no, prior = Category(classes=("no", "yes")), np.log([0.75, 0.25])
    >>> outputs_of(yes_or_no, np.zeros((1, 2)), prior).round(2).tolist()
    [[0.75, 0.25]]
    """
    total = evidence + prior
    if isinstance(target, Discrete):
        return np.asarray(np.exp(log_softmax(total, axis=-1)))
    return np.asarray(expit(total) if isinstance(target, Multilabel) else total)
