"""Networks that hear against their own forward pass; recordings of unequal length, rates, silence and one sample."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

import polymodal as pm
from polymodal.errors import ArtifactError, PolymodalError, SettingError
from polymodal.pretrained.audio import AudioEmbedder

RATE = 16_000
RECORDINGS = [np.sin(np.arange(n) / 9 * (1 + n / 9000)).astype(np.float32) for n in (4000, 9000, 1600, 4000)]


@pytest.fixture(scope="module")
def transformers(_torchvision: Any) -> Any:
    return pytest.importorskip("transformers", reason="the extra 'text' is not installed")


def kept(network: Any, extractor: Any, folder: Path) -> Path:
    network.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def hubert(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = transformers.HubertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, conv_dim=(8, 8),
        conv_stride=(5, 4), conv_kernel=(10, 8), num_feat_extract_layers=2, num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2, feat_extract_norm="layer", do_stable_layer_norm=True,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("hubert")
    return kept(
        transformers.HubertModel(config), transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True), folder
    )


@pytest.fixture(scope="module")
def ast(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = transformers.ASTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_length=64, num_mel_bins=32
    )
    extractor = transformers.ASTFeatureExtractor(max_length=64, num_mel_bins=32)
    return kept(transformers.ASTModel(config), extractor, tmp_path_factory.mktemp("ast"))


@pytest.fixture(scope="module")
def whisper(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = transformers.WhisperConfig(
        d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, num_mel_bins=16, max_source_positions=50, vocab_size=8,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, max_target_positions=8,
    )  # fmt: skip
    extractor = transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=1)
    return kept(transformers.WhisperModel(config), extractor, tmp_path_factory.mktemp("whisper"))


def prepared(transformers: Any, folder: Path, **settings: Any) -> tuple[Any, Any]:
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder).eval()
    return network, extractor(RECORDINGS, sampling_rate=RATE, return_tensors="pt", **settings)


def test_waves_padded_and_masked(transformers: Any, hubert: Path) -> None:
    network, given = prepared(transformers, hubert, padding=True)
    with torch.inference_mode():
        states = network(**given).last_hidden_state
        mask = network._get_feature_vector_attention_mask(states.shape[1], given["attention_mask"])[..., None]
    expected = (states * mask).sum(dim=1) / mask.sum(dim=1)
    np.testing.assert_allclose(AudioEmbedder.load(str(hubert)).embed(RECORDINGS), expected, atol=1e-5)


def test_spectra(transformers: Any, ast: Path) -> None:
    network, given = prepared(transformers, ast)
    with torch.inference_mode():
        expected = network(**given).pooler_output
    np.testing.assert_allclose(AudioEmbedder.load(str(ast)).embed(RECORDINGS), expected, atol=1e-5)


def test_steps_with_sound_alone(transformers: Any, whisper: Path) -> None:
    network, given = prepared(transformers, whisper, return_attention_mask=True)
    with torch.inference_mode():
        states = network.get_encoder()(given["input_features"]).last_hidden_state
    mask = given["attention_mask"][:, ::2, None]  # two frames make a step
    expected = (states * mask).sum(dim=1) / mask.sum(dim=1)
    np.testing.assert_allclose(AudioEmbedder.load(str(whisper)).embed(RECORDINGS), expected, atol=1e-5)


@pytest.mark.parametrize("network", ["hubert", "ast", "whisper"])
def test_saved_alone_silent_and_short(network: str, request: pytest.FixtureRequest, attempts: list[str]) -> None:
    embedder = AudioEmbedder.load(str(request.getfixturevalue(network)))
    odd = [
        *RECORDINGS,
        np.zeros(800, dtype=np.float32),
        np.ones(1, dtype=np.float32),
        np.zeros(40_000, dtype=np.float32),
    ]
    vectors = embedder.embed(odd)
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.concatenate([embedder.embed([one]) for one in odd]), vectors, atol=1e-6)
    weights, config = embedder.export()
    restored = AudioEmbedder.restore(weights, json.loads(json.dumps(config)))
    np.testing.assert_array_equal(restored.embed(odd), vectors)
    assert restored.fingerprint == embedder.fingerprint
    assert AudioEmbedder.load(str(request.getfixturevalue(network))).fingerprint == embedder.fingerprint
    assert not attempts


def test_recordings_come_at_its_rate(hubert: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    embedder = AudioEmbedder.load(str(hubert))
    modality = embedder.suited(pm.Audio())
    assert modality.rate == RATE
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(4000) / 4), 8000, format="WAV")
    (sample,) = modality.read("call", pd.DataFrame({"call": [file.getvalue()]}), None).samples
    assert sample.shape == (8000,)
    with pytest.raises(SettingError, match="hears 16,000 samples a second"):
        embedder.suited(pm.Audio(rate=8000))


def test_faults_in_words(transformers: Any, hubert: Path, tmp_path: Path, attempts: list[str]) -> None:
    with pytest.raises(PolymodalError, match="Tried: the folder"):
        AudioEmbedder.load("nobody/there")
    weights = load_file(hubert / "model.safetensors")
    for file in hubert.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with pytest.raises(ArtifactError, match=r"model\.safetensors"):
        AudioEmbedder.load(str(tmp_path))
    torch.save(weights, tmp_path / "pytorch_model.bin")  # which would have to be unpickled
    with pytest.raises(ArtifactError, match=r"model\.safetensors"):
        AudioEmbedder.load(str(tmp_path))
    name = next(one for one in weights if one.endswith("final_layer_norm.weight"))
    save_file({one: weight for one, weight in weights.items() if one != name}, tmp_path / "model.safetensors",
              metadata={"format": "pt"})  # fmt: skip
    with pytest.raises(ArtifactError, match=r"do not fit its config\.json; missing"):
        AudioEmbedder.load(str(tmp_path))
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    transformers.ClapFeatureExtractor().save_pretrained(tmp_path)
    with pytest.raises(SettingError, match="prepares sound by ClapFeatureExtractor; known here"):
        AudioEmbedder.load(str(tmp_path))


def test_in_a_model(hubert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    calls = [np.sin(np.arange(2000) * (0.9 if row % 2 else 0.1)) + random.normal(0, 0.1, 2000) for row in range(40)]
    table = pm.Table.read({"call": calls, "bird": ["owl", "wren"] * 20}, target="bird", types={"call": "audio"})
    model = pm.Model(encoders={"call": str(hubert)}, learners=["linear"]).fit(table, progress=False)
    model.save(tmp_path / "bird.pm")
    assert pm.load(tmp_path / "bird.pm").predict({"call": calls[:2]}).values().tolist() == ["owl", "wren"]
