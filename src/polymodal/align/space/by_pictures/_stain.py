"""What two pictures of one thing have in common: how much nuclear stain, or how much of anything, lies at a place."""

from __future__ import annotations

from typing import Literal

import numpy as np

Stain = Literal["auto", "hematoxylin", "grey"]

# Optical density of hematoxylin, eosin and DAB in red, green and blue (Ruifrok & Johnston 2001, table 1).
_STAINS = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
_LIGHT = 99.0  # percentile that is taken for light that passed nothing
_DARKEST = 0.01  # share of light below which a density is not measured
_COLOURED = 0.06  # mean difference of colours, as a share of light, from which on a bright picture counts as stained
_EVEN = 0.8  # darkest as a share of the brightest, above which a picture is an empty slide or nearly one
_RIM = 0.05  # of the sides, where the background is looked for


def densities(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Optical densities `[h, w, c]` of a picture by transmitted light, 0 where nothing absorbs (Beer & Lambert).

    >>> light = np.full((4, 4, 3), 200.0)
    >>> light[0, 0] = 20.0  # a tenth goes through
    >>> densities(light, np.ones((4, 4), dtype=bool))[0, 0].astype(float).round(4).tolist()
    [2.3026, 2.3026, 2.3026]
    """
    light = np.maximum(np.percentile(values[seen], _LIGHT, axis=0), 1e-9)
    return -np.log(np.clip(values / light, _DARKEST, 1.0)).astype(np.float32)


def hematoxylin(density: np.ndarray) -> np.ndarray:
    """Amount of hematoxylin `[h, w]` by colour deconvolution (Ruifrok & Johnston 2001), from densities `[h, w, 3]`.

    >>> pure = np.array([[[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]]])
    >>> hematoxylin(pure).round(4).tolist()
    [[0.9983, 0.0]]
    """
    unit = _STAINS / np.linalg.norm(_STAINS, axis=1, keepdims=True)
    return np.maximum(density @ np.linalg.inv(unit)[:, 0], 0.0)


def is_stained(values: np.ndarray, seen: np.ndarray) -> bool:
    """Whether a picture is one of coloured tissue by transmitted light."""
    if values.ndim == 2 or not is_bright_around(values, seen):
        return False
    light = np.maximum(np.percentile(values[seen], _LIGHT, axis=0), 1e-9)
    shares = values[seen] / light
    dark = shares.mean(axis=1) < 0.9
    return bool(dark.any() and np.ptp(shares[dark], axis=1).mean() > _COLOURED)


def is_bright_around(values: np.ndarray, seen: np.ndarray) -> bool:
    """Whether the rim of a picture is nearer to its brightest than to its darkest; where transparent, it is glass."""
    grey = values if values.ndim == 2 else values.mean(axis=2)
    rim = np.ones(seen.shape, dtype=bool)
    deep = [max(1, int(_RIM * side)) for side in seen.shape]
    rim[deep[0] : -deep[0], deep[1] : -deep[1]] = False
    low, high = np.percentile(grey[seen], [1, 99])
    around = grey[rim & seen]
    return 2 * len(around) < rim.sum() or bool(np.median(around) > (low + high) / 2)


def amounts(values: np.ndarray, seen: np.ndarray, stain: Stain) -> tuple[np.ndarray, np.ndarray, str]:
    """How much there is `[h, w]`, from which tissue is told; how much of what is compared `[h, w]`; and its name.

    Both are 0 in the background, whether that is bright or dark. Asked for as "grey", differences count in
    parts of the whole range, however faint they are.
    """
    if values.ndim == 3 and (stain == "hematoxylin" or (stain == "auto" and is_stained(values, seen))):
        density = densities(values, seen)
        return density.mean(axis=2), hematoxylin(density), "hematoxylin"
    grey = values if values.ndim == 2 else values.mean(axis=2)
    low, high = np.percentile(grey[seen], [0.5, 99.5])
    is_bright = is_bright_around(values, seen)
    if stain == "auto" and grey[seen].min() >= 0 and (is_bright or low > _EVEN * high):
        density = densities(grey[..., None], seen)[..., 0]
        return density, density, "grey"
    scaled = ((grey - low) / max(high - low, 1e-12)).clip(0, 1).astype(np.float32)
    amount = 1 - scaled if is_bright else scaled
    return amount, amount, "grey"
