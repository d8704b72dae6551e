"""LoRA: the settings of a pretrained encoder that is adapted rather than frozen."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from polymodal.errors import SettingError


@dataclass(frozen=True, init=False)
class LoRA:
    """A pretrained encoder whose last layers get low-rank updates, trained with the network (Hu et al. 2022).

    Every linear layer, and every 1 x 1 convolution, of the last blocks computes `W x + (alpha / rank) B A x` with W
    frozen, A `[rank, in]` drawn at random and B `[out, rank]` zero, so that training starts from the pretrained
    encoder itself. What lies below the adapted blocks is run once and kept in memory. Text: networks of `transformers`
    with a stack of blocks (BERT, RoBERTa, MPNet, ELECTRA, DistilBERT, ...); pictures: networks of `timm` (vision
    transformers, EfficientNet, MobileNet, ConvNeXt, ResNet, ...). A network that cannot be cut is refused.

    Args:
        base: hub name or local folder of the pretrained model.
        rank: r, columns of B.
        layers: how many of the last blocks are adapted.
        alpha: how much the update weighs, over the rank.
        dropout: share of an adapted layer's inputs dropped on the way to A in training.

    Raises SettingError, with every fault, for settings out of range.

    >>> LoRA("sentence-transformers/all-MiniLM-L6-v2", rank=4).scale
    2.0
    """

    base: str
    rank: int = 8
    layers: int = 3
    alpha: float = 8.0
    dropout: float = 0.0

    def __init__(
        self,
        base: str | os.PathLike[str],
        rank: int = 8,
        layers: int = 3,
        alpha: float = 8.0,
        dropout: float = 0.0,
    ) -> None:
        faults = [
            f"{name} is a whole number from 1; {value!r} came"
            for name, value in (("rank", rank), ("layers", layers))
            if isinstance(value, bool) or not isinstance(value, int) or value < 1
        ]
        if not (_is_real(alpha) and alpha > 0):
            faults.append(f"alpha is above 0; {alpha!r} came")
        if not (_is_real(dropout) and 0 <= dropout < 1):
            faults.append(f"dropout is at least 0 and below 1; {dropout!r} came")
        if not isinstance(base, (str, os.PathLike)) or not os.fspath(base):
            faults.append(f"base is the hub name or folder of a pretrained model; {base!r} came")
        if faults:
            raise SettingError("LoRA: " + "; ".join(faults))
        settings = {"base": os.fspath(base), "rank": rank, "layers": layers, "alpha": alpha, "dropout": dropout}
        for name, value in settings.items():
            object.__setattr__(self, name, value)

    @property
    def scale(self) -> float:
        """What the product of B and A is multiplied by."""
        return self.alpha / self.rank


def _is_real(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
