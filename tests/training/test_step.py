"""Kept apart, the losses add up to what they are together."""

import numpy as np
import pytest
import torch

from polymodal.training.step import ALONE, Shown, Step


def test_the_losses_add_up(network, losses, rows) -> None:
    batch = rows.batch(np.arange(len(rows)), with_labels=True)
    together = Step(network, apart=False)(Shown(batch, torch.from_numpy(rows.present)[None]))
    assert losses.total.item() == pytest.approx(together.item())
    mean = sum(one.item() for one in losses.alone.values()) / len(losses.alone)
    assert together.item() == pytest.approx(losses.joint.item() + ALONE * mean)
