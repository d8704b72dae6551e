"""Frames side by side change nothing in each other's videos, time and order count, and motion alone is learnt."""

import numpy as np
import torch

import polymodal as pm
from polymodal.encoders.video import VideoEncoder
from polymodal.modalities.video import Video, packed
from polymodal.schema.batch import Field

RANDOM = np.random.default_rng(0)


def clip(n: int, step: float = 0.5) -> np.ndarray:
    return packed(np.arange(n) * step, list(RANDOM.integers(0, 256, (n, 16, 16, 3), dtype=np.uint8)))


CLIPS = [clip(n) for n in (1, 2, 5, 8)]


def made(width: int = 8):
    kind = Video(size=16)
    statistics = kind.measure(CLIPS)
    torch.manual_seed(0)
    encoder = VideoEncoder(kind, statistics, width, 0.0).eval()

    def run(clips: list[np.ndarray]) -> torch.Tensor:
        values, mask = kind.collate([kind.prepare(one, statistics) for one in clips], statistics)
        return encoder(Field(values, torch.arange(len(clips)), mask)).values

    return encoder, run


@torch.no_grad()
def test_padding_to_a_longer_neighbour_changes_nothing() -> None:
    _, run = made()
    together = run(CLIPS)
    assert together.shape == (4, 2, 8)
    for row, one in enumerate(CLIPS):
        torch.testing.assert_close(run([one])[0], together[row], atol=1e-5, rtol=0)


@torch.no_grad()
def test_order_and_time_count() -> None:
    encoder, run = made()
    encoder.gather.scores.weight.add_(torch.randn(1, 8))
    usual = CLIPS[2]
    backwards = packed(usual["time"], list(usual["picture"][::-1]))
    slower = packed(usual["time"] * 3, list(usual["picture"]))
    late = packed(np.array([0.0, 0.1, 0.2, 0.3, 2.0]), list(usual["picture"]))
    same, *others = run([usual, backwards, slower, late])
    for other in others:
        assert (same - other).abs().max() > 1e-4


def test_training_varies_and_every_weight_learns() -> None:
    encoder, run = made()
    encoder.train()
    assert (run(CLIPS) - run(CLIPS)).abs().max() > 1e-4
    run(CLIPS).square().sum().backward()
    assert [name for name, one in encoder.named_parameters() if one.grad is None or not one.grad.any()] == []


def test_half_precision() -> None:
    _, run = made()
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        half = run(CLIPS)
    torch.testing.assert_close(half.float(), run(CLIPS), atol=0.1, rtol=0.1)


def bar(is_right: bool, start: int) -> tuple[np.ndarray, float]:
    """Four frames of a bar that goes round and round."""
    frames = np.full((4, 8, 8, 3), 40, dtype=np.uint8)
    for place, frame in enumerate(frames):
        at = start + (2 * place if is_right else -2 * place)
        frame[:, [at % 8, (at + 1) % 8]] = 220
    return frames, 4.0


def test_the_direction_of_motion_is_learnt() -> None:
    sides = [row % 2 == 0 for row in range(96)]
    clips = [bar(one, row // 2 % 8) for row, one in enumerate(sides)]
    noisy = [(frames + RANDOM.integers(0, 30, frames.shape, dtype=np.uint8), rate) for frames, rate in clips]
    table = pm.Table.read({"clip": noisy, "right": sides}, target="right")
    assert table.schema.modalities["clip"].kind == "video"
    settings = {"learners": ["network"], "folds": 1, "epochs": 10, "width": 16, "learning_rate": 0.005}
    model = pm.Model(accelerator="cpu", **settings).fit(table.take(np.arange(64)), progress=False)
    test = table.take(np.arange(64, 96))
    assert (model.predict(test).values() == test.frame["right"].to_numpy()).mean() > 0.9
    # Under either direction the same pictures are there, equally often at each place in time: one frame tells nothing.
    for place in range(4):
        left, right = (sorted(clip[0][place].tobytes() for clip in clips[start::2]) for start in (1, 0))
        assert left == right
