"""EfficientNet-Lite0 from its package: what it sees, and everything around it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_sample_image

from polymodal.errors import ArtifactError, PolymodalError, SettingError
from polymodal.pretrained.image import ImageEmbedder


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    china, flower = load_sample_image("china.jpg"), load_sample_image("flower.jpg")
    return [china, flower, flower[:, ::-1].copy(), china[:9, :7].copy()]


@pytest.fixture(scope="module")
def embedder(lite0: Path) -> ImageEmbedder:
    return ImageEmbedder.load(str(lite0))


@pytest.fixture(scope="module")
def vectors(embedder: ImageEmbedder, pictures: list[np.ndarray]) -> np.ndarray:
    return embedder.embed(pictures)


def test_same_as_timm_with_its_own_preparation(lite0: Path, vectors: np.ndarray, pictures: list[np.ndarray]) -> None:
    import timm
    from PIL import Image

    network = timm.create_model(f"local-dir:{lite0}", pretrained=True, num_classes=0).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network), is_training=False)
    with torch.inference_mode():
        expected = torch.cat([network(transform(Image.fromarray(picture))[None]) for picture in pictures])
    assert vectors.shape == (4, 1280)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected.numpy(), atol=1e-5)


def test_sees_what_is_there(lite0: Path, vectors: np.ndarray) -> None:
    classifier = load_file(lite0 / "model.safetensors")
    scores = vectors[:3] @ classifier["classifier.weight"].numpy().T + classifier["classifier.bias"].numpy()
    palace, daisy = 698, 985
    assert scores.argmax(axis=1).tolist() == [palace, daisy, daisy]


def test_alone_or_among_others(embedder: ImageEmbedder, vectors: np.ndarray, pictures: list[np.ndarray]) -> None:
    np.testing.assert_array_equal(embedder.embed(pictures[::-1], batch=1)[::-1], vectors)
    together = torch.from_numpy(np.stack([embedder.preparation.apply(picture) for picture in pictures]))
    with torch.inference_mode():
        np.testing.assert_allclose(embedder._forward(together).numpy(), vectors, atol=1e-5)


def test_saved_and_restored_without_network(
    embedder: ImageEmbedder, vectors: np.ndarray, pictures: list[np.ndarray], tmp_path: Path, attempts: list[str]
) -> None:
    weights, config = embedder.export()
    save_file(weights, tmp_path / "weights.safetensors")
    stream = torch.get_rng_state()
    restored = ImageEmbedder.restore(load_file(tmp_path / "weights.safetensors"), json.loads(json.dumps(config)))
    np.testing.assert_array_equal(restored.embed(pictures), vectors)
    assert restored.fingerprint == embedder.fingerprint
    assert restored.shorter_side == 256
    assert torch.equal(torch.get_rng_state(), stream)
    assert not attempts


def test_folder_or_weights_alone(lite0: Path, embedder: ImageEmbedder, attempts: list[str]) -> None:
    for name in (f"local-dir:{lite0}", f"tf_efficientnet_lite0@{lite0 / 'model.safetensors'}"):
        assert ImageEmbedder.load(name).fingerprint == embedder.fingerprint
    assert not attempts


def test_other_weights_or_preparation_have_another_fingerprint(embedder: ImageEmbedder) -> None:
    weights, config = embedder.export()
    darker = ImageEmbedder.restore(weights, config | {"pretrained_cfg": config["pretrained_cfg"] | {"mean": [0.4] * 3}})
    weights["conv_stem.weight"].view(-1)[0] += 1e-3
    assert len({embedder.fingerprint, darker.fingerprint, ImageEmbedder.restore(weights, config).fingerprint}) == 3


@pytest.mark.parametrize("missing", ["mean", "std", "input_size", "crop_pct", "interpolation"])
def test_unknown_preparation_is_not_guessed(lite0: Path, tmp_path: Path, missing: str) -> None:
    described = json.loads((lite0 / "config.json").read_text())
    del described["pretrained_cfg"][missing]
    (tmp_path / "config.json").write_text(json.dumps(described))
    (tmp_path / "model.safetensors").symlink_to(lite0 / "model.safetensors")
    with pytest.raises(SettingError, match=rf"not guessed: {missing} is not stated"):
        ImageEmbedder.load(str(tmp_path))


def test_weights_of_another_network(lite0: Path, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=r"does not fit resnet18; \d+ faults, first: conv1.weight is missing"):
        ImageEmbedder.load(f"resnet18@{lite0 / 'model.safetensors'}")
    weights = load_file(lite0 / "model.safetensors")
    del weights["bn1.bias"]
    save_file(weights, tmp_path / "lacking.safetensors")
    with pytest.raises(ArtifactError, match=r"1 faults, first: bn1.bias is missing"):
        ImageEmbedder.load(f"tf_efficientnet_lite0@{tmp_path / 'lacking.safetensors'}")


@pytest.mark.parametrize("data", [b"", b"not weights", b"\x80\x02cposix\nsystem\n(S'true'\ntR."])
@pytest.mark.parametrize("suffix", ["safetensors", "bin"])
def test_damaged_weights(tmp_path: Path, data: bytes, suffix: str) -> None:
    pytest.importorskip("timm", reason="the extra 'image' is not installed")
    path = tmp_path / f"weights.{suffix}"
    path.write_bytes(data)
    with pytest.raises(ArtifactError, match="holds no readable weights"):
        ImageEmbedder.load(f"tf_efficientnet_lite0@{path}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tf_efficientnet_lite0", r"Without network, download"),
        ("nobody/there", r"Without network, download"),
        ("resnet18.nope", r"Invalid pretrained tag"),
        ("resnet81", r"Close: .*resnet"),
        ("botnet50ts_256", r"knows no trained weights"),
        ("tf_efficientnet_lite0@nowhere.bin", r"there is no nowhere\.bin"),
        ("./nowhere/there", r"no folder of that name"),
    ],
)
def test_what_cannot_be_had(
    name: str, message: str, attempts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="the extra 'image' is not installed")
    pytest.importorskip("timm", reason="the extra 'image' is not installed")
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(PolymodalError, match=message):
        ImageEmbedder.load(name)


def test_network_without_pooling_is_refused(lite0: Path, tmp_path: Path) -> None:
    described: dict[str, Any] = json.loads((lite0 / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(described | {"model_args": {"global_pool": ""}}))
    (tmp_path / "model.safetensors").symlink_to(lite0 / "model.safetensors")
    with pytest.raises(SettingError, match="not one vector"):
        ImageEmbedder.load(str(tmp_path))
