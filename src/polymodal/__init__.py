"""polymodal: learn from tables whose cells are pictures, text, series, panels and numbers, many of them missing.

>>> import polymodal as pm
>>> table = pm.Table.read("patients.csv", files="data/", target="outcome")  # doctest: +SKIP
>>> model = pm.Model().fit(table)  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polymodal import align
    from polymodal.adapters.lora import LoRA
    from polymodal.comparison.compare import compare
    from polymodal.comparison.learning_curve import learning_curve
    from polymodal.lattice import Lattice
    from polymodal.modalities.audio import Audio
    from polymodal.modalities.expression import Expression
    from polymodal.modalities.graph import Graph
    from polymodal.modalities.image import Image
    from polymodal.modalities.molecule import Molecule
    from polymodal.modalities.moment import Moment
    from polymodal.modalities.place import Place
    from polymodal.modalities.points import Points
    from polymodal.modalities.sequence import Sequence
    from polymodal.modalities.series import Series
    from polymodal.modalities.tabular import Tabular
    from polymodal.modalities.text import Text
    from polymodal.modalities.tokens import Tokens
    from polymodal.modalities.vector import Vector
    from polymodal.modalities.video import Video
    from polymodal.modalities.volume import Volume
    from polymodal.model import Model, load
    from polymodal.prompted.zero_shot import zero_shot
    from polymodal.quality.duplicates import duplicates
    from polymodal.quality.suspicious import suspicious
    from polymodal.schema.missing.hiding import hide
    from polymodal.schema.schema import Schema
    from polymodal.schema.table import Table
    from polymodal.schema.target import Category, Multilabel, Number, Ordinal, Survival
    from polymodal.store.disk.store import Store
    from polymodal.store.loader.loader import Loader

# Where each public name lives. Nothing below is imported until it is asked for, so that
# `import polymodal` costs neither torch nor pandas.
_HOMES = {
    "Audio": "polymodal.modalities.audio",
    "Category": "polymodal.schema.target",
    "Expression": "polymodal.modalities.expression",
    "Graph": "polymodal.modalities.graph",
    "Image": "polymodal.modalities.image",
    "Lattice": "polymodal.lattice",
    "LoRA": "polymodal.adapters.lora",
    "Loader": "polymodal.store.loader.loader",
    "Model": "polymodal.model",
    "Molecule": "polymodal.modalities.molecule",
    "Moment": "polymodal.modalities.moment",
    "Multilabel": "polymodal.schema.target",
    "Number": "polymodal.schema.target",
    "Ordinal": "polymodal.schema.target",
    "Place": "polymodal.modalities.place",
    "Points": "polymodal.modalities.points",
    "Schema": "polymodal.schema.schema",
    "Sequence": "polymodal.modalities.sequence",
    "Series": "polymodal.modalities.series",
    "Store": "polymodal.store.disk.store",
    "Survival": "polymodal.schema.target",
    "Table": "polymodal.schema.table",
    "Tabular": "polymodal.modalities.tabular",
    "Text": "polymodal.modalities.text",
    "Tokens": "polymodal.modalities.tokens",
    "Vector": "polymodal.modalities.vector",
    "Video": "polymodal.modalities.video",
    "Volume": "polymodal.modalities.volume",
    "align": "polymodal",
    "compare": "polymodal.comparison.compare",
    "duplicates": "polymodal.quality.duplicates",
    "hide": "polymodal.schema.missing.hiding",
    "learning_curve": "polymodal.comparison.learning_curve",
    "load": "polymodal.model",
    "suspicious": "polymodal.quality.suspicious",
    "zero_shot": "polymodal.prompted.zero_shot",
}

__version__ = "0.1.0"
__all__ = [
    "Audio",
    "Category",
    "Expression",
    "Graph",
    "Image",
    "Lattice",
    "LoRA",
    "Loader",
    "Model",
    "Molecule",
    "Moment",
    "Multilabel",
    "Number",
    "Ordinal",
    "Place",
    "Points",
    "Schema",
    "Sequence",
    "Series",
    "Store",
    "Survival",
    "Table",
    "Tabular",
    "Text",
    "Tokens",
    "Vector",
    "Video",
    "Volume",
    "align",
    "compare",
    "duplicates",
    "hide",
    "learning_curve",
    "load",
    "suspicious",
    "zero_shot",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'polymodal' has no attribute {name!r}")
    if _HOMES[name] == __name__:  # a room of its own
        return importlib.import_module(f"{__name__}.{name}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
