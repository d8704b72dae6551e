"""Which patterns rows are shown under as training goes on: everywhere alike, as the table has them, or ever harder."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from polymodal.training.patterns import uniform_patterns

_DRAWS = 20  # of somebody else's gaps for a row, before it keeps all it has
_HARDEST_FROM = 0.5  # share of the training after which a curriculum draws from the whole spread


class Schedule(ABC):
    """Draws one subset of what each row has; built from the presence `[N, M]` of the rows to learn from.

    All chance is that of torch's own generator, which the loop seeds anew for every epoch.
    """

    def __init__(self, present: np.ndarray) -> None:
        self.shapes = torch.from_numpy(present)

    @abstractmethod
    def draw(self, present: Bool[Tensor, "B M"], done: float) -> Bool[Tensor, "B M"]:
        """One non-empty subset for each row that has anything; `done` is the share of the training that is over."""


class Uniform(Schedule):
    """Every non-empty subset of what a row has is as likely, from first to last."""

    def draw(self, present: Bool[Tensor, "B M"], done: float) -> Bool[Tensor, "B M"]:
        return uniform_patterns(present)


class Rates(Schedule):
    """A row loses what another row, drawn from the table, has not: patterns come as often as the table has them.

    >>> some = np.array([[True, True], [True, False]])
    >>> Rates(some).draw(torch.ones(1, 2, dtype=torch.bool), 0.0)[0, 0].item()
    True
    """

    def draw(self, present: Bool[Tensor, "B M"], done: float) -> Bool[Tensor, "B M"]:
        kept = torch.zeros_like(present)
        empty = present.any(dim=1)
        for _ in range(_DRAWS):  # what would leave a row with nothing is drawn again
            kept[empty] = present[empty] & self.shapes[torch.randint(len(self.shapes), (int(empty.sum()),))]
            empty = ~kept.any(dim=1) & present.any(dim=1)
            if not bool(empty.any()):
                return kept
        kept[empty] = present[empty]  # hardly any row shares anything with it; its own gaps are in the table too
        return kept


class Curriculum(Schedule):
    """First whole rows, then ever fewer modalities, down to one alone half way; then every number lost is as likely.

    From easy to hard, as in curriculum learning (Bengio et al. 2009). The spread grows rather than moves, because a
    network answers well only under what it goes on being shown.
    """

    def draw(self, present: Bool[Tensor, "B M"], done: float) -> Bool[Tensor, "B M"]:
        n_present = present.sum(dim=1)
        most = min(1.0, done / _HARDEST_FROM) * (n_present - 1).clamp(min=0)
        lost = (torch.rand(len(present)) * (most + 1.0)).floor().minimum(most.ceil())
        order = torch.rand(present.shape).masked_fill(~present, 2.0).argsort(dim=1).argsort(dim=1)
        return present & (order < (n_present - lost)[:, None])


SCHEDULES: dict[str, type[Schedule]] = {"uniform": Uniform, "rates": Rates, "curriculum": Curriculum}
