"""A CLIP of random weights, and pictures of two kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

WORDS = ["<s>", "</s>", "[UNK]", "a", "photo", "of", "red", "blue", "thing"]
SIDE = 16


@pytest.fixture(scope="session")
def clip(importable_torchvision: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a CLIP of a few thousand random weights, with its tokenizer and how pictures are prepared."""
    transformers = pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder = tmp_path_factory.mktemp("clip")
    tokenizer = Tokenizer(models.WordLevel({word: code for code, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", bos_token="<s>", eos_token="</s>", pad_token="</s>"
    ).save_pretrained(folder)
    tower = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = transformers.CLIPConfig(
        text_config=tower | {"vocab_size": len(WORDS), "max_position_embeddings": 12, "eos_token_id": 1,
                             "bos_token_id": 0, "pad_token_id": 1},
        vision_config=tower | {"image_size": SIDE, "patch_size": 8},
        projection_dim=8,
    )  # fmt: skip
    network = transformers.CLIPModel(config)
    with torch.no_grad():
        for one in network.parameters():  # as drawn, everything is nearly alike
            one.add_(0.1 * torch.randn(one.shape))
    network.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        '{"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16}, "do_center_crop": true, '
        '"resample": 3, "image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28], "do_resize": true, '
        '"do_normalize": true, "do_rescale": true, "rescale_factor": 0.00392156862745098}'
    )
    return folder


@pytest.fixture(scope="session")
def pictures() -> list[np.ndarray]:
    """Twenty reddish and twenty bluish pictures of several sizes, in turns."""
    random = np.random.default_rng(0)
    found = []
    for row in range(40):
        shade = random.integers(0, 90, (int(random.integers(16, 30)), int(random.integers(16, 30)), 3))
        shade[:, :, 0 if row % 2 else 2] += 150
        found.append(shade.astype(np.uint8))
    return found
