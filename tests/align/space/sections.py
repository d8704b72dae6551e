"""Made sections: a piece of tissue by transmitted light, and the same turned and shifted in a known way."""

import numpy as np
from scipy import ndimage

SHAPE = (84, 94)


def section(seed: int = 0) -> np.ndarray:
    """`[84, 94, 3]` uint8: nuclei and ground in the colours of two stains, on bright glass."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] / np.array(SHAPE)[:, None, None]
    inside = (y > 0.2) & (x > 0.15) & (x + 0.9 * y < 1.15) & (y < 0.85) & ~((x < 0.3) & (y > 0.6))
    nuclei = ndimage.gaussian_filter(random.normal(size=SHAPE), 3)
    nuclei = (nuclei - nuclei.min()) / np.ptp(nuclei)
    nuclear, ground = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])
    density = inside[..., None] * ((0.3 + 1.2 * nuclei[..., None]) * nuclear + 0.3 * ground)
    return (240 * np.exp(-density) + random.normal(0, 2, density.shape)).clip(0, 255).astype(np.uint8)


def turned(picture: np.ndarray, degrees: float, shift: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """A picture turned about its middle, and the map `[2, 3]` that leads back to the picture it was."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array(picture.shape[1::-1]) / 2
    offset = middle - turn @ (middle + shift)
    bands = [
        ndimage.affine_transform(picture[..., k].astype(float), turn[::-1, ::-1], offset[::-1], order=1, cval=240)
        for k in range(picture.shape[2])
    ]
    return np.stack(bands, axis=-1).astype(np.uint8), np.column_stack([turn, offset])
