"""A network of pictures over the frames of videos."""

from pathlib import Path

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.modalities.video import packed
from polymodal.pretrained._cut import Cut
from polymodal.pretrained.image import ImageEmbedder
from polymodal.pretrained.video import VideoEmbedder

RANDOM = np.random.default_rng(0)
CLIPS = [packed(np.arange(float(n)), list(RANDOM.integers(0, 256, (n, 20, 30, 3), dtype=np.uint8))) for n in (1, 3, 4)]


@pytest.fixture(scope="module")
def embedder(lite0: Path) -> VideoEmbedder:
    return VideoEmbedder.load(str(lite0))


def test_mean_and_order_of_what_is_seen_in_each_frame(embedder, lite0) -> None:
    pictures = ImageEmbedder.load(str(lite0))
    found = embedder.embed(CLIPS)
    assert (embedder.width, found.shape) == (2560, (3, 2560))
    for clip, vector in zip(CLIPS, found, strict=True):
        frames = pictures.embed(list(clip["picture"]))
        np.testing.assert_allclose(vector[:1280], frames.mean(axis=0), atol=1e-4)
        half = len(frames) // 2
        change = frames[-half:].mean(axis=0) - frames[:half].mean(axis=0) if half else np.zeros(1280)
        np.testing.assert_allclose(vector[1280:], change, atol=1e-4)
    assert embedder.fingerprint != pictures.fingerprint
    np.testing.assert_array_equal(embedder.embed(CLIPS[1:2])[0], found[1])


def test_in_a_model_and_in_its_file(lite0, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    clips = [(RANDOM.integers(0, 200, (2, 24, 24, 3), dtype=np.uint8) // (1 + row % 2), 2.0) for row in range(6)]
    table = pm.Table.read({"clip": clips, "y": ["light", "dark"] * 3}, target="y", types={"clip": pm.Video(frames=2)})
    model = pm.Model(encoders={"clip": str(lite0)}, learners=["prototypes"]).fit(table, progress=False)
    assert model.schema.modalities["clip"].size == 512
    again = pm.load(model.save(tmp_path / "clip.pm"))
    np.testing.assert_array_equal(again.predict(table).outputs["y"], model.predict(table).outputs["y"])


def test_its_last_layers_do_not_go_on_learning(embedder, lite0) -> None:
    with pytest.raises(SettingError, match="no stack of blocks"):
        Cut(embedder, 2, str(lite0))
