"""Weights by hand from two measurements, and what is measured."""

import numpy as np
import pytest
import torch

from polymodal.training.balance.blend import _EQUAL, GradientBlending, blending_weights

DEVICE = torch.device("cpu")


def test_weights_by_hand() -> None:
    before = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    after = np.array([[0.4, 0.2, 0.5], [0.6, 0.6, 1.1]])  # gains .4, .4 and none; overfitting .2, .4 and .6
    shares = np.array([0.4 / 0.2**2, 0.4 / 0.4**2, 0.0])
    expected = (1 - _EQUAL) * shares / shares.sum() + _EQUAL / 3
    np.testing.assert_allclose(blending_weights(before, after), expected)


def test_overfitting_counts_from_where_it_stood() -> None:
    before = np.array([[0.5, 1.0], [1.0, 1.0]])  # the first had overfitted before: only what is new counts
    after = np.array([[0.2, 0.7], [0.9, 0.9]])
    np.testing.assert_allclose(blending_weights(before, after), [0.5, 0.5])


def test_where_nothing_generalises_all_count_alike() -> None:
    before = np.ones((2, 4))
    assert blending_weights(before, before + 1) == pytest.approx([0.25] * 4)


def test_no_overfitting_at_all_is_no_division_by_zero() -> None:
    found = blending_weights(np.ones((2, 2)), np.array([[0.5, 0.9], [0.5, 0.9]]))
    assert found == pytest.approx([0.5 * _EQUAL + (1 - _EQUAL) * 5 / 6, 0.5 * _EQUAL + (1 - _EQUAL) / 6])


def test_losses_are_measured_and_weighed(network, losses, rows) -> None:
    names = list(network.encoders)
    balance = GradientBlending(names, 10)
    balance.begin([])
    assert balance.weights == [1 / 3] * 3
    total = balance.backward(network, losses, torch.Tensor.backward)
    apart = [*(losses.alone[name].item() for name in names), losses.joint.item()]
    assert total.item() == pytest.approx(sum(apart) / 3)
    note = balance.finish(network, rows, rows, DEVICE)
    assert note["train"] == note["validation"] == pytest.approx(apart)  # the same rows, without dropout
    better = {**note, "validation": [one - 0.1 * place for place, one in enumerate(note["validation"])]}
    balance.begin([note, better])
    before, after = (np.array([one["train"], one["validation"]]) for one in (note, better))
    assert balance.weights == blending_weights(before, after)


def test_it_is_measured_every_few_epochs(network, rows) -> None:
    balance, notes = GradientBlending(list(network.encoders), 30), []
    for _ in range(6):
        balance.begin(notes)
        notes.append(balance.finish(network, rows, rows, DEVICE))
    assert ["train" in one for one in notes] == [False, False, True] * 2
