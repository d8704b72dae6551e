"""How far a run of training has come."""

from __future__ import annotations

import time

from polymodal.training.plan import Plan


class Pace:
    """By its epochs, or by its budget in seconds where that is nearer its end.

    `spent` are the seconds that a run took before it was stopped and taken up again.
    """

    def __init__(self, plan: Plan, budget: float | None, spent: float = 0.0) -> None:
        self.epochs, self.budget = plan.epochs, budget
        self.alone = plan.pretrain / plan.epochs  # share of the run in which each modality learns by itself
        self._start = time.monotonic() - spent

    @property
    def elapsed(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._start

    @property
    def is_over_budget(self) -> bool:
        """Whether it has to end, be an epoch done or not."""
        return self.budget is not None and self.elapsed > self.budget

    @property
    def is_late_for_pretraining(self) -> bool:
        """Whether the time is up in which each modality learns by itself, be its epochs over or not."""
        return self.budget is not None and self.elapsed >= self.alone * self.budget

    def done(self, epoch: float) -> float:
        """The share that is over when `epoch` epochs are, with a part of one; 1 is all, and a budget may go beyond."""
        return max(epoch / self.epochs, self.elapsed / self.budget if self.budget else 0.0)

    def together(self, done: float) -> float:
        """The same share of what comes after modalities have learnt by themselves.

        >>> plan = Plan.for_rows(100, epochs=10, pretrain=5)
        >>> [Pace(plan, None).together(done) for done in (0.2, 0.5, 0.75)]
        [0.0, 0.0, 0.5]
        """
        return max(done - self.alone, 0.0) / (1.0 - self.alone)
