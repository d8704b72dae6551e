"""A fitted model as one file: tensors in safetensors, everything else as JSON in its header.

Nothing in it is executed on load, and nothing else is needed: preprocessing, schema, frozen encoders and weights are
all inside.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from polymodal.errors import ArtifactError
from polymodal.schema.writing import write_atomically

FORMAT = 1
_KEY, _SUM = "polymodal", "sum"


@dataclass(frozen=True)
class Artifact:
    """What is in a model file: a JSON-able record, and tensors by name."""

    record: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    def write(self, path: Path) -> None:
        """Replace the file at `path` as a whole or not at all. Raises ArtifactError when it cannot be written."""
        header = json.dumps({"format": FORMAT, **self.record}, allow_nan=False)
        # Members share frozen tensors; safetensors wants each name to own its memory.
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in self.tensors.items()}
        told = json.dumps({"format": FORMAT, **self.record, _SUM: _sum(header, tensors)}, allow_nan=False)
        write_atomically(path, save(tensors, {_KEY: told}))  # one entry: safetensors writes several in any order

    @classmethod
    def read(cls, path: Path) -> Artifact:
        """Read a model file. Raises ArtifactError for one that is missing, damaged, foreign or from a later version."""
        if not path.is_file():
            raise ArtifactError(f"no model file at {path}")
        try:
            with safe_open(path, framework="pt") as file:
                header = (file.metadata() or {}).get(_KEY)
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            record = json.loads(header) if header else None
        except (SafetensorError, json.JSONDecodeError, OSError, ValueError) as error:
            raise ArtifactError(f"{path} is damaged or no model file: {error}") from error
        if not isinstance(record, dict) or "format" not in record:
            raise ArtifactError(f"{path} is a safetensors file, but not one that polymodal saved")
        if record["format"] > FORMAT:
            raise ArtifactError(
                f"{path} has format {record['format']}, this version reads up to {FORMAT}; install a newer polymodal"
            )
        told = record.pop(_SUM, None)
        if told is not None and told != _sum(json.dumps(record), tensors):  # the first files have none
            raise ArtifactError(
                f"{path} is damaged: its content is not what was saved, though it can be read; copy or fit it again"
            )
        return cls(record, tensors)

    def below(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose name starts with `prefix`, without it."""
        return {name[len(prefix) :]: value for name, value in self.tensors.items() if name.startswith(prefix)}


def prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, torch.Tensor]:
    """The same tensors under longer names."""
    return {prefix + name: value for name, value in tensors.items()}


def _sum(header: str, tensors: Mapping[str, Tensor]) -> str:
    """Of everything that answers depend on: a bit that a disk flips in a weight is another weight, and no error."""
    found = hashlib.blake2b(header.encode(), digest_size=16)
    for name, value in sorted(tensors.items()):
        found.update(f"{name} {value.dtype} {list(value.shape)}".encode())
        in_order = value.flatten().clone(memory_format=torch.contiguous_format)  # one number may have stride 0
        found.update(in_order.view(torch.uint8).numpy().data)
    return found.hexdigest()
