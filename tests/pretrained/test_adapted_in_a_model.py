"""LoRA on the whole road: fitted with, saved once with its base, answering with no network."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polymodal as pm
from polymodal.adapters.encoder import AdaptedEncoder
from polymodal.artifact import Artifact
from polymodal.cli._table import parse_encoders
from polymodal.errors import SettingError

SMALL = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16, "vocab_size": 12,
    "max_position_embeddings": 16,
}  # fmt: skip
WORDS = ["[UNK]", "calm", "storm", "rain", "sun", "wind", "hail", "mild", "fog", "snow", "heat", "frost"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, _torchvision: Any) -> Path:
    """A BERT of random weights."""
    transformers = pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers

    folder = tmp_path_factory.mktemp("bert")
    tokenizer = Tokenizer(models.WordLevel({word: code for code, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(folder)
    torch.manual_seed(0)
    transformers.BertModel(transformers.BertConfig(**SMALL), add_pooling_layer=False).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def table() -> pm.Table:
    """Whether the word before the last is one of the first six: what an average of random states hardly tells."""
    random = np.random.default_rng(0)
    notes = [random.choice(WORDS[1:], random.integers(2, 6)) for _ in range(80)]
    return pm.Table.read(
        {
            "note": [None if row % 7 == 0 else " ".join(words) for row, words in enumerate(notes)],
            "x": random.normal(size=80),
            "y": ["yes" if WORDS.index(words[-2]) < 6 else "no" for words in notes],
        },
        target="y",
        types={"note": "text"},
    )


@pytest.fixture(scope="module")
def fitted(base: Path, table: pm.Table) -> pm.Model:
    lora = pm.LoRA(base, rank=2, layers=1)
    return pm.Model(encoders={"note": lora}, learners=["network", "linear"], folds=2, epochs=6).fit(table)


def test_the_updates_have_learnt(fitted: pm.Model) -> None:
    for network in fitted.networks:
        encoder = network.encoders["note"]
        assert isinstance(encoder, AdaptedEncoder)
        assert all(one.up.abs().max() > 0 for one in encoder._updates)
    assert "linear:note" in set(fitted.leaderboard()["member"]), "plain models see the vectors of the base"


def test_saved_once_with_its_base_and_loaded_bit_for_bit(
    fitted: pm.Model, table: pm.Table, tmp_path: Path, attempts: list[str]
) -> None:
    path = fitted.save(tmp_path / "felt.pm")
    tensors = Artifact.read(path).tensors
    updates = [name for name in tensors if name.startswith("network/0/") and ".upper." in name]
    assert updates
    assert all(name.endswith((".up", ".down")) for name in updates)
    again = pm.load(path)
    assert again.encoders == fitted.encoders
    assert np.array_equal(again.predict(table).outputs["y"], fitted.predict(table).outputs["y"])
    alone = again.predict({"note": "calm wind"}).outputs["y"]
    np.testing.assert_allclose(
        alone, fitted.predict([{"note": "calm wind"}, {"note": "fog"}]).outputs["y"][:1], atol=1e-6
    )
    assert np.isfinite(again.predict({"note": ""}).outputs["y"]).all()
    assert not attempts, "nothing reached for the network"


def test_the_same_seed_gives_the_same_model(base: Path, table: pm.Table) -> None:
    settings = {"encoders": {"note": pm.LoRA(base, rank=2, layers=1)}, "learners": ["network"], "folds": 1, "epochs": 2}
    answers = [pm.Model(**settings).fit(table).predict(table).outputs["y"] for _ in range(2)]
    assert np.array_equal(*answers)


def test_what_cannot_be_adapted_is_told(base: Path, table: pm.Table) -> None:
    with pytest.raises(SettingError, match="the network has 2 blocks"):
        pm.Model(encoders={"note": pm.LoRA(base, layers=5)}).fit(table)
    with pytest.raises(SettingError, match="not for tabular"):
        pm.Model(encoders={"tabular": pm.LoRA(base)}).fit(table)


def test_on_the_command_line() -> None:
    assert parse_encoders(["note=lora:some/model,rank=4,layers=2,alpha=16"]) == {
        "note": pm.LoRA("some/model", rank=4, layers=2, alpha=16)
    }
    with pytest.raises(SettingError, match=r"LoRA has no setting 'ranks'\. Did you mean 'rank'"):
        parse_encoders(["note=lora:some/model,ranks=4"])


@pytest.mark.parametrize("is_adapted", [False, True])
def test_several_notes_in_a_cell(base: Path, is_adapted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    notes = [[" ".join(random.choice(WORDS[1:], 3)) for _ in range(1 + row % 3)] for row in range(24)]
    rows = {"notes": [[*cell, None] if len(cell) > 1 else cell for cell in notes], "y": ["u", "v"] * 12}
    table = pm.Table.read(rows, target="y", types={"notes": pm.Text(many=True)})
    encoder = pm.LoRA(str(base), rank=2, layers=1) if is_adapted else str(base)
    model = pm.Model(encoders={"notes": encoder}, folds=1, epochs=1, width=8).fit(table)
    one, same = [{"notes": ["calm", "storm wind"]}, {"notes": [None, "storm wind", "calm"]}]
    np.testing.assert_allclose(model.predict([one]).outputs["y"], model.predict([same]).outputs["y"], atol=1e-5)
    again = pm.load(model.save(tmp_path / "notes.pm"))
    assert np.array_equal(again.predict(table).outputs["y"], model.predict(table).outputs["y"])
    assert again.schema == model.schema
