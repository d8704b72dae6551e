"""Networks cut below their last blocks: what goes on from the states is what the whole gives."""

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from polymodal.adapters.encoder import AdaptedEncoder
from polymodal.adapters.lora import LoRA
from polymodal.errors import SettingError
from polymodal.pretrained._cut import Cut
from polymodal.pretrained.image import ImageEmbedder
from polymodal.pretrained.text import TextEmbedder
from polymodal.schema.batch import Field

TEXTS = ["calm rain", "storm", "", "rain rain storm calm", "calm storm"]
SMALL = {
    "hidden_size": 8, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 8, "vocab_size": 4,
    "max_position_embeddings": 16,
}  # fmt: skip
WORDS = {
    "bert": ("BertModel", "BertConfig", SMALL),
    "roberta": ("RobertaModel", "RobertaConfig", SMALL | {"pad_token_id": 1}),
    "mpnet": ("MPNetModel", "MPNetConfig", SMALL | {"pad_token_id": 1}),
    "electra": ("ElectraModel", "ElectraConfig", SMALL | {"embedding_size": 8}),
    "distilbert": ("DistilBertModel", "DistilBertConfig", {
        "dim": 8, "n_layers": 3, "n_heads": 2, "hidden_dim": 8, "vocab_size": 4, "max_position_embeddings": 16}),
    "gpt2": ("GPT2Model", "GPT2Config", {
        "n_embd": 8, "n_layer": 3, "n_head": 2, "n_positions": 16, "vocab_size": 4, "bos_token_id": 0,
        "eos_token_id": 0}),
}  # fmt: skip
PICTURES = ["test_vit", "test_efficientnet", "test_resnet", "test_convnext"]


@pytest.fixture
def text_folder(tmp_path: Path, _torchvision: Any) -> Any:
    transformers = pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers

    def make(model: str, config: str, settings: dict[str, Any]) -> str:
        tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "calm": 1, "storm": 2, "rain": 3}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]").save_pretrained(tmp_path)
        torch.manual_seed(0)
        getattr(transformers, model)(getattr(transformers, config)(**settings)).save_pretrained(tmp_path)
        return str(tmp_path)

    return make


@pytest.fixture
def image_folder(tmp_path: Path, _torchvision: Any) -> Any:
    timm = pytest.importorskip("timm", reason="the extra 'image' is not installed")

    def make(name: str) -> str:
        torch.manual_seed(0)
        network = timm.create_model(name)
        save_file(network.state_dict(), tmp_path / "model.safetensors")
        settings = {k: v for k, v in network.pretrained_cfg.items() if k not in ("url", "hf_hub_id")}
        described = {"architecture": name, "num_classes": network.num_classes, "pretrained_cfg": settings}
        (tmp_path / "config.json").write_text(json.dumps(described))
        return str(tmp_path)

    return make


def encoder_of(cut: Cut, lora: LoRA, samples: list[Any]) -> tuple[AdaptedEncoder, Field]:
    """An adapted encoder in evaluation, and the field of some samples."""
    states = cut.states(samples)
    statistics = cut.carrier.measure(states)
    values, mask = cut.carrier.collate([cut.carrier.prepare(one, statistics) for one in states], statistics)
    return AdaptedEncoder(cut, lora, statistics, 8, 0.0).eval(), Field(values, torch.arange(len(samples)), mask)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("name", WORDS)
def test_texts_go_on_as_in_the_whole(name: str, layers: int, text_folder: Any) -> None:
    embedder = TextEmbedder.load(text_folder(*WORDS[name]))
    cut = Cut(embedder, layers, name)
    expected = embedder.embed(TEXTS)
    states = cut.states(TEXTS)
    np.testing.assert_allclose(np.stack([one[:8] for one in states]), expected, atol=1e-6)
    values, mask = cut.carrier.collate(states, cut.carrier.measure(states))
    np.testing.assert_allclose(cut.resume()(values, mask), expected, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in WORDS if name != "gpt2"])
def test_an_update_that_does_nothing_yet_gives_the_very_vectors(name: str, text_folder: Any) -> None:
    embedder = TextEmbedder.load(text_folder(*WORDS[name]))
    encoder, field = encoder_of(Cut(embedder, 2, name), LoRA(name, rank=2, layers=2), TEXTS[:1])
    with torch.no_grad():
        assert np.array_equal(encoder.upper(field.values, field.mask), embedder.embed(TEXTS[:1]))


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", PICTURES)
def test_pictures_go_on_as_in_the_whole(name: str, layers: int, image_folder: Any) -> None:
    pictures = list(np.random.default_rng(0).integers(0, 256, (3, 40, 50, 3), dtype=np.uint8))
    embedder = ImageEmbedder.load(image_folder(name))
    encoder, field = encoder_of(Cut(embedder, layers, name), LoRA(name, rank=2, layers=layers), pictures)
    np.testing.assert_allclose(encoder.upper(field.values).detach(), embedder.embed(pictures), atol=1e-4)
    assert encoder.n_trained > 0


def test_only_the_updates_learn_and_are_counted(text_folder: Any) -> None:
    cut = Cut(TextEmbedder.load(text_folder(*WORDS["bert"])), 2, "bert")
    encoder, field = encoder_of(cut, LoRA("bert", rank=2, layers=2), TEXTS)
    encoder.train()(field).values.square().sum().backward()
    learning = {name for name, one in encoder.upper.named_parameters() if one.grad is not None}
    assert {name.rsplit(".", 1)[1] for name in learning} == {"up", "down"}
    # Each of two blocks: query, key, value, output, and two of the feed-forward part, all 8 x 8.
    assert encoder.n_trained == 2 * 6 * 2 * (8 + 8)
    assert sum(one.numel() for n, one in encoder.upper.named_parameters() if n in learning) == encoder.n_trained


def test_the_state_holds_the_updates_only_and_comes_back(text_folder: Any) -> None:
    cut = Cut(TextEmbedder.load(text_folder(*WORDS["bert"])), 2, "bert")
    encoder, field = encoder_of(cut, LoRA("bert", rank=2, layers=2), TEXTS)
    again, _ = encoder_of(cut, LoRA("bert", rank=2, layers=2), TEXTS)
    for one in encoder.parameters():
        if one.requires_grad:
            torch.nn.init.normal_(one)
    state = torch.nn.ModuleDict({"note": encoder}).state_dict()
    upper = [name for name in state if name.startswith("note.upper.")]
    assert len(upper) == 24
    assert all(name.endswith((".up", ".down")) for name in upper)
    torch.nn.ModuleDict({"note": again}).load_state_dict(copy.deepcopy(state))
    assert torch.equal(again(field).values, encoder(field).values)
    frozen = [dict(one.upper.named_parameters()) for one in (encoder, again)]
    name = next(name for name in frozen[0] if name.endswith("base.weight"))
    assert frozen[0][name] is frozen[1][name], "the frozen weights are shared"


def test_alone_or_among_others(text_folder: Any) -> None:
    cut = Cut(TextEmbedder.load(text_folder(*WORDS["bert"])), 2, "bert")
    encoder, field = encoder_of(cut, LoRA("bert", layers=2), TEXTS)
    for one in encoder._updates:
        torch.nn.init.normal_(one.up)
    together = encoder(field).values
    for row in range(len(TEXTS)):
        assert field.mask is not None
        length = int(field.mask[row].sum())
        alone = Field(field.values[[row], :length], torch.zeros(1, dtype=torch.long), field.mask[[row], :length])
        torch.testing.assert_close(encoder(alone).values[0], together[row], atol=1e-5, rtol=1e-5)


def test_what_cannot_be_cut_is_refused(text_folder: Any) -> None:
    settings = {"vocab_size": 4, "d_model": 8, "d_kv": 4, "d_ff": 8, "num_layers": 3, "num_heads": 2}
    folder = text_folder("T5Model", "T5Config", settings)
    with pytest.raises(SettingError, match=r"cannot be gone on with from block 3 .*layers=3"):
        Cut(TextEmbedder.load(folder), 1, "t5")
    with pytest.raises(SettingError, match="has 3 blocks"):
        Cut(TextEmbedder.load(folder), 4, "t5")


def test_blocks_without_linear_layers_are_refused(text_folder: Any) -> None:
    cut = Cut(TextEmbedder.load(text_folder(*WORDS["gpt2"])), 1, "gpt2")
    with pytest.raises(SettingError, match="its last 1 blocks have no linear layer to adapt"):
        encoder_of(cut, LoRA("gpt2", layers=1), TEXTS)


def test_threads_do_not_meet(text_folder: Any) -> None:
    cut = Cut(TextEmbedder.load(text_folder(*WORDS["bert"])), 2, "bert")
    encoder, _ = encoder_of(cut, LoRA("bert", layers=2), TEXTS)

    def ask(text: str) -> np.ndarray:
        [states] = cut.states([text])
        values, mask = cut.carrier.collate([states], cut.carrier.measure([states]))
        with torch.no_grad():
            return np.asarray(encoder.upper(values, mask)[0] - torch.from_numpy(states[:8]))

    with ThreadPoolExecutor(4) as pool:
        assert max(np.abs(one).max() for one in pool.map(ask, TEXTS * 8)) < 1e-5
