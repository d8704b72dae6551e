"""A pretrained network cut below its last blocks: the lower part runs once, the upper goes on from its states."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from functools import cached_property
from threading import get_ident
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from polymodal.errors import DataError, SettingError
from polymodal.modalities._states import States
from polymodal.pretrained._embedder import Embedder, exact_inference

_AT_ONCE = 64
_SAME = 1e-3  # relative; a network that cannot be resumed is off by far more
_UNSUITED = (RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError)


class Cut:
    """A frozen embedder that also tells the states that enter its last `layers` blocks.

    Attributes:
        embedder: the whole.
        layers: blocks above the cut.
        width: E, the length of the embedder's vectors.
        carrier: the kind that packs what `states` gives.

    Raises SettingError for a network without such blocks, or one that does more between them than hand states on.
    """

    def __init__(self, embedder: Embedder, layers: int, name: str) -> None:
        self.embedder, self.layers, self.width = embedder, layers, embedder.width
        blocks = embedder.blocks()
        if not blocks:
            raise SettingError(f"LoRA({name!r}): the network has no stack of blocks of which the last could be adapted")
        if layers > len(blocks):
            raise SettingError(f"LoRA({name!r}, layers={layers}): the network has {len(blocks)} blocks")
        self._probe(name)

    @property
    def fingerprint(self) -> str:
        """Of the whole."""
        return self.embedder.fingerprint

    def embed(self, samples: Sequence[Any]) -> np.ndarray:
        """Vectors `[n, E]` of the whole, as it was pretrained."""
        return self.embedder.embed(samples)

    def export(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Weights and config of the whole."""
        return self.embedder.export()

    def states(self, samples: Sequence[Any]) -> list[np.ndarray]:
        """For each sample its vector `[E]`, followed by its states laid flat. Raises DataError when not finite."""
        found: list[np.ndarray] = [np.zeros(0, dtype=np.float32)] * len(samples)
        for positions, vectors, states in self._run(samples):
            flat = torch.cat([vectors, states.flatten(1)], dim=1).cpu().numpy()
            for position, one in zip(positions, flat, strict=True):
                if not np.isfinite(one).all():
                    raise DataError(f"the pretrained encoder gave NaN or infinity for sample {position}")
                found[position] = one
        return found

    def resume(self, adapt: Callable[[nn.Module], object] | None = None) -> Upper:
        """The part above the cut, whose blocks `adapt` may change; all that are made share their frozen weights."""
        shared = {id(one): one for one in (*self._base.parameters(), *self._base.buffers())}
        network = copy.deepcopy(self._base, shared)
        shell = copy.copy(self.embedder)
        shell._network = network
        blocks = shell.blocks()
        first = blocks[-self.layers]
        for block in blocks[: -self.layers]:
            _replace(network, block, _HandOn())
        for block in blocks[-self.layers :]:
            if adapt is not None:
                adapt(block)
        return Upper(network, shell, first)

    @cached_property
    def carrier(self) -> States:
        """What packs the vector and states of a sample."""
        return States(scale="standard", head=self.width, shape=self._shape)

    @cached_property
    def _base(self) -> nn.Module:
        # A copy, which may move to another device than the embedder's.
        return copy.deepcopy(self.embedder._network)

    def _run(self, samples: Sequence[Any]) -> list[tuple[list[int], Tensor, Tensor]]:
        held: list[Tensor] = []
        mine = get_ident()

        def hold(_: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
            if get_ident() == mine:  # another thread may ask the same network
                held.append(_first(given, named))

        first = self.embedder.blocks()[-self.layers]
        handle = first.register_forward_pre_hook(hold, with_kwargs=True)
        found = []
        try:
            with exact_inference(self.embedder.device):
                for positions, inputs in self.embedder._batches(samples, _AT_ONCE):
                    held.clear()
                    vectors = self.embedder._forward(inputs.to(self.embedder.device))
                    found.append((positions, vectors.float().cpu(), held[0].float().cpu()))
        finally:
            handle.remove()
        return found

    def _probe(self, name: str) -> None:
        """Learn the shape of the states, and see that the upper part goes on from them as the whole would."""
        why = "it gives other vectors"
        try:
            [(_, vectors, states)] = self._run([self.embedder.probe])
            self._shape = self.embedder.shape_of(states)
            with torch.no_grad():
                again = self.resume()(states)
            is_same = again.shape == vectors.shape and bool(
                ((again - vectors).abs() <= _SAME * vectors.abs().max()).all()
            )
        except _UNSUITED as error:
            is_same, why = False, str(error)
        if not is_same:
            raise SettingError(
                f"LoRA({name!r}): {type(self.embedder._network).__name__} cannot be gone on with from block "
                f"{len(self.embedder.blocks()) - self.layers + 1} ({why}); adapt all its blocks (layers="
                f"{len(self.embedder.blocks())}), choose another model, or use it frozen, by its name alone"
            )


class Upper(nn.Module):
    """States `[n, L, S]` (with a mask `[n, L]` of what is real) or `[n, C, H, W]` to vectors `[n, E]`."""

    def __init__(self, network: nn.Module, shell: Embedder, first: nn.Module) -> None:
        super().__init__()
        self.network, self.width = network, shell.width
        self._shell = shell
        self._states: dict[int, Tensor] = {}  # by thread
        first.register_forward_pre_hook(self._hand_in, with_kwargs=True)

    def forward(self, states: Tensor, mask: Tensor | None = None) -> Tensor:
        lengths = torch.zeros(len(states), dtype=torch.long) if mask is None else mask.sum(dim=1).cpu()
        order, found = [], []
        # Samples of one length go together and none is padded, as in the whole network.
        for length in lengths.unique().tolist():
            for rows in torch.nonzero(lengths == length)[:, 0].split(_AT_ONCE):
                some = states[rows.to(states.device)]
                found.append(self._go_on(some if mask is None else some[:, :length]))
                order.append(rows)
        back = torch.cat(order).argsort().to(states.device)
        return torch.cat(found)[back]

    def _go_on(self, states: Tensor) -> Tensor:
        self._states[get_ident()] = states
        try:
            return self._shell._forward(self._shell.blank(states))
        finally:
            del self._states[get_ident()]

    def _hand_in(self, _: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if given:
            return (self._states[get_ident()], *given[1:]), named
        return given, {**named, "hidden_states": self._states[get_ident()]}


class _HandOn(nn.Module):
    """In place of a block below the cut."""

    def forward(self, states: Tensor, *given: Any, **named: Any) -> Tensor:
        return states


def _first(given: tuple[Any, ...], named: dict[str, Any]) -> Tensor:
    found: Tensor = given[0] if given else named["hidden_states"]
    return found


def _replace(network: nn.Module, block: nn.Module, other: nn.Module) -> None:
    for parent in network.modules():
        for name, child in parent.named_children():
            if child is block:
                setattr(parent, name, other)
                return
