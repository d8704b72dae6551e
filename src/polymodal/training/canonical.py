"""How far canonical directions are bent by a ridge and how much they count beside what was learnt, by rows held out."""

from __future__ import annotations

from dataclasses import replace

import torch

from polymodal.contrastive._canonical import Main, canonical_directions
from polymodal.contrastive._moments import Moments
from polymodal.contrastive._ranks import reciprocal_rank
from polymodal.network import Network
from polymodal.placing import place_rows
from polymodal.store.memory import Memory
from polymodal.training.validation import compared

_RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)
_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_ROWS = 1024  # looked at at once
_LEAST = 32  # rows


def add_canonical(network: Network, train: Memory, held: Memory, device: torch.device | str = "cpu") -> None:
    """Give the space canonical directions, if rows held out are found better with them: those of all rows together.

    They are of panels of numbers, which frozen embeddings are too, and need far fewer rows than a network does.
    """
    space = network.space
    if space is None or space.canonical is None or len(train) < _LEAST:
        return
    canonical = space.canonical
    pairs = [(a, b) for a, b in space.contrast.pairs if a in canonical.widths and b in canonical.widths]
    widths = {name: width for name, width in canonical.widths.items() if any(name in pair for pair in pairs)}
    if not pairs:
        return
    moments = Moments(widths, pairs)
    for _, batch in train.batches(_ROWS):
        moments.add(batch.fields)
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

    def turn(ridge: float) -> None:
        canonical.set(canonical_directions(moments, main, ridge), 1.0)

    main = {name: Main.of(moments.covariance(name)) for name in widths}
    told = {}
    for ridge in _RIDGES:
        turn(ridge)
        told[ridge] = found(1.0)
    ridge = max(told, key=lambda one: told[one])
    turn(ridge)
    shares = {0.0: reciprocal_rank(space.contrast, learnt, len(some))} | {share: found(share) for share in _SHARES}
    share = max(shares, key=lambda one: shares[one])
    for _, batch in held.batches(_ROWS):
        moments.add(batch.fields)
    main = {name: Main.of(moments.covariance(name)) for name in widths}
    canonical.set(canonical_directions(moments, main, ridge), share)
