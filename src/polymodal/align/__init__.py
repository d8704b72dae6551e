"""Bringing together what was recorded apart: `pair` joins tables, `clock` brings streams onto one clock.

>>> import polymodal as pm
>>> pm.align.clock.asof({"time": [5, 10]}, {"time": [0, 10], "dose": [1, 2]}).table["dose"].tolist()
[1, 2]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polymodal.align import clock, pair

_ROOMS = ("clock", "pair")

__all__ = ["clock", "pair"]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'polymodal.align' has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
