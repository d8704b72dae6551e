"""Convolutions over volumes: neighbours change nothing, where and how large things are counts, and it learns."""

import numpy as np
import torch

import polymodal as pm
from polymodal.encoders.volume import VolumeEncoder
from polymodal.modalities.volume import Volume
from polymodal.schema.batch import Field

RANDOM = np.random.default_rng(0)
SCANS = [RANDOM.normal(size=(10, 9, 8, 2)).astype(np.float32) for _ in range(4)]


def fields(kind: Volume, scans: list[object]) -> tuple[Field, VolumeEncoder]:
    samples = [kind._decode(scan, None) for scan in scans]
    statistics = kind.measure(samples)
    values, mask = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    torch.manual_seed(0)
    return Field(values, torch.arange(len(scans)), mask), VolumeEncoder(kind, statistics, 8, 0.0).eval()


@torch.no_grad()
def test_a_volume_is_read_by_itself() -> None:
    for size in (8, 13):
        field, encoder = fields(Volume(size=size), SCANS)
        together = encoder(field).values
        assert together.shape == (4, 3, 8)
        for row in range(4):
            alone = encoder(Field(field.values[row : row + 1], torch.zeros(1, dtype=torch.long)))
            torch.testing.assert_close(alone.values[0], together[row], atol=1e-5, rtol=0)


@torch.no_grad()
def test_mirrored_larger_and_brighter_ones_differ() -> None:
    scan = SCANS[0]
    given = [scan, scan[::-1].copy(), (scan, 2.0), scan + 1, scan * 3]
    field, encoder = fields(Volume(size=8), given)
    same, *others = encoder(field).values
    for other in others:
        assert (same - other).abs().max() > 1e-3


def test_half_precision_and_gradients() -> None:
    field, encoder = fields(Volume(size=8), [np.zeros((4, 4, 4)), np.ones((4, 4, 4))])
    encoder.train()(field).values.square().sum().backward()
    assert all(torch.isfinite(one.grad).all() for one in encoder.parameters())
    with torch.autocast("cpu", torch.bfloat16):
        half = encoder(field).values
    torch.testing.assert_close(half.float(), encoder(field).values, atol=0.1, rtol=0.1)


def test_learns_on_which_side_a_ball_lies() -> None:
    scans, sides = [], []
    for row in range(32):
        scan = RANDOM.normal(size=(12, 12, 12))
        at = RANDOM.integers(1, 4) + 6 * (row % 2)
        scan[at : at + 3, 4:8, 4:8] += 4
        scans.append(scan)
        sides.append("right" if row % 2 else "left")
    table = pm.Table.read({"scan": scans, "y": sides}, target="y", types={"scan": pm.Volume(size=8)})
    settings = {"folds": 1, "epochs": 10, "width": 8, "learning_rate": 0.02}
    model = pm.Model(learners=["network"], **settings).fit(table, progress=False)
    right = model.predict(table).outputs["y"].argmax(axis=1) == np.arange(32) % 2
    assert right.mean() >= 0.9
