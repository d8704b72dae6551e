"""What tells the space of one model from that of another."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from polymodal.model import Model


def key_of_space(model: Model) -> str:
    """Equal for models that give equal vectors: a digest of weights, of frozen encoders, and of how cells are read."""
    read = model.preprocessor
    told = {
        "modalities": {name: one.model_dump(mode="json") for name, one in read.schema.modalities.items()},
        "statistics": {name: one.model_dump(mode="json") for name, one in read.statistics.items()},
        "frozen": {name: one.fingerprint for name, one in read.embedders.items()},
    }
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for network in model.networks:
        for name, tensor in network.state_dict().items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)} ".encode())
            digest.update(tensor.detach().cpu().double().numpy().tobytes())
    return digest.hexdigest()
