import numpy as np
import torch
from scipy.special import expit

from polymodal.objectives.ordinal import OrdinalObjective, log_probabilities
from polymodal.schema.batch import Fused, KnownLabels
from polymodal.schema.target import Labels, Ordinal

FOUR = Ordinal(levels=("a", "b", "c", "d"))


def objective(target=FOUR, width=5, seed=0):
    torch.manual_seed(seed)
    made = OrdinalObjective(target, width)
    with torch.no_grad():
        made.head.weight.normal_()
        made.head.bias.normal_()
    return made


def fused():
    return Fused(torch.randn(6, 5), torch.ones(6, dtype=torch.bool))


def test_probabilities_are_differences_of_passing():
    passed = np.array([[2.0, 0.5, -1.0], [0.0, -3.0, -40.0]])
    reached = np.concatenate([np.ones((2, 1)), expit(passed), np.zeros((2, 1))], axis=1)
    expected = -np.diff(reached, axis=1)
    found = log_probabilities(torch.from_numpy(passed)).exp().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_far_out_the_logarithm_stays_finite_with_a_gradient():
    passed = torch.tensor([[500.0, 499.0], [-499.0, -500.0]], requires_grad=True)
    log_probabilities(passed).sum().backward()
    assert torch.isfinite(passed.grad).all()


def test_answers_are_rank_consistent_whatever_the_weights():
    made = objective()
    with torch.no_grad():
        made.head.bias.copy_(torch.tensor([-1.0, 2.0, 0.5]))
    raw = made.raw(fused())
    assert bool((raw.diff(dim=1) <= 0).all())
    outputs = made.outputs(raw)
    torch.testing.assert_close(outputs.sum(dim=1), torch.ones(6, dtype=torch.float64))
    assert bool((outputs >= 0).all())


def test_two_levels_are_logistic_regression():
    made = objective(Ordinal(levels=(0, 1)))
    values = torch.tensor([0, 1, 1, 0, 1, 0])
    raw = made.head(fused().values)
    loss = made.loss(raw, KnownLabels(values, torch.ones(6, dtype=torch.bool)), torch.ones(6, dtype=torch.bool), None)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(raw[:, 0], values.float())
    torch.testing.assert_close(loss, expected)


def test_prior_is_the_share_of_each_level():
    made = objective()
    labels = Labels(np.repeat([0, 1, 2, 3], [40, 30, 20, 10]), np.ones(100, dtype=bool))
    made.measure(labels, None)
    expected = (np.array([40, 30, 20, 10]) + 0.25) / 101
    np.testing.assert_allclose(made.outputs(made.prior[None])[0].numpy(), expected, atol=1e-6)


def test_a_level_without_rows_keeps_the_prior_finite():
    made = objective()
    made.measure(Labels(np.array([0, 0, 3, 3]), np.ones(4, dtype=bool)), None)
    assert bool(torch.isfinite(made.prior).all())
