"""Learned alignment: an embedding of frames in which two recordings of one process lie side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import kendalltau

from polymodal.align._numbers import is_whole
from polymodal.align._wording import count, paragraphs
from polymodal.align.clock.warping import Warping, dtw, sequence
from polymodal.errors import DataError, SettingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from polymodal.align.clock._consistency_network import Embedding

_LEAST = 8  # frames
_STEP = 3e-3
_TEMPERATURE = 0.1
_SPREAD = 0.1  # weight of the logarithm of the spread
_SIZE = 16


@dataclass(frozen=True)
class CycleAlignment:
    """An embedding that was learnt from several recordings of one process.

    Attributes:
        network: of frames to embeddings.
        mean, std: `[C]` of the frames it was learnt from.
        losses: one a step.
        agreement: of each pair of the recordings, Kendall's tau of the order of nearest neighbours: 1 where the order
            of frames is kept throughout, 0 where the embedding says nothing of it.
    """

    network: Embedding
    mean: np.ndarray
    std: np.ndarray
    losses: tuple[float, ...]
    agreement: float

    def __str__(self) -> str:
        doubt = ["the order of frames is hardly kept; more steps, more recordings or better features are needed"]
        return paragraphs(
            f"Frames embedded in {count(len(self.losses), 'step')}: the order of neighbours is kept by "
            f"{self.agreement:.2f} (Kendall's tau)",
            doubt if self.agreement < 0.5 else [],
        )

    def __repr__(self) -> str:
        return str(self)

    def embed(self, frames: Any) -> np.ndarray:
        """`[T, D]` of frames `[T, C]`."""
        import torch

        given = sequence(frames, "given")
        if given.shape[1] != len(self.mean):
            raise DataError(f"frames have {given.shape[1]} features; those that were learnt from have {len(self.mean)}")
        with torch.inference_mode():
            scaled = torch.from_numpy((given - self.mean) / self.std).float()
            found: np.ndarray = self.network(scaled).double().numpy()
        return found

    def apply(self, first: Any, second: Any, band: float = 0.3) -> Warping:
        """The second sequence warped onto the first: dynamic time warping of their embeddings."""
        return dtw(self.embed(first), self.embed(second), band=band)

    def to_dict(self) -> dict[str, Any]:
        """The figures, for JSON."""
        return {"agreement": self.agreement, "steps": len(self.losses), "last_loss": self.losses[-1]}

    def plot(self) -> Figure:
        """The loss over steps."""
        from polymodal.align import _figure as look  # matplotlib is slow to import

        drawn, axes = look.panels(1)
        axes[0].plot(self.losses, color=look.FIRST, linewidth=0.9)
        look.plain(axes[0], f"Cycle consistency, tau {self.agreement:.2f}", "step", "loss")
        return drawn


def cycle(
    sequences: Sequence[Any], *, steps: int = 300, width: int = 64, context: int = 2, seed: int = 0
) -> CycleAlignment:
    """Learn an embedding of frames from several recordings of one process, by temporal cycle consistency.

    A frame of one recording goes to its nearest neighbour in another and back; what is learnt is that it comes back to
    where it was (Dwibedi et al. 2019, cycle-back regression). Nothing is labelled. For recordings of one process at
    unequal pace, with features that differ in what does not matter.

    Args:
        sequences: two at least, each `[T, C]` or a Stream at a fixed rate, of the same C features.
        steps: pairs of sequences that are drawn.
        width: of the network.
        context: frames to either side that an embedding sees.
        seed: the same gives the same embedding.

    Raises DataError for fewer than two sequences, short ones, and features that differ in number.
    """
    import torch

    from polymodal.align.clock._consistency_network import Embedding, cycle_back

    given = [sequence(one, _ordinal(place)) for place, one in enumerate(sequences)]
    _check(given, steps, width, context)
    every = np.concatenate(given)
    mean, std = every.mean(axis=0), every.std(axis=0)
    std = np.where(std > 0, std, 1.0)
    scaled = [torch.from_numpy((one - mean) / std).float() for one in given]
    random = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Embedding(every.shape[1], width, _SIZE, context)
    optimiser = torch.optim.Adam(network.parameters(), lr=_STEP)
    losses = []
    for _ in range(steps):
        first, second = random.choice(len(scaled), 2, replace=False)
        loss = cycle_back(network(scaled[first]), network(scaled[second]), _TEMPERATURE, _SPREAD)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    with torch.inference_mode():
        embedded = [network(one).double().numpy() for one in scaled]
    return CycleAlignment(network, mean, std, tuple(losses), _agreement(embedded))


def _ordinal(place: int) -> str:
    return ("first", "second", "third")[place] if place < 3 else f"{place + 1}th"


def _check(given: Sequence[np.ndarray], steps: int, width: int, context: int) -> None:
    if len(given) < 2:
        raise DataError(f"{count(len(given), 'sequence')} came; it takes two to go from one to the other and back")
    short = [place for place, one in enumerate(given) if len(one) < _LEAST]
    if short:
        raise DataError(f"the {_ordinal(short[0])} sequence has {len(given[short[0]])} frames; {_LEAST} are the least")
    sizes = sorted({one.shape[1] for one in given})
    if len(sizes) > 1:
        raise DataError(f"sequences have {sizes[0]} and {sizes[-1]} features; all need the same")
    for name, value, least in (("steps", steps, 1), ("width", width, 1), ("context", context, 0)):
        if not is_whole(value, least):
            raise SettingError(f"{name}={value!r} has to be a whole number, {least} or more")


def _agreement(embedded: Sequence[np.ndarray]) -> float:
    taus = []
    for place, first in enumerate(embedded):
        for other in embedded[place + 1 :]:
            nearest = ((first[:, None] - other[None]) ** 2).sum(axis=2).argmin(axis=1)
            tau = kendalltau(np.arange(len(first)), nearest).statistic
            taus.append(0.0 if np.isnan(tau) else float(tau))
    return float(np.mean(taus))
