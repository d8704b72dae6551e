"""Anybody's module as an encoder."""

from __future__ import annotations

import copy
import inspect
from itertools import chain

import torch
from torch import Tensor, nn

from polymodal.encoders._encoder import all_real
from polymodal.errors import SettingError
from polymodal.schema.batch import Field, Tokens


class CustomEncoder(nn.Module):
    """A module that takes the collated values (and the mask, if its forward has a second argument).

    It returns `[n, E]` or `[n, T, E]`; a linear layer brings E to the width of the model.
    """

    def __init__(self, module: nn.Module, name: str, features: int, width: int) -> None:
        super().__init__()
        self.module, self.name, self.features = module, name, features
        self.takes_mask = _takes_mask(module)
        self.project = nn.Linear(features, width)

    def forward(self, field: Field) -> Tokens:
        return all_real(self.project(_run(self.module, field, self.takes_mask, self.name)), field)


def output_features(module: nn.Module, field: Field, name: str) -> int:
    """The last axis of what the module returns for a field.

    Raises SettingError when it returns something else, or does not take what the field holds.
    """
    tried = copy.deepcopy(module).eval()  # the caller's own keeps its modes, and whatever a call would leave in it
    for weight in chain(tried.parameters(), tried.buffers()):
        field = field.to(weight.device)
        break
    takes_mask = _takes_mask(tried)
    try:
        with torch.no_grad():
            return int(_run(tried, field, takes_mask, name).shape[-1])
    except (RuntimeError, TypeError, IndexError) as error:
        mask = ", and their mask" if takes_mask else ""
        raise SettingError(
            f"encoder of {name!r}: {type(module).__name__} does not take the values {list(field.values.shape)} "
            f"({str(field.values.dtype).removeprefix('torch.')}){mask}: {error}"
        ) from error


def _run(module: nn.Module, field: Field, takes_mask: bool, name: str) -> Tensor:
    encoded = module(field.values, field.mask) if takes_mask else module(field.values)
    n = len(field.rows)
    if not isinstance(encoded, Tensor) or encoded.ndim not in (2, 3) or len(encoded) != n:
        came = list(encoded.shape) if isinstance(encoded, Tensor) else type(encoded).__name__
        raise SettingError(
            f"encoder of {name!r}: a tensor [{n}, E] or [{n}, T, E] is expected for values "
            f"{list(field.values.shape)}, {came} came"
        )
    return encoded[:, None, :] if encoded.ndim == 2 else encoded


def _takes_mask(module: nn.Module) -> bool:
    required = [p for p in inspect.signature(module.forward).parameters.values() if p.default is p.empty]
    return len([p for p in required if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]) > 1
