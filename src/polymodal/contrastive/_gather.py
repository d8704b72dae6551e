"""The cells of all ranks of a distributed run, so that each is compared with all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.autograd.function import once_differentiable

from polymodal.contrastive._contrast import Placed


def of_all_ranks(placed: Mapping[str, Placed], names: Sequence[str], width: int) -> dict[str, Placed]:
    """The cells of every rank, rank after rank, their rows numbered on; called by all ranks with the same `names`.

    Each rank then computes the same loss of all cells. The gradient of its own cells comes back times the number of
    ranks, so that the mean over ranks, which distributed data parallel takes, is the gradient of that loss.
    """
    device = next(iter(placed.values())).values.device if placed else torch.device(_device())
    last = max((int(one.rows[-1]) for one in placed.values() if len(one.rows)), default=-1)
    told = [len(placed[name].rows) if name in placed else 0 for name in names]
    told += [int(name in placed and placed[name].keys is not None) for name in names]
    told += [int(name in placed and placed[name].same is not None) for name in names]
    by_rank = torch.stack(_everywhere(torch.tensor([last + 1, *told], device=device))).tolist()
    sizes = [said[0] for said in by_rank]
    found = {}
    for place, name in enumerate(names):
        counts = [said[1 + place] for said in by_rank]
        if not any(counts):
            continue
        mine = placed.get(name)
        if mine is None or not len(mine.rows):
            nothing = torch.zeros(0, dtype=torch.int64, device=device)
            mine = Placed(torch.zeros(0, width, device=device), nothing, nothing, nothing)
        values: Tensor = _Gathered.apply(mine.values.float(), counts)
        rows = [some + sum(sizes[:rank]) for rank, some in enumerate(_parts(mine.rows, counts))]
        more = []
        for kind, numbers in enumerate((mine.keys, mine.same), start=1):
            column = 1 + kind * len(names) + place
            are_there = all(said[column] for said, count in zip(by_rank, counts, strict=True) if count)
            more.append(torch.cat(_parts(numbers, counts)) if are_there and numbers is not None else None)
        found[name] = Placed(values, torch.cat(rows), *more)
    return found


class _Gathered(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, mine: Tensor, counts: list[int]) -> Tensor:
        ctx.counts = counts
        return torch.cat(_parts(mine, counts))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:
        # Every rank has the same loss, so what others would send back of these cells is what is here already.
        mine = slope.split(ctx.counts)[dist.get_rank()]
        return mine * dist.get_world_size(), None


def _parts(mine: Tensor, counts: list[int]) -> list[Tensor]:
    """Of each rank its `counts[rank]` rows; as many are sent by all, whatever each of them has."""
    room = mine.new_zeros(max(counts), *mine.shape[1:])
    room[: len(mine)] = mine
    return [part[:count] for part, count in zip(_everywhere(room), counts, strict=True)]


def _everywhere(mine: Tensor) -> list[Tensor]:
    found = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
    dist.all_gather(found, mine.contiguous())
    return found


def _device() -> str:
    return "cuda" if dist.get_backend() == "nccl" else "cpu"
