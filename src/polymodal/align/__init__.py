"""Bringing together what was recorded apart: `pair` joins tables, `clock` brings streams onto one
clock, `space` brings pictures and points into one frame.

>>> import polymodal as pm
>>> scans = {"patient": ["a", "a", "c"], "scan": ["1.png", "2.png", "3.png"]}
>>> pm.align.pair.by_key({"patient": ["a", "b"]}, scans, "patient", several="list").table["scan"].tolist()
[['1.png', '2.png'], None]
>>> pm.align.clock.asof({"time": [5, 10]}, {"time": [0, 10], "dose": [1, 2]}).table["dose"].tolist()
[1, 2]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polymodal.align import clock, pair, space

_ROOMS = ("clock", "pair", "space")

__all__ = ["clock", "pair", "space"]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'polymodal.align' has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS})
