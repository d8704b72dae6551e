"""What happened in a run of training, epoch by epoch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

OUT_OF_TIME = "time budget used"


@dataclass
class History:
    """What happened, one entry an epoch.

    Attributes:
        losses: mean over the steps, each under its own patterns.
        validation: shortfall on rows held out, which early stopping makes small.
        metrics: figures worth watching on those rows.
        best_epoch: from 0, the one whose weights were kept; -1 before the first.
        stopped: why training ended; empty while it goes on.
        balance: notes of what kept modalities in balance, of joint epochs only.
        pretrained: how many of the first epochs each modality learnt by itself.
    """

    losses: list[float] = field(default_factory=list)
    validation: list[float] = field(default_factory=list)
    metrics: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = -1
    stopped: str = ""
    balance: list[dict[str, list[float]]] = field(default_factory=list)
    pretrained: int = 0

    @property
    def best(self) -> float:
        """Validation shortfall of the kept epoch."""
        return self.validation[self.best_epoch] if self.best_epoch >= 0 else math.inf
