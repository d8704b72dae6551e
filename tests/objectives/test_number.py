"""Numbers are learnt on a standard scale and answered on their own."""

import numpy as np
import torch

from polymodal.objectives.number import NumberObjective
from polymodal.schema.batch import Fused, KnownLabels
from polymodal.schema.target import Labels, Number

VALUES = np.array([10.0, 20.0, 60.0, 1e9])
KNOWN = np.array([True, True, True, False])


def objective(weight: torch.Tensor | None = None) -> NumberObjective:
    torch.manual_seed(0)
    one = NumberObjective(Number(), 4)
    one.measure(Labels(np.where(KNOWN, VALUES, 0.0), KNOWN), weight)
    return one


def test_scale_is_the_mean_and_spread_of_known_labels() -> None:
    one = objective()
    np.testing.assert_allclose([one.mean, one.std], [VALUES[:3].mean(), VALUES[:3].std()])
    weighted = objective(torch.tensor([1.0, 1.0, 2.0, 7.0]))
    again = np.array([10.0, 20.0, 60.0, 60.0])
    np.testing.assert_allclose([weighted.mean, weighted.std], [again.mean(), again.std()])


def test_the_prior_is_the_mean() -> None:
    one = objective()
    np.testing.assert_allclose(one.outputs(one.prior[None, :]), [[30.0]])


def test_loss_is_the_squared_error_in_spreads() -> None:
    one, values = objective(), torch.randn(4, 4)
    labels = KnownLabels(torch.from_numpy(VALUES), torch.from_numpy(KNOWN))
    loss = one(Fused(values, torch.ones(4, dtype=torch.bool)), labels).loss.item()
    answers = one.outputs(one.head(values)).detach().numpy()[:, 0]
    np.testing.assert_allclose(loss, (((answers - VALUES) / VALUES[:3].std())[:3] ** 2).mean(), rtol=1e-5)


def test_constant_labels_do_not_divide_by_zero() -> None:
    one = NumberObjective(Number(), 4)
    one.measure(Labels(np.ones(3), np.ones(3, dtype=bool)), None)
    assert torch.isfinite(one.outputs(torch.randn(3, 1))).all()


def test_large_numbers_keep_their_digits() -> None:
    one = NumberObjective(Number(), 4)
    one.measure(Labels(np.array([1e9, 1e9 + 2]), np.ones(2, dtype=bool)), None)
    np.testing.assert_allclose(one.outputs(torch.tensor([[-1.0], [1.0]])), [[1e9], [1e9 + 2]], rtol=1e-15)


def test_the_unit_does_not_matter() -> None:
    one = NumberObjective(Number(), 4)
    one.measure(Labels(1e-30 * np.arange(4.0), np.ones(4, dtype=bool)), None)
    np.testing.assert_allclose([one.mean, one.std], [1.5e-30, 1e-30 * np.arange(4.0).std()])
    one.measure(Labels(np.full(4, 7.0), np.ones(4, dtype=bool)), None)
    assert one.std == 1.0
