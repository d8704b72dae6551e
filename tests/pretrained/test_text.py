"""MiniLM from its package: the vectors of the plain forward pass, and everything around them."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from polymodal.errors import ArtifactError, PolymodalError, SettingError
from polymodal.pretrained.text import TextEmbedder

TEXTS = [
    "A man is playing the guitar on stage.",
    "",
    "Somebody performs music with a string instrument.",
    "The stock market fell by three percent on Tuesday.",
    "雨 🌧 łódź \ud800",
    "long " * 1000,
]


@pytest.fixture(scope="module")
def embedder(minilm: Path) -> TextEmbedder:
    return TextEmbedder.load(str(minilm))


@pytest.fixture(scope="module")
def vectors(embedder: TextEmbedder) -> np.ndarray:
    return embedder.embed(TEXTS)


def test_same_as_plain_forward_pass(minilm: Path, vectors: np.ndarray) -> None:
    from transformers import AutoModel, AutoTokenizer

    network = AutoModel.from_pretrained(minilm).eval()
    tokenizer = AutoTokenizer.from_pretrained(minilm)
    texts = [text.replace("\ud800", "?") for text in TEXTS]
    inputs = tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.inference_mode():
        states = network(**inputs).last_hidden_state
    mask = inputs["attention_mask"][..., None]
    mean = (states * mask).sum(dim=1) / mask.sum(dim=1)
    expected = torch.nn.functional.normalize(mean, dim=1).numpy()
    assert vectors.shape == (6, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


def test_meaning(vectors: np.ndarray) -> None:
    assert vectors[0] @ vectors[2] > 0.4 > 0.2 > vectors[0] @ vectors[3]


def test_alone_or_among_others(embedder: TextEmbedder, vectors: np.ndarray) -> None:
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(alone, vectors, atol=1e-6)
    np.testing.assert_allclose(embedder.embed(TEXTS[::-1], batch=2)[::-1], vectors, atol=1e-6)
    assert embedder.embed([]).shape == (0, 384)


def test_ambient_settings_change_nothing(embedder: TextEmbedder, vectors: np.ndarray) -> None:
    stream = torch.get_rng_state()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        np.testing.assert_array_equal(embedder.embed(TEXTS), vectors)
    assert torch.equal(torch.get_rng_state(), stream)


def test_saved_and_restored_without_network(
    embedder: TextEmbedder, vectors: np.ndarray, tmp_path: Path, attempts: list[str]
) -> None:
    weights, config = embedder.export()
    save_file(weights, tmp_path / "weights.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(config))
    stream = torch.get_rng_state()
    restored = TextEmbedder.restore(
        load_file(tmp_path / "weights.safetensors"), json.loads((tmp_path / "config.json").read_text())
    )
    np.testing.assert_array_equal(restored.embed(TEXTS), vectors)
    assert restored.fingerprint == embedder.fingerprint
    assert torch.equal(torch.get_rng_state(), stream)
    assert not attempts


def test_folder_loads_without_network(minilm: Path, embedder: TextEmbedder, attempts: list[str]) -> None:
    assert TextEmbedder.load(str(minilm)).fingerprint == embedder.fingerprint
    assert not attempts


def test_other_weights_or_settings_have_another_fingerprint(embedder: TextEmbedder) -> None:
    weights, config = embedder.export()
    shorter = TextEmbedder.restore(weights, config | {"max_length": 16})
    name = next(iter(weights))
    weights[name].view(-1)[0] += 1e-3
    assert len({embedder.fingerprint, shorter.fingerprint, TextEmbedder.restore(weights, config).fingerprint}) == 3


def test_damaged_save_is_named(embedder: TextEmbedder) -> None:
    weights, config = embedder.export()
    weights.popitem()
    with pytest.raises(ArtifactError, match="saved text encoder cannot be rebuilt"):
        TextEmbedder.restore(weights, config)


@pytest.mark.parametrize("name", ["nobody/there", "nobody", "./nowhere", "not a name!"])
def test_what_cannot_be_had(name: str, attempts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("transformers")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(PolymodalError, match=r"folder"):
        TextEmbedder.load(name)


# A network of a few thousand weights, to try what MiniLM's folder does not have.
@pytest.fixture
def tiny(tmp_path: Path, _torchvision: Any) -> Path:
    transformers = pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers

    codes = {"[UNK]": 0, "calm": 1, "storm": 2, "rain": 3}
    tokenizer = Tokenizer(models.WordLevel(codes, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(tmp_path)
    config = transformers.GPT2Config(
        vocab_size=4, n_embd=8, n_layer=1, n_head=2, n_positions=5, bos_token_id=0, eos_token_id=0
    )
    transformers.GPT2Model(config).save_pretrained(tmp_path)
    return tmp_path


def test_decoder_without_start_mark_or_padding(tiny: Path) -> None:
    embedder = TextEmbedder.load(str(tiny))
    vectors = embedder.embed(["calm rain", "", "calm " * 50, "calm " * 5])
    assert vectors.shape == (4, 8)
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(vectors[2], vectors[3], atol=1e-6)  # cut at its five positions


def test_encoder_of_an_encoder_decoder(tiny: Path) -> None:
    import transformers

    config = transformers.T5Config(vocab_size=4, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    transformers.T5Model(config).save_pretrained(tiny)
    embedder = TextEmbedder.load(str(tiny))
    vectors = embedder.embed(["calm rain", "storm"])
    assert vectors.shape == (2, 8)
    np.testing.assert_array_equal(TextEmbedder.restore(*embedder.export()).embed(["calm rain", "storm"]), vectors)


def test_positions_counted_from_the_padding_code(tiny: Path) -> None:
    import transformers

    config = transformers.RobertaConfig(
        vocab_size=4, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
        max_position_embeddings=7, pad_token_id=1,
    )  # fmt: skip
    transformers.RobertaModel(config, add_pooling_layer=False).save_pretrained(tiny)
    embedder = TextEmbedder.load(str(tiny))
    assert embedder.config["max_length"] == 5
    assert np.isfinite(embedder.embed(["storm " * 50])).all()
    assert TextEmbedder.load(str(tiny)).fingerprint == embedder.fingerprint  # its unused pooler is not random


def test_older_or_newer_format_is_named(embedder: TextEmbedder) -> None:
    weights, config = embedder.export()
    with pytest.raises(ArtifactError, match="format 99; this release reads 1"):
        TextEmbedder.restore(weights, config | {"format": 99})


def test_old_weights_file(tiny: Path) -> None:
    expected = TextEmbedder.load(str(tiny)).fingerprint
    torch.save(load_file(tiny / "model.safetensors"), tiny / "pytorch_model.bin")
    (tiny / "model.safetensors").unlink()
    assert TextEmbedder.load(str(tiny)).fingerprint == expected


def test_missing_weights_are_not_drawn_at_random(tiny: Path) -> None:
    weights = load_file(tiny / "model.safetensors")
    del weights["wte.weight"]
    save_file(weights, tiny / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ArtifactError, match=r"wte\.weight"):
        TextEmbedder.load(str(tiny))


@pytest.mark.parametrize(
    ("pooling", "expected"), [("cls", lambda s: s[0]), ("lasttoken", lambda s: s[-1]), ("max", lambda s: s.max(axis=0))]
)
def test_pooling_follows_the_folder(tiny: Path, pooling: str, expected: Any) -> None:
    embedder = TextEmbedder.load(str(tiny))
    with torch.inference_mode():
        states = embedder._network(input_ids=torch.tensor([[1, 3, 2]])).last_hidden_state[0].numpy()
    flag = pooling if pooling == "lasttoken" else f"{pooling}_token" + ("s" if pooling == "max" else "")
    _describe(tiny, {f"pooling_mode_{flag}": True, "pooling_mode_mean_tokens": False})
    np.testing.assert_allclose(TextEmbedder.load(str(tiny)).embed(["calm rain storm"])[0], expected(states), atol=1e-6)


def test_unknown_step_is_refused(tiny: Path) -> None:
    _describe(tiny, {"pooling_mode_mean_tokens": True}, "Dense")
    with pytest.raises(SettingError, match=r"Transformer, Pooling, Dense; allowed are"):
        TextEmbedder.load(str(tiny))


def test_two_poolings_at_once_are_refused(tiny: Path) -> None:
    _describe(tiny, {"pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True})
    with pytest.raises(SettingError, match="mean and max; allowed is one of"):
        TextEmbedder.load(str(tiny))


def test_code_in_a_folder_is_not_run(minilm: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(minilm, tmp_path / "model", ignore=shutil.ignore_patterns("*.safetensors")))
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "strange", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Config: pass\nclass Model: pass")
    (folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(ArtifactError, match="their own code are not run"):
        TextEmbedder.load(str(folder))
    assert not (tmp_path / "ran").exists()


def _describe(folder: Path, pooling: dict[str, bool], *more: str) -> None:
    kinds = ["Transformer", "Pooling", *more]
    modules = [
        {"idx": i, "path": f"{i}_{kind}" if i else "", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
