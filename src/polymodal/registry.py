"""Parts found by name: the file name is the public name, and nothing is imported until asked for.

A part is one file in its folder with one decorator. Other packages add theirs by entry point, in the
group named like the folder (`polymodal.encoders`, `polymodal.fusion`, ...).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from polymodal.errors import SettingError, near_miss

T = TypeVar("T")


class Registry(Generic[T]):
    """The parts of one kind, by name.

    >>> from polymodal.registry import FUSIONS
    >>> "late" in FUSIONS.names()
    True
    """

    def __init__(self, noun: str, package: str) -> None:
        self.noun, self.package = noun, package
        self._parts: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that files a part under `name`; a second part of that name is an error."""

        def add(part: T) -> T:
            present = self._parts.get(name)
            if present is not None and _origin(present) != _origin(part):
                raise SettingError(f"two {self.noun}s are named {name!r}: {_origin(present)} and {_origin(part)}")
            self._parts[name] = part
            return part

        return add

    def names(self) -> list[str]:
        """Every known name, sorted; reading the folder imports nothing."""
        return sorted(_files(self.package) | _outside(self.package).keys() | set(self._parts))

    def get(self, name: str) -> T:
        """The part of that name.

        Raises SettingError for an unknown name, with the nearest known one.
        """
        if name not in self._parts:
            self._load(name)
        return self._parts[name]

    def _load(self, name: str) -> None:
        outside = _outside(self.package)
        if name in outside:
            self._parts[name] = outside[name].load()
            return
        if name not in self.names():
            raise SettingError(f"unknown {self.noun} {name!r}. {near_miss(name, self.names())}")
        importlib.import_module(f"{self.package}.{name}")
        assert name in self._parts, f"{self.package}.{name} registers no {self.noun} under its own name"


@cache  # what is installed is read from disk, which tells on tables of thousands of columns
def _files(package: str) -> frozenset[str]:
    folder = importlib.import_module(package)
    return frozenset(module.name for module in pkgutil.iter_modules(folder.__path__) if module.name[0] != "_")


@cache
def _outside(group: str) -> dict[str, EntryPoint]:
    """The parts that other packages have announced, by name."""
    return {point.name: point for point in entry_points(group=group)}


def _origin(part: object) -> str:
    return f"{getattr(part, '__module__', '?')}.{getattr(part, '__qualname__', part)}"


MODALITIES: Registry[Any] = Registry("modality", "polymodal.modalities")
EMBEDDERS: Registry[Any] = Registry("pretrained encoder", "polymodal.pretrained")
ENCODERS: Registry[Any] = Registry("encoder", "polymodal.encoders")
FEATURES: Registry[Any] = Registry("kind of plain features", "polymodal.features")
LEARNERS: Registry[Any] = Registry("learner", "polymodal.learners")
FUSIONS: Registry[Any] = Registry("fusion", "polymodal.fusion")
OBJECTIVES: Registry[Any] = Registry("objective", "polymodal.objectives")
CONTRASTS: Registry[Any] = Registry("contrastive objective", "polymodal.contrastive")
BALANCES: Registry[Any] = Registry("balance", "polymodal.training.balance")
DEMOS: Registry[Any] = Registry("demo", "polymodal.demos")
TRANSFORMS: Registry[Any] = Registry("kind of transform", "polymodal.align.space.transforms")
