"""Networks of letters against their own forward pass, padded and masked; tokenizers of Python taken over."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.pretrained._letters import from_vocabulary
from polymodal.pretrained.sequence import SequenceEmbedder

PROTEINS = ["MKTAYIAK", "A", "MKTJJLLj", "", "MKT" * 50]
RESIDUES = ["<cls>", "<pad>", "<eos>", "<unk>", *"LAGVSERTIDPKQNFYMHWCXBUZO.-", "<null_1>", "<mask>"]


@pytest.fixture(scope="module")
def transformers(_torchvision: Any) -> Any:
    return pytest.importorskip("transformers", reason="the extra 'text' is not installed")


@pytest.fixture(scope="module")
def esm(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ESM-2 of a few thousand weights, with its tokenizer of Python."""
    folder = tmp_path_factory.mktemp("esm")
    (folder / "vocab.txt").write_text("\n".join(RESIDUES))
    transformers.EsmTokenizer(str(folder / "vocab.txt"), model_max_length=40).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.EsmConfig(
        vocab_size=len(RESIDUES), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=42, pad_token_id=1, mask_token_id=32, position_embedding_type="rotary",
        token_dropout=True,
    )  # fmt: skip
    transformers.EsmModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def bert(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of single letters with blanks between, as ProtBERT is."""
    folder = tmp_path_factory.mktemp("bert")
    letters = {
        mark: code for code, mark in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"LAGVSERTIDPKQNFYMHWCXBUZO"])
    }
    transformers.BertTokenizer(vocab=letters, do_lower_case=False).save_pretrained(folder)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(letters), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64,
    )  # fmt: skip
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def reference(transformers: Any, folder: Path, sequences: list[str], length: int) -> np.ndarray:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    network = transformers.AutoModel.from_pretrained(folder).eval()
    given = tokenizer(sequences, return_tensors="pt", padding=True, truncation=True, max_length=length)
    with torch.inference_mode():
        states = network(**given).last_hidden_state
    mask = given["attention_mask"][..., None]
    found: np.ndarray = ((states * mask).sum(dim=1) / mask.sum(dim=1)).numpy()
    return found


def test_same_as_the_network_itself(transformers: Any, esm: Path, attempts: list[str]) -> None:
    embedder = SequenceEmbedder.load(str(esm))
    assert (embedder.config["max_length"], embedder.config["group"]) == (40, 0)
    vectors = embedder.embed(PROTEINS)
    np.testing.assert_allclose(vectors, reference(transformers, esm, PROTEINS, 40), atol=1e-5)
    assert not attempts


def test_saved_and_restored(esm: Path, attempts: list[str]) -> None:
    embedder = SequenceEmbedder.load(str(esm))
    restored = SequenceEmbedder.restore(*embedder.export())
    np.testing.assert_array_equal(restored.embed(PROTEINS), embedder.embed(PROTEINS))
    assert restored.fingerprint == embedder.fingerprint
    assert not attempts


def test_letters_that_want_blanks(transformers: Any, bert: Path) -> None:
    embedder = SequenceEmbedder.load(str(bert))
    assert embedder.config["group"] == 1
    spaced = [" ".join(one) for one in PROTEINS]
    np.testing.assert_allclose(embedder.embed(PROTEINS), reference(transformers, bert, spaced, 64), atol=1e-5)


def test_groups_of_three_letters(transformers: Any, tmp_path: Path) -> None:
    """As DNABERT reads."""
    groups = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    codes = {mark: code for code, mark in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *groups])}
    transformers.BertTokenizer(vocab=codes, do_lower_case=False).save_pretrained(tmp_path)
    config = transformers.BertConfig(
        vocab_size=len(codes), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    transformers.BertModel(config).save_pretrained(tmp_path)
    embedder = SequenceEmbedder.load(str(tmp_path))
    assert embedder.config["group"] == 3
    expected = reference(transformers, tmp_path, ["ATG TGC GCA", "AT"], 512)
    np.testing.assert_allclose(embedder.embed(["ATGCA", "AT"]), expected, atol=1e-5)


def test_a_tokenizer_that_does_something_else_is_refused(transformers: Any, esm: Path) -> None:
    class Backwards(transformers.EsmTokenizer):  # type: ignore[misc, name-defined]
        def _tokenize(self, text: str, **settings: Any) -> list[str]:
            return super()._tokenize(text)[::-1]

        def __call__(self, text: str, **settings: Any) -> Any:
            found = super().__call__(text, **settings)
            return {"input_ids": found["input_ids"][::-1]}

    with pytest.raises(SettingError, match=r"choose a network with a tokenizer\.json"):
        from_vocabulary("backwards", Backwards(str(esm / "vocab.txt")))


def test_in_a_model(esm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path))
    random = np.random.default_rng(0)
    made = ["".join(random.choice(list("LAGV" if row % 2 else "WCHY"), 12)) for row in range(40)]
    rows = {"protein": made, "binds": ["no", "yes"] * 20}
    table = pm.Table.read(rows, target="binds", types={"protein": "sequence"})
    model = pm.Model(encoders={"protein": str(esm)}, learners=["linear"]).fit(table, progress=False)
    model.save(tmp_path / "binds.pm")
    answers = pm.load(tmp_path / "binds.pm").predict({"protein": ["LAGVLAGVLAGV", "WCHYWCHYWCHY"]})
    assert answers.values().tolist() == ["yes", "no"]
