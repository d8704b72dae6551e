"""Pictures are prepared as timm prepares them, to the last bit."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from polymodal.errors import SettingError
from polymodal.pretrained._picture import Preparation

STATED: dict[str, Any] = {
    "input_size": [3, 32, 32],
    "interpolation": "bicubic",
    "mean": [0.48, 0.46, 0.41],
    "std": [0.27, 0.26, 0.28],
    "crop_pct": 0.875,
    "crop_mode": "center",
}


@pytest.mark.parametrize("mode", ["center", "squash", "border"])
@pytest.mark.parametrize("target", [(32, 32), (33, 33), (24, 40)])
@pytest.mark.parametrize("crop", [0.875, 0.9, 1.0])
def test_same_as_timm(mode: str, target: tuple[int, int], crop: float) -> None:
    transforms = pytest.importorskip("timm.data", reason="the extra 'image' is not installed")
    random = np.random.default_rng(0)
    stated = STATED | {"input_size": [3, *target], "crop_pct": crop, "crop_mode": mode}
    theirs = transforms.create_transform(**stated, is_training=False)
    ours = Preparation.from_pretrained("any", stated)
    for size in [(50, 50), (36, 36), (61, 40), (17, 83), (5, 4), (400, 301)]:
        picture = random.integers(0, 256, (*size, 3), dtype=np.uint8)
        np.testing.assert_array_equal(ours.apply(picture), theirs(Image.fromarray(picture)).numpy())


def test_every_fault_is_named() -> None:
    stated = STATED | {"mean": None, "std": [0.2]}
    with pytest.raises(SettingError, match="mean is not stated"):
        Preparation.from_pretrained("any", stated)
    with pytest.raises(SettingError, match=r"input_size\.0: .*; interpolation: .*; crop_pct: "):
        Preparation.from_pretrained("any", STATED | {"input_size": [1, 8, 8], "interpolation": "x", "crop_pct": 2.0})
