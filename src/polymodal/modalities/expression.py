"""Expression: counts of genes by name, by library size and logarithm; samples may have different panels."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field as Setting

from polymodal.errors import CellError
from polymodal.modalities._numbers import shown
from polymodal.modalities._panels import columns_of, read_columns
from polymodal.modalities._profiles import Panel, Profile, profile_of
from polymodal.modalities._variable_genes import moments, most_variable
from polymodal.registry import MODALITIES
from polymodal.schema.cells import Cells, State, Unreadable, decode_each
from polymodal.schema.modality import Modality, Statistics

if TYPE_CHECKING:
    from torch import Tensor

_TO = 1e4  # counts that every library is brought to
_ROWS = 256  # samples that are laid out at once
_FURTHEST = 10.0
_LEAST_SPREAD = 0.05  # of the logarithm of library sizes that are all about the same
_SHOWN = 8
_MOST_KEPT = 64  # pairs of panels


class ExpressionStatistics(Statistics):
    """The genes that are looked at, mean and spread of each after normalising, and of the log of the library size."""

    genes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    size_mean: float
    size_std: float


@MODALITIES.register("expression")
class Expression(Modality):
    """Counts of genes: several columns (by list or `prefix`), or a dict of gene to count, or names and counts, a cell.

    A sample is log(1 + 10,000 counts / library size), the library size being the sum of its counts (Luecken & Theis
    2019), which is kept besides. A gene without a count, or not named, was not measured, which is not zero; with `gaps`
    "zero" it was, as where only what was found is written down. Of more than `max_genes` genes those that vary most in
    the training rows are looked at (as Seurat v3 finds them, Stuart et al. 2019).

    >>> frame = pd.DataFrame({"rna": [{"GATA1": 3, "TP53": 0}, {"TP53": 9}, (["MYC"], [2]), None]})
    >>> cells = Expression().read("rna", frame, None)
    >>> cells.samples[0], cells.state.tolist()
    (Profile(GATA1=3, TP53=0), [1, 1, 1, 0])
    """

    kind: ClassVar[str] = "expression"
    is_group: ClassVar[bool] = True
    encoder: str = "expression"
    prefix: str | None = None
    max_genes: int = Setting(2000, ge=1, le=100_000)
    gaps: Literal["unknown", "zero"] = "unknown"

    @classmethod
    def recognises(cls, values: pd.Series, files: Path | None) -> str | None:
        return None

    def resolve(self, name: str, frame: pd.DataFrame) -> Modality:
        if self.prefix is not None and not self.columns:
            return self.model_copy(update={"columns": columns_of(name, self.prefix, frame)})
        return super().resolve(name, frame)

    def read(self, name: str, frame: pd.DataFrame, files: Path | None) -> Cells:
        """Samples are `Profile`s; genes of columns are named without the prefix."""
        known: dict[tuple[str, ...], Panel] = {}  # samples of one panel share its names
        if not self.columns:
            raws = frame[name].tolist() if name in frame.columns else [None] * len(frame)
            return decode_each(raws, lambda raw: profile_of(raw, known), column=name, rows=frame.index)
        genes = tuple(column.removeprefix(self.prefix or "") for column in self.columns)
        cells = read_columns(name, self.columns, frame)
        samples, state, faults = list(cells.samples), cells.state.copy(), {one.row: one for one in cells.faults}
        for row in np.flatnonzero(cells.present).tolist():
            counts = cells.samples[row]
            if (counts < 0).any():
                why = f"counts are from 0, {shown(float(np.nanmin(counts)))} came; values as they are fit a pm.Vector"
                samples[row], state[row] = None, State.UNREADABLE
                faults[frame.index[row]] = CellError(frame.index[row], name, why)
            else:
                samples[row] = Profile(genes, counts)
        return Cells(samples, state, [faults[row] for row in frame.index if row in faults])

    def storable(self, raw: Any, find: Callable[[str], Path]) -> Any:
        profile = None if self.columns else profile_of(raw, {})
        if profile is None:
            return raw
        known = ~np.isnan(profile.counts)
        genes = [gene for gene, here in zip(profile.genes, known.tolist(), strict=True) if here]
        return {"genes": genes, "counts": _narrowed(profile.counts[known])}

    @classmethod
    def statistics_kind(cls) -> type[ExpressionStatistics]:
        return ExpressionStatistics

    def measure(self, samples: Sequence[Profile]) -> ExpressionStatistics:
        panels = {id(sample.genes): sample.genes for sample in samples}
        genes = tuple(sorted({gene for panel in panels.values() for gene in panel}))
        if len(genes) > self.max_genes:
            chosen = most_variable(lambda: self._chunks(samples, genes, is_log=False), self.max_genes)
            genes = tuple(genes[place] for place in chosen.tolist())
        n, mean, variance = moments(lambda: self._chunks(samples, genes, is_log=True))
        met = np.flatnonzero(n > 0)
        std = np.sqrt(variance[met])
        std = np.where(std > 1e-6, std, 1.0)
        sizes = np.log1p([sample.total for sample in samples] or [0.0])
        return ExpressionStatistics(
            genes=tuple(genes[place] for place in met.tolist()),
            mean=tuple(mean[met].tolist()),
            std=tuple(std.tolist()),
            size_mean=float(sizes.mean()),
            size_std=max(float(sizes.std()), _LEAST_SPREAD),
        )

    def prepare(self, sample: Profile, statistics: ExpressionStatistics) -> np.ndarray:
        """`[1 + G]` float32: log of the library size, then the genes of the statistics, standardised; NaN in gaps."""
        values = self._laid_out([sample], statistics.genes, is_log=True)[0]
        if np.isnan(values).all():
            raise Unreadable(f"none of its {sample.n_known} genes is among the {len(values)} learnt")
        size = (math.log1p(sample.total) - statistics.size_mean) / statistics.size_std
        told = (values - np.array(statistics.mean)) / np.array(statistics.std)
        return np.concatenate([[size], told]).clip(-_FURTHEST, _FURTHEST).astype(np.float32)

    def collate(self, arrays: Sequence[np.ndarray], statistics: ExpressionStatistics) -> tuple[Tensor, Tensor | None]:
        """Standardised values `[n, 1 + G]`, zero in gaps, and mask `[n, 1 + G]`."""
        import torch

        values = np.stack(arrays)
        mask = ~np.isnan(values)
        return torch.from_numpy(np.where(mask, values, np.float32(0))), torch.from_numpy(mask)

    def html(self, sample: Profile) -> str:
        """The genes most counted."""
        order = np.argsort(-np.nan_to_num(sample.counts, nan=-1.0), kind="stable")[:_SHOWN].tolist()
        items = "".join(f"<li>{html.escape(sample.genes[at])} {sample.counts[at]:g}</li>" for at in order)
        label = f"{sample.n_known} genes, {sample.total:g} counts"
        return f'<ul class="expression">{items}</ul><small>{label}</small>'

    @classmethod
    def example(cls, random: np.random.Generator) -> dict[str, int]:
        genes = ["ACTB", "GATA1", "MYC", "SOX2", "TP53"]
        counts = {gene: int(random.poisson(20 / (1 + place))) for place, gene in enumerate(genes)}
        if random.random() < 0.4:
            del counts[str(random.choice(genes[1:]))]
        return counts

    def _chunks(self, samples: Sequence[Profile], genes: tuple[str, ...], is_log: bool) -> Iterator[np.ndarray]:
        for start in range(0, max(len(samples), 1), _ROWS):
            yield self._laid_out(samples[start : start + _ROWS], genes, is_log)

    def _laid_out(self, samples: Sequence[Profile], genes: tuple[str, ...], is_log: bool) -> np.ndarray:
        """Counts `[n, G]`, or their logarithms after normalising; NaN where a gene was not measured."""
        found = np.full((len(samples), len(genes)), np.nan)
        for row, sample in enumerate(samples):
            values = np.log1p(sample.counts * (_TO / max(sample.total, 1.0))) if is_log else sample.counts
            given, wanted = _shared(sample.genes, genes)
            found[row, wanted] = values[given]
        return found if self.gaps == "unknown" else np.nan_to_num(found, nan=0.0)


def _narrowed(counts: np.ndarray) -> np.ndarray:
    """The same numbers in fewer bytes: most counts are small and whole."""
    whole = counts.round()
    kind = np.min_scalar_type(int(counts.max())) if (whole == counts).all() else np.dtype(np.float32)
    narrow = counts.astype(kind)
    return narrow if (narrow == counts).all() else counts


_Panels = tuple[tuple[str, ...], tuple[str, ...]]
_KNOWN: dict[tuple[int, int], tuple[_Panels, tuple[np.ndarray, np.ndarray]]] = {}


def _shared(given: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where the genes that two panels share stand in each; kept, since most samples share their panel."""
    key = (id(given), id(wanted))
    kept = _KNOWN.get(key)
    if kept is None or kept[0][0] is not given or kept[0][1] is not wanted:
        if len(_KNOWN) >= _MOST_KEPT:
            _KNOWN.clear()
        places = {gene: place for place, gene in enumerate(wanted)}
        pairs = [(place, places[gene]) for place, gene in enumerate(given) if gene in places]
        found = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        kept = _KNOWN[key] = ((given, wanted), (found[:, 0], found[:, 1]))
    return kept[1]
