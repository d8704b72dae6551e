"""A frozen layer with a low-rank update beside it."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.linear import NonDynamicallyQuantizableLinear

from polymodal.adapters.lora import LoRA


class Updated(nn.Module):
    """`base(x) + scale * up(down(x))`; `base` is a linear layer or a 1 x 1 convolution, which stays as it is."""

    def __init__(self, base: nn.Linear | nn.Conv2d, lora: LoRA) -> None:
        super().__init__()
        self.base, self.scale = base, lora.scale
        n_out, n_in = base.weight.shape[:2]
        around = (1,) * (base.weight.ndim - 2)
        self.down = nn.Parameter(torch.empty(lora.rank, n_in, *around))
        self.up = nn.Parameter(torch.zeros(n_out, lora.rank, *around))
        nn.init.kaiming_uniform_(self.down.flatten(1), a=math.sqrt(5))
        self.dropout = nn.Dropout(lora.dropout)

    def forward(self, x: Tensor) -> Tensor:
        kept = self.dropout(x)
        if isinstance(self.base, nn.Conv2d):
            update = F.conv2d(F.conv2d(kept, self.down, stride=self.base.stride), self.up)
        else:
            update = F.linear(F.linear(kept, self.down), self.up)
        out: Tensor = self.base(x) + self.scale * update
        return out

    @property
    def weight(self) -> Tensor:
        """What one layer would have to have to do the same."""
        update = self.up.flatten(1) @ self.down.flatten(1)
        return self.base.weight + self.scale * update.view(self.base.weight.shape)


def is_updatable(module: nn.Module) -> bool:
    """Whether it is a linear layer that is called as a module, or a 1 x 1 convolution over all channels."""
    if isinstance(module, nn.Linear):
        return not isinstance(module, NonDynamicallyQuantizableLinear)  # nn.MultiheadAttention reads its weight only
    return isinstance(module, nn.Conv2d) and module.kernel_size == (1, 1) and module.groups == 1


def update(block: nn.Module, lora: LoRA) -> list[Updated]:
    """Put an update beside every layer of a block that can have one, in place."""
    found = []
    for parent in list(block.modules()):
        for name, module in list(parent.named_children()):
            if is_updatable(module) and not isinstance(parent, Updated):
                assert isinstance(module, (nn.Linear, nn.Conv2d))
                found.append(Updated(module, lora))
                setattr(parent, name, found[-1])
    return found
