"""Spots: places of a section with counts of genes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from polymodal.align._wording import count
from polymodal.align.space._points import checked, listed
from polymodal.align.space.frames import Frame
from polymodal.errors import DataError, SchemaError, near_miss
from polymodal.schema.read import read_frame

_SHOWN = 5
UNNAMED = Frame("spots")


@dataclass(frozen=True, eq=False)
class Spots:
    """A section measured at spots or cells.

    Attributes:
        counts: `[n, g]` as they were counted: an array, or a scipy sparse matrix, which is kept sparse.
        genes: `[g]` their names, each once.
        positions: `[n, 2]` (or 3) in the frame.
        frame: of the positions; by default pixels of unknown size, called "spots".
        names: `[n]` of the spots; by default their row numbers.

    Raises DataError that lists what does not fit: shapes, negative or absent counts, genes named twice.

    >>> Spots([[3, 0], [0, 2]], ["CD8A", "KRT5"], [[10, 10], [20, 10]], Frame("section", resolution=0.5))
    2 spots with counts of 2 genes, in Frame 'section', pixels of 0.5 micrometres
    """

    counts: Any
    genes: Sequence[str]
    positions: Any
    frame: Frame = UNNAMED
    names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        kept = _matrix(self.counts)
        genes = tuple(map(str, self.genes))
        places = checked(self.positions, self.frame.dimensions, "positions")
        names = tuple(map(str, range(kept.shape[0]) if self.names is None else self.names))
        faults = []
        for what, n, of in (("positions", len(places), 0), ("names", len(names), 0), ("genes", len(genes), 1)):
            if n != kept.shape[of]:
                faults.append(f"counts are {list(kept.shape)}, [spots, genes], and there are {n:,} {what}")
        if len(set(genes)) < len(genes):
            twice = pd.Index(genes)
            shown = ", ".join(map(repr, dict.fromkeys(twice[twice.duplicated()][:_SHOWN])))
            faults.append(f"genes are named twice: {shown}; add their counts together, or name them apart")
        faults += _no_counts(kept)
        if faults:
            raise DataError("these are no spots with counts:" + "".join(f"\n  - {fault}" for fault in faults))
        for name, value in (("counts", kept), ("genes", genes), ("positions", places), ("names", names)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return f"{count(len(self), 'spot')} with counts of {count(len(self.genes), 'gene')}, in {self.frame}"

    @property
    def totals(self) -> np.ndarray:
        """`[n]` counts of each spot over all genes."""
        return np.asarray(self.counts.sum(axis=1)).ravel().astype(np.float64)

    @classmethod
    def of(
        cls, given: Any, frame: Frame | None = None, *, x: str = "x", y: str = "y", layer: str | None = None
    ) -> Spots:
        """From whatever holds spots: Spots, an AnnData, or a table (or its file) with a row a spot.

        Of an AnnData (the package is not needed) `X`, or the `layer` that holds the counts, `var_names` and
        `obsm["spatial"]` are taken. A table has the positions in columns `x` and `y` and counts of a gene in each other
        column of numbers; a column of text that has a name for each row gives the names. `frame` is that of the
        positions.

        Raises DataError or SchemaError where something is not there.

        >>> Spots.of({"x": [0, 1], "y": [0, 0], "CD8A": [4, 0]})
        2 spots with counts of 1 gene, in Frame 'spots', pixels
        """
        if isinstance(given, Spots):
            if frame is None or frame == given.frame:
                return given
            return cls(given.counts, given.genes, given.positions, frame, given.names)
        if hasattr(given, "obsm") and hasattr(given, "var_names"):
            return _from_annotated(given, frame or UNNAMED, layer)
        if layer is not None:
            raise DataError(f"layer={layer!r}: only an AnnData has layers, and this is {type(given).__name__}")
        named = Frame(Path(given).stem) if isinstance(given, (str, os.PathLike)) else UNNAMED
        return _from_table(given, frame or named, x, y)

    def taken(self, rows: np.ndarray) -> Spots:
        """Some of them, by row numbers or a mask `[n]`."""
        names = np.asarray(self.names, dtype=object)[rows]
        return Spots(self.counts[rows], self.genes, self.positions[rows], self.frame, list(names))

    def of_genes(self, genes: Sequence[str]) -> np.ndarray:
        """`[n, len(genes)]` float64 counts of some genes, by name."""
        where = pd.Index(self.genes).get_indexer(pd.Index(genes))
        found = self.counts[:, where]
        return np.asarray(found.toarray() if sparse.issparse(found) else found, dtype=np.float64)


def _matrix(given: Any) -> Any:
    """CSR where sparse, else an array; the caller's is not changed."""
    if sparse.issparse(given):
        return sparse.csr_array(given)
    try:
        found = np.array(given)
        found = found if found.dtype.kind in "iuf" else found.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"counts are [spots, genes] numbers: {error}") from error
    if found.ndim != 2:
        raise DataError(f"counts are [spots, genes]; these are {list(found.shape)}")
    return found


def _no_counts(kept: Any) -> list[str]:
    values = kept.data if sparse.issparse(kept) else kept
    faults = []
    if not np.isfinite(values).all():
        faults.append("counts are absent or infinite; a spot that was not measured is left out, a gene not seen is 0")
    if (values < 0).any():
        faults.append(f"counts are negative ({values[values < 0][0]:g}); give them as counted, not centred or scaled")
    return faults


def _from_annotated(given: Any, frame: Frame, layer: str | None) -> Spots:
    if "spatial" not in given.obsm:
        have = ", ".join(map(repr, given.obsm.keys())) or "nothing"
        raise SchemaError(f"positions are looked for in obsm['spatial'], and obsm has {have}")
    if layer is not None and layer not in given.layers:
        raise SchemaError(f"there is no layer {layer!r}. {near_miss(layer, given.layers.keys())}")
    counts = given.X if layer is None else given.layers[layer]
    if counts is None:
        raise SchemaError("X is empty; name the layer that holds the counts, layer='counts'")
    places = np.asarray(given.obsm["spatial"])[:, : frame.dimensions]
    return Spots(counts, list(given.var_names), places, frame, list(given.obs_names))


def _from_table(given: Any, frame: Frame, x: str, y: str) -> Spots:
    table, _ = read_frame(given)
    gone = [one for one in (x, y) if one not in table.columns]
    if gone:
        faults = [f"{one!r}. {near_miss(one, map(str, table.columns))}" for one in gone]
        raise SchemaError("positions are in columns, and these are not there:", faults)
    rest = table.drop(columns=[x, y])
    is_count = [pd.api.types.is_numeric_dtype(rest[one].dtype) for one in rest.columns]
    genes, others = rest.loc[:, is_count], rest.loc[:, [not one for one in is_count]]
    named = next((others[one] for one in others.columns if others[one].is_unique and others[one].notna().all()), None)
    for one in (x, y):
        if not pd.api.types.is_numeric_dtype(table[one].dtype):
            raise SchemaError(f"positions are numbers, and column {one!r} holds {table[one].iloc[0]!r}")
    places = table[[x, y]].to_numpy(dtype=np.float64, na_value=np.nan)
    lost = np.flatnonzero(~np.isfinite(places).all(axis=1))
    if len(lost):
        raise SchemaError(f"rows {listed(lost)} have no position in {x!r} and {y!r}; leave them out")
    counts = genes.to_numpy(dtype=np.float64, na_value=np.nan)
    labels = table.index if named is None else named
    return Spots(counts, list(genes.columns), places, frame, [str(one) for one in labels])
