"""Softmax against its definition; the prior is what training rows show."""

import numpy as np
import torch
from torch.nn import functional as F

from polymodal.objectives.category import CategoryObjective
from polymodal.schema.batch import Fused, KnownLabels
from polymodal.schema.target import Category, Labels

CODES = np.array([0, 0, 1, 2, 0])
KNOWN = np.array([True, True, True, True, False])


def objective() -> CategoryObjective:
    torch.manual_seed(0)
    return CategoryObjective(Category(classes=("a", "b", "c")), 4)


def test_prior_is_the_share_of_each_class_with_one_row_spread_over_all() -> None:
    one = objective()
    one.measure(Labels(CODES, KNOWN), None)
    np.testing.assert_allclose(one.outputs(one.prior), [(2 + 1 / 3) / 5, (1 + 1 / 3) / 5, (1 + 1 / 3) / 5], rtol=1e-6)
    one.measure(Labels(CODES, KNOWN), torch.tensor([0.0, 0.0, 1.0, 0.0, 9.0]))
    np.testing.assert_allclose(one.outputs(one.prior), [1 / 6, 4 / 6, 1 / 6], rtol=1e-6)


def test_nothing_present_gets_the_prior_and_nothing_else() -> None:
    one = objective()
    one.measure(Labels(CODES, KNOWN), None)
    raw = one.raw(Fused(torch.randn(2, 4), torch.tensor([True, False])))
    assert torch.equal(raw[1], one.prior)
    assert not torch.equal(raw[0], one.prior)


def test_loss_is_the_weighted_mean_over_known_and_present_rows() -> None:
    one, weight = objective(), torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0])
    present = torch.tensor([True, True, False, True, True])
    values = torch.randn(5, 4)
    labels = KnownLabels(torch.from_numpy(CODES), torch.from_numpy(KNOWN))
    each = F.cross_entropy(one.head(values), torch.from_numpy(CODES), reduction="none")
    counts = [0, 1, 3]
    expected = (each * weight)[counts].sum() / weight[counts].sum()
    torch.testing.assert_close(one(Fused(values, present), labels, weight).loss, expected)


def test_no_known_label_is_no_loss_and_still_has_a_gradient() -> None:
    one = objective()
    labels = KnownLabels(torch.zeros(2, dtype=torch.int64), torch.zeros(2, dtype=torch.bool))
    loss = one(Fused(torch.randn(2, 4), torch.ones(2, dtype=torch.bool)), labels).loss
    loss.backward()
    assert loss.item() == 0.0
    assert not one.head.weight.grad.any()


def test_probabilities_sum_to_one_to_double_precision() -> None:
    outputs = objective().outputs(torch.randn(100, 3) * 50)
    np.testing.assert_allclose(outputs.sum(dim=1), 1, rtol=1e-14)
