"""Several items in a cell: each encoded by itself, then brought together row by row."""

from __future__ import annotations

from torch import nn

from polymodal.nn.items import ItemPool
from polymodal.schema.batch import Field, Tokens


class ManyEncoder(nn.Module):
    """Any encoder of one item, over the items of all rows at once; a row of one item has its tokens."""

    def __init__(self, item: nn.Module, width: int) -> None:
        super().__init__()
        self.item = item
        self.pool = ItemPool(width)

    def forward(self, field: Field) -> Tokens:
        pooled: Tokens = self.pool(self.item(field))
        return pooled
