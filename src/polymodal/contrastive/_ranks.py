"""How soon the cell of a row is found by what else the row has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from polymodal.contrastive._contrast import Contrast, Placed

_AT_ONCE = 1 << 22


def reciprocal_rank(contrast: Contrast, placed: Mapping[str, Placed], size: int) -> float:
    """The mean over modalities of that of the ranks from 1 that `ranks_by_the_rest` counts; 0 where no row has two."""
    ranks = ranks_by_the_rest(contrast, placed, size)
    return float(np.mean([(1 / (1 + one)).mean() for one in ranks.values()])) if ranks else 0.0


@torch.no_grad()
def ranks_by_the_rest(contrast: Contrast, placed: Mapping[str, Placed], size: int) -> dict[str, np.ndarray]:
    """For each modality, of each row with it and another: how many cells of the others come before its own, from 0.

    Cells that are as near as its own count half. Of rows said to show the same the nearest cell counts as its own.
    `size` is the number of rows.
    """
    device = next(contrast.parameters()).device
    place = {name: torch.full((size,), -1, device=device) for name in placed}
    for name, one in placed.items():
        place[name][one.rows] = torch.arange(len(one.rows), device=device)
    found = {}
    for name, one in placed.items():
        others = [other for other in placed if other != name]
        has = torch.stack([place[other][one.rows] >= 0 for other in others], dim=1) if others else None
        if has is None or not has.any():
            continue
        ranks = []
        for pattern in torch.unique(has, dim=0):
            if not pattern.any():
                continue
            mine = torch.nonzero((has == pattern).all(dim=1))[:, 0]
            step = max(1, _AT_ONCE // len(one.rows))
            for some in mine.split(step):
                rows = one.rows[some]
                query = {
                    other: placed[other].values[place[other][rows]]
                    for other, there in zip(others, pattern.tolist(), strict=True)
                    if there
                }
                near = contrast.scores(query, name, one.values)
                own = near.gather(1, some[:, None])
                if one.same is not None:
                    others_of_it = (one.same[some, None] == one.same) & (one.same[some, None] >= 0)
                    own = torch.maximum(own, near.masked_fill(~others_of_it, -torch.inf).amax(dim=1, keepdim=True))
                    near = near.masked_fill(others_of_it, -torch.inf).scatter(1, some[:, None], own)
                before = (near > own).sum(dim=1) + 0.5 * ((near == own).sum(dim=1) - 1)
                ranks.append(before.cpu().numpy())
        found[name] = np.concatenate(ranks)
    return found
