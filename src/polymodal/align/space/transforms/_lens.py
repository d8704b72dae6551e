"""Lenses: what bends straight lines, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from polymodal.align.space._solving import solved

_EDGE = 1e-6


@dataclass(frozen=True)
class Lens:
    """Distortion of places on the plane one unit before the camera, x / z and y / z.

    Attributes:
        coefficients: k1, k2, p1, p2, k3, k4, k5, k6 (Brown 1971, with the rational term of OpenCV), later ones left out
            where they are 0; with `fisheye`, k1 to k4 of the angle from the axis (Kannala & Brandt 2006).
        fisheye: which of the two.
    """

    coefficients: tuple[float, ...] = ()
    fisheye: bool = False

    def bent(self, flat: np.ndarray) -> np.ndarray:
        """Places `[n, 2]` as the lens shows them; true within its `reach`."""
        factor, _ = self._factor((flat**2).sum(axis=1))
        total: np.ndarray = factor[:, None] * flat
        if not self.fisheye:
            p1, p2 = self._brown()[6:]
            x, y = flat.T
            total[:, 0] += 2 * p1 * x * y + p2 * (3 * x**2 + y**2)
            total[:, 1] += p1 * (x**2 + 3 * y**2) + 2 * p2 * x * y
        return total

    def slope(self, flat: np.ndarray) -> np.ndarray:
        """`[n, 2, 2]` Jacobian of `bent`."""
        x, y = flat.T
        square = (flat**2).sum(axis=1)
        factor, growth = self._factor(square)
        total = factor[:, None, None] * np.eye(2) + 2 * growth[:, None, None] * flat[:, :, None] * flat[:, None, :]
        if not self.fisheye:
            p1, p2 = self._brown()[6:]
            total[:, 0, 0] += 2 * p1 * y + 6 * p2 * x
            total[:, 1, 1] += 6 * p1 * y + 2 * p2 * x
            total[:, 0, 1] += 2 * p1 * x + 2 * p2 * y
            total[:, 1, 0] += 2 * p1 * x + 2 * p2 * y
        return total

    def flat(self, bent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where places `[n, 2]` were before the lens bent them, and whether that was found `[n]`."""
        if not any(self.coefficients) and not self.fisheye:
            return bent.copy(), np.ones(len(bent), dtype=bool)
        start = self._start(bent)
        places, found = solved(self.bent, self.slope, bent, start)
        return places, found & (np.linalg.norm(places, axis=1) <= self.reach * (1 + _EDGE))

    @property
    def reach(self) -> float:
        """Distance from the axis up to which further out stays further out; beyond it a formula shows ghosts."""
        if self.fisheye:
            k1, k2, k3, k4 = self._padded(4)
            turning = _least_root([1, 0, 3 * k1, 0, 5 * k2, 0, 7 * k3, 0, 9 * k4])
            return float(np.tan(min(turning, np.pi / 2 - _EDGE)))
        k1, k2, k3, k4, k5, k6 = self._brown()[:6]
        above = np.polynomial.Polynomial([0, 1, 0, k1, 0, k2, 0, k3])
        below = np.polynomial.Polynomial([1, 0, k4, 0, k5, 0, k6])
        return _least_root((above.deriv() * below - above * below.deriv()).coef)

    def _factor(self, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """By how much places move out along their ray, and its derivative by the squared distance from the axis."""
        if self.fisheye:
            return self._angular(square)
        k1, k2, k3, k4, k5, k6 = self._brown()[:6]
        above = 1 + square * (k1 + square * (k2 + square * k3))
        below = 1 + square * (k4 + square * (k5 + square * k6))
        steep = k1 + square * (2 * k2 + square * 3 * k3), k4 + square * (2 * k5 + square * 3 * k6)
        return above / below, (steep[0] * below - above * steep[1]) / below**2

    def _angular(self, square: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        radius = np.sqrt(square)
        near = radius < _EDGE
        safe = np.where(near, 1.0, radius)
        angle = np.arctan(safe)
        k1, k2, k3, k4 = self._padded(4)
        two = angle**2
        shown = angle * (1 + two * (k1 + two * (k2 + two * (k3 + two * k4))))
        steep = (1 + two * (3 * k1 + two * (5 * k2 + two * (7 * k3 + two * 9 * k4)))) / (1 + safe**2)
        factor = shown / safe
        growth = (steep - factor) / (2 * safe**2)
        return np.where(near, 1.0, factor), np.where(near, k1 - 1 / 3, growth)

    def _start(self, bent: np.ndarray) -> np.ndarray:
        if not self.fisheye:
            return bent
        far = np.linalg.norm(bent, axis=1)
        angles = np.linspace(0, np.arctan(self.reach), 2000)
        k1, k2, k3, k4 = self._padded(4)
        two = angles**2
        shown = angles * (1 + two * (k1 + two * (k2 + two * (k3 + two * k4))))
        angle = np.interp(far, shown, angles)
        start: np.ndarray = bent * (np.tan(angle) / np.where(far > 0, far, 1.0))[:, None]
        return start

    def _brown(self) -> tuple[float, ...]:
        """k1, k2, k3, k4, k5, k6, p1, p2."""
        k1, k2, p1, p2, k3, k4, k5, k6 = self._padded(8)
        return k1, k2, k3, k4, k5, k6, p1, p2

    def _padded(self, n: int) -> tuple[float, ...]:
        return (*self.coefficients, *(0.0,) * (n - len(self.coefficients)))


def _least_root(coefficients: Any) -> float:
    """The least positive root of a polynomial, lowest power first; infinity where there is none."""
    roots = np.polynomial.Polynomial(coefficients).trim().roots()
    real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
    return float(real.min()) if len(real) else float("inf")
