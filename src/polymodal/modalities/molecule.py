"""Molecule: a small molecule a cell, written as SMILES and read as the graph of its atoms and bonds."""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from polymodal.modalities._chemistry import N_ATOM, N_BOND, canonical, drawing, graph_of
from polymodal.modalities.graph import Graph, GraphStatistics, sizes_of
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, decode_each
from polymodal.schema.modality import Modality

if TYPE_CHECKING:
    from torch import Tensor

_WIDTH, _HEIGHT = 160, 120
_MOST_DRAWN = 300  # letters of a SMILES


@MODALITIES.register("molecule")
class Molecule(Modality):
    """A molecule as SMILES, or as an object of RDKit (extra `molecule`); all ways to write it are the same.

    A column of SMILES is a `Sequence` unless named: `types={"drug": pm.Molecule()}`. What RDKit refuses is unreadable,
    and so is a molecule of no atoms.

    >>> Molecule().read("drug", pd.DataFrame({"drug": ["OCC", None, "C(C"]}), None).samples
    ['CCO', None, None]
    """

    kind: ClassVar[str] = "molecule"
    encoder: str = "graph"

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        return None

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are canonical SMILES; what repeats is read once."""
        raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
        known: dict[str, str] = {}

        def decode(raw: Any) -> str:
            if not isinstance(raw, str):
                return canonical(raw)
            if raw not in known:
                known[raw] = canonical(raw)
            return known[raw]

        return decode_each(raws, decode, column=name, rows=frame.index)

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        return raw if isinstance(raw, str) else canonical(raw)

    @classmethod
    def statistics_kind(cls) -> type[GraphStatistics]:
        return GraphStatistics

    def measure(self, samples: Sequence[str]) -> GraphStatistics:
        """Of different molecules; what atoms and bonds are told by needs no standardising."""
        size_mean, size_std = sizes_of([graph_of(one) for one in sorted(set(samples))])
        return GraphStatistics(
            directed=False,
            size_mean=size_mean,
            size_std=size_std,
            node_mean=(0.0,) * N_ATOM,
            node_std=(1.0,) * N_ATOM,
            edge_mean=(0.0,) * N_BOND,
            edge_std=(1.0,) * N_BOND,
        )

    def prepare(self, sample: str, statistics: GraphStatistics) -> np.ndarray:
        """`[1 + n + e + k, 37]` float32: atoms and bonds as of a `Graph`, then descriptors and a fingerprint."""
        return graph_of(sample)

    def collate(self, arrays: Sequence[np.ndarray], statistics: GraphStatistics) -> tuple[Tensor, Tensor | None]:
        """`[n, L, 37]` and mask `[n, L]`, as of a `Graph`."""
        return Graph().collate(arrays, statistics)

    def html(self, sample: str) -> str:
        """Its structural formula, where it is small enough to be made out."""
        if len(sample) > _MOST_DRAWN:
            return f'<code class="molecule">{html.escape(sample[:_MOST_DRAWN])}…</code>'
        data = base64.b64encode(drawing(sample, _WIDTH, _HEIGHT).encode()).decode()
        told = html.escape(sample)
        return f'<img class="molecule" alt="{told}" title="{told}" src="data:image/svg+xml;base64,{data}">'

    @classmethod
    def example(cls, random: np.random.Generator) -> str:
        pieces = ["C", "N", "O", "C(=O)", "C(C)", "c1ccccc1", "C(F)", "[C@@H](N)", "C=C", "C1CC1"]
        return "C" + "".join(random.choice(pieces, size=random.integers(1, 6)))
