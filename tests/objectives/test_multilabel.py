"""Each label has its own gaps, prior and loss."""

import numpy as np
import torch
from torch.nn import functional as F

from polymodal.objectives.multilabel import MultilabelObjective
from polymodal.schema.batch import Fused, KnownLabels
from polymodal.schema.target import Labels, Multilabel

VALUES = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
KNOWN = np.array([[True, False], [True, True], [True, False]])


def objective() -> MultilabelObjective:
    torch.manual_seed(0)
    return MultilabelObjective(Multilabel(classes=("wet", "cold")), 4)


def test_prior_is_each_labels_share_where_it_is_known() -> None:
    one = objective()
    one.measure(Labels(VALUES, KNOWN), None)
    np.testing.assert_allclose(one.outputs(one.prior), [2.5 / 4, 0.5 / 2], rtol=1e-6)


def test_loss_is_the_mean_over_known_labels_of_present_rows() -> None:
    one, values, present = objective(), torch.randn(3, 4), torch.tensor([True, True, False])
    labels = KnownLabels(torch.from_numpy(VALUES), torch.from_numpy(KNOWN))
    each = F.binary_cross_entropy_with_logits(one.head(values), torch.from_numpy(VALUES).float(), reduction="none")
    expected = (each[0, 0] + each[1, 0] + each[1, 1]) / 3
    torch.testing.assert_close(one(Fused(values, present), labels).loss, expected)
    weight = torch.tensor([1.0, 3.0, 5.0])
    expected = (each[0, 0] + 3 * each[1, 0] + 3 * each[1, 1]) / 7
    torch.testing.assert_close(one(Fused(values, present), labels, weight).loss, expected)


def test_what_is_unknown_cannot_be_seen() -> None:
    one, values, present = objective(), torch.randn(3, 4), torch.ones(3, dtype=torch.bool)
    losses = []
    for filler in (0.0, 1.0):
        labels = KnownLabels(torch.from_numpy(np.where(KNOWN, VALUES, filler)), torch.from_numpy(KNOWN))
        losses.append(one(Fused(values, present), labels))
    assert torch.equal(losses[0].loss, losses[1].loss)


def test_labels_do_not_compete() -> None:
    outputs = objective().outputs(torch.tensor([[50.0, 50.0]]))
    np.testing.assert_allclose(outputs, [[1.0, 1.0]])
