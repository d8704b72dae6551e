"""Modules by any name, in a fixed order."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Generic, TypeVar, cast
from urllib.parse import quote

from torch import nn

M = TypeVar("M", bound=nn.Module)


class Named(nn.Module, Mapping[str, M], Generic[M]):
    """A mapping of modules whose names may be anything a column may be called.

    `torch.nn.ModuleDict` refuses dots and names such as "type" or "train".

    >>> parts = Named({"type": nn.Linear(1, 1), "a.b": nn.Identity()})
    >>> list(parts), sorted(parts.state_dict())
    (['type', 'a.b'], ['of type.bias', 'of type.weight'])
    """

    def __init__(self, parts: Mapping[str, M]) -> None:
        super().__init__()
        self._keys = {name: "of " + quote(name, safe=" ").replace(".", "%2E") for name in parts}
        for name, part in parts.items():
            self.add_module(self._keys[name], part)

    def __getitem__(self, name: str) -> M:
        return cast(M, self._modules[self._keys[name]])

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    # Mapping's own views would do; naming them here keeps nn.Module's attribute machinery out of the way.
    def keys(self) -> KeysView[str]:
        return KeysView(self)

    def items(self) -> ItemsView[str, M]:
        return ItemsView(self)

    def values(self) -> ValuesView[M]:
        return ValuesView(self)

    __hash__ = nn.Module.__hash__
    __eq__ = object.__eq__
