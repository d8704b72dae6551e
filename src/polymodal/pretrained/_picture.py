"""From a picture of any size to the square of standardised colours a pretrained network was trained on."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from PIL import Image as Pillow
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from polymodal.errors import SettingError

_STATED = ("input_size", "interpolation", "mean", "std", "crop_pct")


class Preparation(BaseModel):
    """Size (channels, height, width), how to get there, and mean and spread of the colours (0 to 1).

    `center` brings the shorter side to size / crop_pct, `squash` both sides, `border` the longer one; then the middle
    is cut out, and under `border` what lacks is filled with the mean colour.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    input_size: tuple[Literal[3], int, int]
    interpolation: Literal["nearest", "bilinear", "bicubic", "lanczos", "box", "hamming"]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    crop_pct: float = Field(gt=0, le=1)
    crop_mode: Literal["center", "squash", "border"] = "center"

    @classmethod
    def from_pretrained(cls, name: str, stated: dict[str, Any]) -> Preparation:
        """What a model's own settings say.

        Raises SettingError, all faults at once, when they do not say it: a guess would give wrong vectors in silence.
        """
        lacking = [key for key in _STATED if stated.get(key) is None]
        faults = [f"{key} is not stated" for key in lacking]
        try:
            if not lacking:
                return cls.model_validate(stated)
        except ValidationError as error:
            faults += [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise SettingError(
            f"pretrained={name!r}: how pictures must be prepared for it is not known, and is not guessed: "
            f"{'; '.join(faults)}. State it under pretrained_cfg in the folder's config.json, as timm writes it."
        )

    @property
    def scaled(self) -> tuple[int, int]:
        """Height and width a picture is brought to before the middle is cut out."""
        return math.floor(self.input_size[1] / self.crop_pct), math.floor(self.input_size[2] / self.crop_pct)

    def apply(self, sample: np.ndarray) -> np.ndarray:
        """A picture `[H, W, 3]` uint8 as `[3, height, width]` float32."""
        size = self._size(sample.shape[0], sample.shape[1])
        resampling = Pillow.Resampling[self.interpolation.upper()]
        picture = Pillow.fromarray(sample)
        if picture.size != size[::-1]:
            picture = picture.resize(size[::-1], resampling)
        pixels = np.asarray(self._middle(picture), dtype=np.float32).transpose(2, 0, 1) / np.float32(255)
        mean = np.array(self.mean, dtype=np.float32)[:, None, None]
        std = np.array(self.std, dtype=np.float32)[:, None, None]
        return (pixels - mean) / std

    def _size(self, height: int, width: int) -> tuple[int, int]:
        target_height, target_width = self.scaled
        if self.crop_mode == "squash":
            return self.scaled
        if self.crop_mode == "center" and target_height == target_width:
            short, long = min(height, width), int(target_height * max(height, width) / min(height, width))
            return (target_height, long) if short == height else (long, target_height)
        ratios = height / target_height, width / target_width
        ratio = max(ratios) if self.crop_mode == "border" else min(ratios)
        # A strip of a picture must not round to no pixels at all.
        return max(1, round(height / ratio)), max(1, round(width / ratio))

    def _middle(self, picture: Pillow.Image) -> Pillow.Image:
        _, height, width = self.input_size
        corner = _offset(width, picture.width), _offset(height, picture.height)
        fill = tuple(round(255 * mean) for mean in self.mean)
        canvas = Pillow.new("RGB", (width, height), fill)
        canvas.paste(picture, corner)
        return canvas


def _offset(target: int, length: int) -> int:
    """Where the picture starts on the canvas; torchvision rounds a cut to even and padding down."""
    return (target - length) // 2 if target > length else -round((length - target) / 2)
