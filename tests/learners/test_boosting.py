"""The slopes that LightGBM is given for survival, against automatic differentiation."""

import numpy as np
import pytest
import torch

from polymodal.errors import ArtifactError
from polymodal.learners._boosting import _cox_slopes, boost, load
from polymodal.learners._learner import Task
from polymodal.objectives.survival import cox_loss
from polymodal.schema.target import Labels, Number

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighed", [False, True])
def test_cox_slopes_are_those_of_the_loss(ties, weighed):
    n = 40
    time = RANDOM.integers(1, 8, n).astype(float) if ties else RANDOM.exponential(size=n)
    labels = np.stack([time, RANDOM.random(n) < 0.6], axis=1).astype(float)
    weight = RANDOM.uniform(0.1, 3.0, n) if weighed else np.ones(n)
    risk = torch.from_numpy(RANDOM.normal(size=n)).requires_grad_()
    share = torch.from_numpy(weight)
    events = float((labels[:, 1] * weight).sum())

    def total(at):
        return events * cox_loss(at, torch.from_numpy(labels[:, 0]), torch.from_numpy(labels[:, 1]), share)

    (slope,) = torch.autograd.grad(total(risk), risk)
    curve = torch.autograd.functional.hessian(total, risk.detach()).diagonal()
    found = _cox_slopes(labels, weight)(risk.detach().numpy(), None)
    np.testing.assert_allclose(found[0], slope.numpy(), atol=1e-9)
    np.testing.assert_allclose(found[1], np.maximum(curve.numpy(), 1e-6), atol=1e-9)


def test_cox_slopes_without_an_event_are_zero():
    slope, curve = _cox_slopes(np.stack([np.arange(5.0), np.zeros(5)], axis=1), np.ones(5))(np.zeros(5), None)
    assert not slope.any()
    assert (curve > 0).all()


def test_boosted_risk_follows_the_hazard():
    x = RANDOM.normal(size=(300, 2))
    labels = np.stack([RANDOM.exponential(np.exp(-2 * x[:, 0])), np.ones(300)], axis=1)
    model = load(boost(x, labels, np.ones(300), "cox", 40, [], seeded()))
    assert np.corrcoef(model.predict(x), x[:, 0])[0, 1] > 0.8


def test_the_same_seed_gives_the_same_model():
    x, y = RANDOM.normal(size=(80, 6)), RANDOM.normal(size=80)
    first, again, other = (boost(x, y, np.ones(80), "regression", 5, [], seeded(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("text", ["", "tree", "no trees here\nat all"])
def test_a_damaged_model_is_refused(text):
    with pytest.raises(ArtifactError, match="the boosted trees in the file are damaged"):
        load(text)


def seeded(seed: int = 0) -> Task:
    return Task(Number(), Labels(np.zeros(0), np.zeros(0, bool)), np.zeros(0), np.zeros(1), seed)
