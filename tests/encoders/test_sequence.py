"""Strings of any length side by side; what repeats is read once and said alike."""

import pytest
import torch

from polymodal.encoders.sequence import SequenceEncoder
from polymodal.modalities.sequence import Sequence
from polymodal.schema.batch import Field

SAMPLES = ["CCO", "OCC", "", "CC(=O)Oc1ccccc1C(=O)O" * 4, "CCO"]


def made(samples: list[str]):
    kind = Sequence()
    statistics = kind.measure(samples)
    torch.manual_seed(0)
    encoder = SequenceEncoder(kind, statistics, 8, 0.0).eval()

    def run(some: list[str]) -> torch.Tensor:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in some], statistics)
        return encoder(Field(values, torch.arange(len(some)), mask)).values

    return encoder, run


@torch.no_grad()
def test_padding_and_neighbours_change_nothing() -> None:
    _, run = made(SAMPLES)
    together = run(SAMPLES)
    assert together.shape == (5, 3, 8)
    for row, sample in enumerate(SAMPLES):
        torch.testing.assert_close(together[row], run([sample])[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(together[0], together[4], atol=0, rtol=0)


@torch.no_grad()
def test_the_order_of_letters_and_the_length_matter() -> None:
    _, run = made(SAMPLES)
    one, other, empty, _, _ = run(SAMPLES)
    assert (one - other).abs().max() > 1e-4
    assert (one - empty).abs().max() > 1e-4
    assert torch.isfinite(run(["", "zzz", "雨"])).all()


@torch.no_grad()
def test_a_known_string_is_told_by_its_first_token_alone() -> None:
    _, run = made(["CCO"] * 3 + ["CCN"] * 3 + ["CC"])
    known, other, unknown, new = run(["CCO", "CCN", "CC", "CCCC"])[:, 0]
    assert (known - other).abs().max() > 1e-4
    torch.testing.assert_close(unknown, new)


def test_in_training_known_strings_are_sometimes_read_as_new() -> None:
    encoder, run = made(["CCO"] * 3 + ["CCN"])
    encoder.train()
    torch.manual_seed(0)
    first = run(["CCO"] * 400)[:, 0]
    share = (first == encoder.whole.weight[0]).all(dim=1).float().mean()
    assert float(share) == pytest.approx(0.3, abs=0.08)
