"""Irregular series: a row stands alone, what is masked is unseen, only relative time counts, and pitch is learnt."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

import polymodal as pm
from polymodal.encoders.series import SeriesEncoder
from polymodal.encoders.series_attention import SeriesAttentionEncoder
from polymodal.encoders.series_patches import SeriesPatchesEncoder
from polymodal.errors import SettingError
from polymodal.modalities.series import Series
from polymodal.schema.batch import Field


def recordings(lengths: tuple[int, ...] = (1, 4, 30, 200)) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    found = []
    for length in lengths:
        sample = np.column_stack([np.sort(random.uniform(0, 9, length)), random.normal(size=(length, 2))])
        sample[:, 1:][random.random((length, 2)) < 0.3] = np.nan
        sample[0] = 0.0
        found.append(sample)
    return found


def encoder(kind: Series, samples: list[np.ndarray]):  # type: ignore[no-untyped-def]
    statistics = kind.measure(samples)
    torch.manual_seed(0)
    made = SeriesAttentionEncoder(kind, statistics, 8, 0.0).eval()

    def field(some: list[np.ndarray]) -> Field:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in some], statistics)
        return Field(values, torch.arange(len(some)), mask)

    return made, field


@torch.no_grad()
@pytest.mark.parametrize("irregular", [True, False])
def test_a_row_stands_alone(irregular: bool) -> None:
    samples = recordings() if irregular else [one[:, 1:] for one in recordings()]
    made, field = encoder(Series(irregular=irregular, encoder="series_attention"), samples)
    together = made(field(samples)).values
    assert torch.isfinite(together).all()
    for row, sample in enumerate(samples):
        torch.testing.assert_close(together[row], made(field([sample])).values[0], atol=1e-5, rtol=0)


def test_long_series_are_read_in_parts_with_the_same_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    made, field = encoder(Series(irregular=True), recordings((3, 40, 5, 41)))
    gradients = []
    for at_once in (1 << 15, 50):
        monkeypatch.setattr("polymodal.encoders.series_attention._AT_ONCE", at_once)
        made.zero_grad()
        made(field(recordings((3, 40, 5, 41)))).values.square().sum().backward()
        gradients.append(torch.cat([one.grad.flatten() for one in made.parameters() if one.grad is not None]))
    torch.testing.assert_close(*gradients, atol=1e-3, rtol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("poison", [float("nan"), float("inf"), -3.0])
def test_what_is_masked_is_not_seen(poison: float) -> None:
    made, field = encoder(Series(irregular=True), recordings())
    clean = field(recordings())
    assert clean.mask is not None
    dirty = replace(clean, values=clean.values.masked_fill(~clean.mask[:, :, None], poison))
    assert torch.equal(made(clean).values, made(dirty).values)


@torch.no_grad()
def test_a_gap_is_neither_zero_nor_the_mean() -> None:
    made, field = encoder(Series(irregular=True), recordings())
    gap, zero = recordings()[2], recordings()[2]
    gap[5:9, 1], zero[5:9, 1] = np.nan, 0.0
    tokens = made(field([gap, zero])).values
    assert (tokens[0] - tokens[1]).abs().max() > 1e-4


def test_only_relative_time_counts_unless_told() -> None:
    frame = pd.DataFrame({"x": [(np.arange(9.0) ** 2, np.arange(9.0)), None]})
    later = pd.DataFrame({"x": [(np.arange(9.0) ** 2 + 4096, np.arange(9.0)), None]})
    for kind, is_same in ((Series(irregular=True), True), (Series(irregular=True, relative=False), False)):
        one, two = (kind.read("x", some, None).samples[0] for some in (frame, later))
        made, field = encoder(kind, [one])
        assert torch.equal(made(field([one])).values, made(field([two])).values) is is_same


def test_encoders_of_a_fixed_rate_refuse_irregular_ones() -> None:
    kind = Series(irregular=True)
    for one in (SeriesEncoder, SeriesPatchesEncoder):
        with pytest.raises(SettingError, match="series_attention"):
            one(kind, kind.measure(recordings()), 8, 0.0)


def waves(n: int, seed: int) -> pd.DataFrame:
    """Two classes that differ in nothing but pitch, sampled at random times, half of the samples gone."""
    random = np.random.default_rng(seed)
    cells, labels = np.empty(n, dtype=object), []
    for row in range(n):
        times = np.sort(random.permutation(random.random(80))[:40])
        turns = (4.0, 7.0)[row % 2] * times + random.random()
        cells[row] = (times, np.sin(2 * np.pi * turns) + 0.2 * random.normal(size=40))
        labels.append("low" if row % 2 == 0 else "high")
    return pd.DataFrame({"x": cells, "mean": [one[1].mean() for one in cells], "y": labels})


def test_pitch_is_learnt_from_half_of_the_samples() -> None:
    torch.set_num_threads(1)
    train = pm.Table.read(waves(120, 0), target="y")
    assert train.schema.modalities["x"].encoder == "series_attention"
    test = pm.Table.read(waves(80, 1), target="y", types=train.schema.modalities)
    network = {"learners": ["network"], "epochs": 6, "width": 16, "learning_rate": 0.01, "batch_size": 16}
    plain = {"learners": ["linear"]}
    scores = []
    for settings, read in ((network, "x"), (plain, "x"), (plain, "tabular")):
        kept = {read: train.schema.modalities[read]}
        one, two = (pm.Table(some.frame, some.schema.model_copy(update={"modalities": kept})) for some in (train, test))
        answers = pm.Model(folds=1, **settings).fit(one, progress=False).predict(two).values()
        scores.append(float((answers == test.frame["y"].to_numpy()).mean()))
    assert min(scores[:2]) > 0.9
    assert scores[2] < 0.7
