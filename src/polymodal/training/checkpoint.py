"""The state of a training run on disk: safetensors and JSON in one file, replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from polymodal.errors import ArtifactError, FitError
from polymodal.network import Network
from polymodal.schema.writing import write_atomically
from polymodal.training.history import History


class Checkpoint:
    """One file that a killed run finds again.

    `settings` says what the run is; a checkpoint of other settings is refused rather than continued wrongly.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path, self.settings = path, json.loads(json.dumps(settings))

    def exists(self) -> bool:
        """Whether there is something to go on from."""
        return self.path.is_file()

    def save(
        self,
        network: Network,
        optimizer: torch.optim.Optimizer,
        history: History,
        best: dict[str, Tensor],
        elapsed: float,
    ) -> None:
        """Write the state. Raises ArtifactError when the disk is full or read-only; the former state stays."""
        tensors = {f"network/{name}": value for name, value in network.state_dict().items()}
        tensors |= {f"best/{name}": value for name, value in best.items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer/{index}/{key}": torch.as_tensor(value) for key, value in state.items()}
        told = {"settings": self.settings, "history": asdict(history), "elapsed": elapsed}
        # Copies, because a module may use one weight in two places, and safetensors wants each name to own its memory.
        own = {name: value.cpu().contiguous().clone() for name, value in tensors.items()}
        data = save(own, {"polymodal": json.dumps(told)})
        write_atomically(self.path, data)

    def load(self, network: Network, optimizer: torch.optim.Optimizer) -> tuple[History, dict[str, Tensor], float]:
        """Bring network and optimizer to the saved state.

        Returns history, best weights and the seconds spent so far. Raises ArtifactError on a damaged file and FitError
        when it belongs to other settings.
        """
        try:
            with safe_open(self.path, framework="pt") as file:
                told = json.loads(file.metadata()["polymodal"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        except (SafetensorError, KeyError, TypeError, json.JSONDecodeError) as error:
            raise ArtifactError(f"{self.path} is no readable checkpoint ({error}); delete it to start anew") from error
        if told["settings"] != self.settings:
            keys = [key for key in self.settings if self.settings[key] != told["settings"].get(key)]
            raise FitError(
                f"checkpoint {self.path} belongs to a run with other {', '.join(keys)}; delete it or give another path"
            )
        network.load_state_dict(_below("network/", tensors))
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _below("optimizer/", tensors).items():
            index, key = name.split("/")
            state.setdefault(int(index), {})[key] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
        return History(**told["history"]), _below("best/", tensors), told["elapsed"]


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}


def place_of(path: str | os.PathLike[str]) -> Path:
    """Where a checkpoint goes. Raises ArtifactError, before any work, for a folder and where nothing may be written."""
    place = Path(path)
    if place.is_dir():
        raise ArtifactError(f"checkpoint {place} is a folder; give the name of a file, such as {place / 'fit.part'}")
    home = next(one for one in place.absolute().parents if one.exists())
    if not (home.is_dir() and os.access(home, os.W_OK)):
        raise ArtifactError(f"cannot write checkpoint {place}: {home} is no folder in which anything may be written")
    return place
