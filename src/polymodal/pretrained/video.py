"""Videos through a frozen `timm` network, frame by frame: one vector a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from polymodal.pretrained.image import ImageEmbedder
from polymodal.registry import EMBEDDERS


@EMBEDDERS.register("video")
class VideoEmbedder(ImageEmbedder):
    """What an `ImageEmbedder` of that name sees in each frame, as the mean over all frames (Wang et al. 2016, temporal
    segments), and the mean of the later half less that of the earlier one, which tells the order.

    >>> EMBEDDERS.get("video").__name__
    'VideoEmbedder'
    """

    def blocks(self) -> list[nn.Module]:
        """None: several passes make up one vector, and the last layers of none can go on learning alone."""
        return []

    def _batches(self, samples: Sequence[np.ndarray], batch: int) -> Iterator[tuple[list[int], Tensor]]:
        for place, sample in enumerate(samples):
            pixels = np.stack([self.preparation.apply(picture) for picture in sample["picture"]])
            yield [place], torch.from_numpy(pixels)

    def _forward(self, inputs: Tensor) -> Tensor:
        frames = super()._forward(inputs)
        half = len(frames) // 2
        change = frames[len(frames) - half :].mean(dim=0) - frames[:half].mean(dim=0) if half else 0 * frames[0]
        return torch.cat([frames.mean(dim=0), change])[None]

    def _probe(self, name: str) -> int:
        pictures = next(super()._batches([np.zeros((8, 8, 3), dtype=np.uint8)], 1))[1]
        with torch.inference_mode():
            return 2 * self._pooled(name, super()._forward(pictures))
