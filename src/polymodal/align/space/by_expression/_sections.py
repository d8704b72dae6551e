"""Two sections made comparable: the genes that both have, and the spots with enough counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from polymodal.align.space.by_expression.spots import Spots
from polymodal.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

LEAST_GENES = 2
_SHOWN = 3


@dataclass(frozen=True)
class Sections:
    """What of two sections is compared.

    Attributes:
        rows, other_rows: of the moving and fixed spots that take part.
        counts, other_counts: `[n, g]` and `[m, g]` of the genes.
        genes: their names, the most frequent first.
        n_shared: how many genes both have, used or not.
        left_out: spots that take no part, with side, row, name, counts and reason.
    """

    rows: np.ndarray
    other_rows: np.ndarray
    counts: np.ndarray
    other_counts: np.ndarray
    genes: tuple[str, ...]
    n_shared: int
    left_out: pd.DataFrame


def sections(moving: Spots, fixed: Spots, n_genes: int, least_counts: float, most_spots: int, seed: int) -> Sections:
    """By the `n_genes` most frequent genes that both have, over spots with `least_counts` or more.

    Above `most_spots` so many of each side are drawn at random. Raises DataError for too few genes or spots.
    """
    import pandas as pd  # slow to import

    there = set(fixed.genes)
    shared = [gene for gene in moving.genes if gene in there]
    if len(shared) < LEAST_GENES:
        raise DataError(_no_genes(moving, fixed, shared))
    kept, rows = [], []
    for side, spots in (("moving", moving), ("fixed", fixed)):
        totals = spots.totals
        enough = np.flatnonzero(totals >= max(least_counts, 1e-300))
        if len(enough) < 3:
            raise DataError(
                f"{len(enough)} of {len(spots):,} {side} spots have {least_counts:g} counts or more (the middle one "
                f"has {np.median(totals) if len(totals) else 0:g}), and 3 are needed; lower least_counts=, and see "
                "that counts are as counted, not scaled"
            )
        few = np.flatnonzero(totals < max(least_counts, 1e-300))
        rows.append(_listed(side, spots, few, totals, f"fewer than {least_counts:g} counts"))
        if len(enough) > most_spots:
            drawn = np.sort(np.random.default_rng(seed).choice(enough, most_spots, replace=False))
            rest = np.setdiff1d(enough, drawn)
            rows.append(_listed(side, spots, rest, totals, f"not among the {most_spots:,} drawn"))
            enough = drawn
        kept.append(enough)
    share = np.zeros(len(shared))
    for spots, chosen in zip((moving, fixed), kept, strict=True):
        sums = _sums(spots, chosen, shared)
        if not sums.sum() > 0:
            raise DataError(f"the genes that both sections have were not counted once in {spots.frame.name!r}")
        share += sums / sums.sum()
    frequent = np.argsort(-share, kind="stable")[:n_genes]
    genes = tuple(shared[place] for place in frequent if share[place] > 0)
    return Sections(
        rows=kept[0],
        other_rows=kept[1],
        counts=moving.taken(kept[0]).of_genes(genes),
        other_counts=fixed.taken(kept[1]).of_genes(genes),
        genes=genes,
        n_shared=len(shared),
        left_out=pd.concat(rows, ignore_index=True),
    )


def _sums(spots: Spots, rows: np.ndarray, genes: list[str]) -> np.ndarray:
    import pandas as pd  # slow to import

    where = pd.Index(spots.genes).get_indexer(pd.Index(genes))
    sums: np.ndarray = np.asarray(spots.counts[rows].sum(axis=0), dtype=np.float64).ravel()[where]
    return sums


def _listed(side: str, spots: Spots, rows: np.ndarray, totals: np.ndarray, reason: str) -> pd.DataFrame:
    import pandas as pd  # slow to import

    names = np.asarray(spots.names, dtype=object)[rows]
    told = {"side": side, "row": rows, "name": names.astype(str), "counts": totals[rows], "reason": reason}
    return pd.DataFrame(told)


def _no_genes(moving: Spots, fixed: Spots, shared: list[str]) -> str:
    sides = [", ".join(map(repr, spots.genes[:_SHOWN])) for spots in (moving, fixed)]
    told = (
        f"sections are compared by genes of one name, and {len(shared)} of {len(moving.genes):,} and "
        f"{len(fixed.genes):,} agree: the moving section has {sides[0]}, the fixed one {sides[1]}"
    )
    if {gene.upper() for gene in moving.genes} & {gene.upper() for gene in fixed.genes}:
        return f"{told}. In capitals more of them agree: bring both to one spelling"
    return f"{told}. Bring both to one kind of name, symbols or identifiers"
