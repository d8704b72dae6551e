"""How canonical directions are bent and how much they count beside what was learnt, by rows held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from polymodal.contrastive._canonical import Main, canonical_directions
from polymodal.contrastive._moments import Moments
from polymodal.contrastive._radial import Radial
from polymodal.contrastive._ranks import reciprocal_rank
from polymodal.network import Network
from polymodal.placing import place_rows
from polymodal.schema.batch import Field
from polymodal.store.memory import Memory
from polymodal.training.validation import compared

_RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)
_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_ROWS = 1024  # looked at at once
_LEAST = 32  # rows
_AROUND, _FEW = 1_024, 20_000  # rows that others are told by; rows beyond which a network learns what is bent


def add_canonical(network: Network, train: Memory, held: Memory, device: torch.device | str = "cpu") -> None:
    """Give the space canonical directions, if rows held out are found better with them: those of all rows together.

    They are of panels of numbers, which frozen embeddings are too, and need far fewer rows than a network does: of the
    numbers themselves, or of how near they lie to other rows (kernel canonical correlation analysis, Akaho 2001).
    """
    space = network.space
    if space is None or space.canonical is None or len(train) < _LEAST:
        return
    canonical = space.canonical
    pairs = [(a, b) for a, b in space.contrast.pairs if a in canonical.widths and b in canonical.widths]
    widths = {name: width for name, width in canonical.widths.items() if any(name in pair for pair in pairs)}
    if not pairs:
        return
    kinds = [_Kind.of({name: Radial.none(width) for name, width in widths.items()}, pairs, train)]
    if len(train) <= _FEW:
        radial = _around(train, list(widths))
        if len(radial) == len(widths):
            kinds.append(_Kind.of(radial, pairs, train))
    some = compared(held)
    learnt = place_rows(network, some, device)
    panels: dict[str, list[torch.Tensor]] = {name: [] for name in widths}
    for _, batch in some.batches(_ROWS):
        for name in set(widths) & set(batch.fields):
            panels[name].append(batch.fields[name].cleared().values.to(device))

    def found(share: float) -> float:
        canonical.share = torch.full_like(canonical.share, share)
        beside = {
            name: replace(one, values=canonical.beside(name, one.values, torch.cat(panels.get(name) or [one.values])))
            for name, one in learnt.items()
        }
        return reciprocal_rank(space.contrast, beside, len(some))

    told = {}
    for place, kind in enumerate(kinds):
        main = kind.main()
        for ridge in _RIDGES:
            canonical.set(canonical_directions(kind.moments, main, ridge), 1.0, kind.radial)
            told[place, ridge] = found(1.0)
    place, ridge = max(told, key=lambda one: told[one])
    kind = kinds[place]
    canonical.set(canonical_directions(kind.moments, kind.main(), ridge), 1.0, kind.radial)
    shares = {0.0: reciprocal_rank(space.contrast, learnt, len(some))} | {share: found(share) for share in _SHARES}
    share = max(shares, key=lambda one: shares[one])
    kind.add(held)
    canonical.set(canonical_directions(kind.moments, kind.main(), ridge), share, kind.radial)


@dataclass(frozen=True)
class _Kind:
    """What directions are of: by modality the rows around which its numbers are told, and moments of that."""

    radial: Mapping[str, Radial]
    axes: Mapping[str, torch.Tensor | None]
    moments: Moments

    @classmethod
    def of(cls, radial: Mapping[str, Radial], pairs: list[tuple[str, str]], train: Memory) -> _Kind:
        widths = {name: len(one.around) or one.around.shape[1] for name, one in radial.items()}
        axes = {name: one.axes() if len(one.around) else None for name, one in radial.items()}
        found = cls(radial, axes, Moments(widths, pairs))
        found.add(train)
        return found

    def add(self, memory: Memory) -> None:
        for _, batch in memory.batches(_ROWS):
            here = {name: batch.fields[name].cleared() for name in self.radial if name in batch.fields}
            self.moments.add({name: Field(self.radial[name](one.values), one.rows) for name, one in here.items()})

    def main(self) -> dict[str, Main]:
        return {name: Main.of(self.moments.covariance(name), axes) for name, axes in self.axes.items()}


def _around(train: Memory, names: list[str]) -> dict[str, Radial]:
    """By modality, rows that have it, evenly from all of them."""
    found = {}
    for name in names:
        there = np.flatnonzero(train.present[:, list(train.collate).index(name)])
        if not len(there):
            continue
        some = there[np.linspace(0, len(there) - 1, min(len(there), _AROUND)).astype(int)]
        values = [batch.fields[name].cleared().values for _, batch in train.take(some).batches(_ROWS)]
        found[name] = Radial.of(torch.cat(values))
    return found
