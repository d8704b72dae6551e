"""Parts of a cell hidden in training: spans of a series, blocks of the columns of a panel or table."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import torch
from jaxtyping import Bool
from torch import Tensor

from polymodal.schema.batch import Batch, Field
from polymodal.schema.schema import Schema


def hidable(schema: Schema) -> set[str]:
    """The modalities of whose cells a part can be hidden: they have parts, and are not embedded as a whole."""
    return {name for name, one in schema.modalities.items() if one.has_parts and one.pretrained is None}


def hide_segments(batch: Batch, names: Collection[str], most: float) -> Batch:
    """The batch with one contiguous part hidden in each cell of the modalities `names`.

    The share hidden is drawn evenly from none to `most` for each cell, so that whole cells are learnt from too. What
    is hidden is False in the mask and zero in the values; a cell keeps something real. All chance is that of torch's
    own generator.
    """
    fields = {
        name: _with_gaps(field, most) if name in names and field.mask is not None else field
        for name, field in batch.fields.items()
    }
    return replace(batch, fields=fields)


def _with_gaps(field: Field, most: float) -> Field:
    assert field.mask is not None
    kept = field.mask & ~spans(field.mask, most).view(*field.mask.shape[:2], *[1] * (field.mask.ndim - 2))
    lost = ~kept.flatten(1).any(dim=1)
    kept[lost] = field.mask[lost]
    return Field(field.values, field.rows, kept).cleared()


def spans(mask: Bool[Tensor, "n L ..."], most: float) -> Bool[Tensor, "n L"]:
    """True in one run of steps of each cell, placed anywhere before the cell ends.

    >>> hidden = spans(torch.ones(100, 20, dtype=torch.bool), 0.5)
    >>> bool((hidden.sum(dim=1) <= 10).all()), bool((hidden[:, 1:] & ~hidden[:, :-1]).sum(dim=1).max() <= 1)
    (True, True)
    """
    steps = torch.arange(mask.shape[1])
    real = mask.flatten(2).any(dim=2) if mask.ndim > 2 else mask
    length = torch.where(real, steps + 1, 0).amax(dim=1)  # a padded end is no part of the cell
    size = (torch.rand(len(mask)) * most * length + 0.5).floor()
    start = (torch.rand(len(mask)) * (length - size + 1)).floor()
    return (steps >= start[:, None]) & (steps < (start + size)[:, None])
