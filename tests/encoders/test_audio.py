"""Both encoders of recordings: a recording is the same however long its neighbours are, and is heard where it is."""

from pathlib import Path

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.encoders._spectrogram import levelled, varied
from polymodal.encoders.audio import AudioEncoder
from polymodal.encoders.audio_convolution import AudioConvolutionEncoder
from polymodal.modalities.audio import Audio
from polymodal.schema.batch import Field

KINDS = [AudioEncoder, AudioConvolutionEncoder]


def made(encoder: type, lengths: tuple[int, ...] = (1, 900, 4000, 16_000), **settings):
    random = np.random.default_rng(0)
    kind = Audio(**settings)
    samples = [random.normal(size=length).astype(np.float32) * random.uniform(0.01, 1) for length in lengths]
    statistics = kind.measure(samples)
    torch.manual_seed(0)
    network = encoder(kind, statistics, 8, 0.0).eval()

    def run(some: list[np.ndarray]) -> torch.Tensor:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in some], statistics)
        return network(Field(values, torch.arange(len(some)), mask)).values

    return network, run, samples


@pytest.mark.parametrize("encoder", KINDS)
@pytest.mark.parametrize("n_mels", [8, 20, 64])
@torch.no_grad()
def test_padding_to_a_longer_neighbour_changes_nothing(encoder: type, n_mels: int) -> None:
    _, run, samples = made(encoder, n_mels=n_mels)
    together = run(samples)
    assert together.shape == (4, 3, 8)
    for row, sample in enumerate(samples):
        torch.testing.assert_close(together[row], run([sample])[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize("encoder", KINDS)
@torch.no_grad()
def test_when_and_how_high_matter(encoder: type) -> None:
    _, run, _ = made(encoder)
    turns = np.arange(8000) / 16_000
    rising, high = np.sin(2 * np.pi * (200 + 1500 * turns) * turns), np.sin(2 * np.pi * 3000 * turns)
    first, backwards, other, silent = run([rising, rising[::-1], high, 0 * high])[:, :2]
    for one, two in ((first, backwards), (first, other), (other, silent)):
        assert (one - two).abs().max() > 1e-4


@pytest.mark.parametrize("encoder", KINDS)
@torch.no_grad()
def test_volume_is_told_by_the_last_token_alone(encoder: type) -> None:
    _, run, samples = made(encoder)
    soft, loud = run([samples[2], 1.5 * samples[2]])
    torch.testing.assert_close(soft[:2], loud[:2], atol=1e-4, rtol=0)
    assert (soft[2] - loud[2]).abs().max() > 1e-4


@pytest.mark.parametrize("encoder", KINDS)
def test_training_varies_and_every_weight_learns(encoder: type) -> None:
    network, run, samples = made(encoder)
    network.train()
    assert (run(samples[1:]) - run(samples[1:])).abs().max() > 1e-4
    run(samples).square().sum().backward()
    assert [name for name, one in network.named_parameters() if one.grad is None or not one.grad.any()] == []


def test_of_long_recordings_each_patch_is_longer() -> None:
    short, _, _ = made(AudioEncoder)
    long, run, samples = made(AudioEncoder, (480_000,))
    assert (short.reach, long.reach) == (2, 12)
    assert run(samples).isfinite().all()


def test_varied_as_spec_augment_does() -> None:
    torch.manual_seed(0)
    values = torch.linspace(-1, 1, 40).repeat(200, 50, 1)
    mask = torch.ones(200, 50, dtype=torch.bool)
    mask[:, 30:] = False
    values *= mask[:, :, None]
    found = varied(values, mask)
    assert not found[:, 30:].any()
    apart = found[:, :30] - found[:, :30].mean(dim=(1, 2), keepdim=True)
    flat = (apart[:, :, 1:] - apart[:, :, :-1]).abs() < 1e-6
    frames_hidden = flat.all(dim=2).float().mean(dim=1)
    bands_hidden = flat.all(dim=1).float().mean(dim=1)
    assert 0.1 < frames_hidden.mean() < 0.25  # two runs of a tenth on average
    assert 0.1 < bands_hidden.mean() < 0.3
    assert frames_hidden.max() <= 0.4
    assert frames_hidden.min() == 0.0


def test_level_and_shape_add_up_to_what_came() -> None:
    values = torch.randn(3, 7, 5)
    mask = torch.ones(3, 7, dtype=torch.bool)
    shape, figures = levelled(values, mask)
    torch.testing.assert_close(shape + figures[:, 0, None, None], values)
    torch.testing.assert_close(figures[:, 0], values.mean(dim=(1, 2)))
    torch.testing.assert_close(figures[:, 7:], values.std(dim=1, correction=0), atol=1e-4, rtol=0)


def test_chosen_by_name_for_a_column_and_kept_in_the_file(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    turns = np.arange(1600) / 16_000
    pitches = [400, 2500] * 12
    speech = [(np.sin(2 * np.pi * p * turns) + 0.1 * random.normal(size=1600), 16_000) for p in pitches]
    table = pm.Table.read({"speech": speech, "heard": ["low", "high"] * 12}, target="heard")
    settings = {"learners": ["network"], "folds": 1, "epochs": 12, "width": 16, "accelerator": "cpu"}
    model = pm.Model(encoders={"speech": "audio"}, **settings).fit(table, progress=False)
    assert isinstance(model.networks[0].encoders["speech"], AudioEncoder)
    assert (model.predict(table).values() == table.frame["heard"].to_numpy()).mean() > 0.9
    again = pm.load(model.save(tmp_path / "heard.pm"))
    assert isinstance(again.networks[0].encoders["speech"], AudioEncoder)
    np.testing.assert_array_equal(again.predict(table).outputs["heard"], model.predict(table).outputs["heard"])
