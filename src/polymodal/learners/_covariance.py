"""One covariance of several modalities, some of them absent in some rows, shrunk by as much as few rows call for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LEAST = 1e-9  # of a variance, where features are of about unit spread


@dataclass(frozen=True)
class Scatter:
    """What is known of a covariance.

    Attributes:
        covariance: `[D, D]` unbiased within modalities; where two are rarely there together, what they have in common
            is told too small, which keeps the whole positive.
        spheres: `[D]` the mean variance of each one's modality.
        share: of the spheres in the best mixture (Ledoit & Wolf 2004).
    """

    covariance: np.ndarray
    spheres: np.ndarray
    share: float

    @classmethod
    def of(
        cls,
        inside: np.ndarray,
        total: np.ndarray,
        has: np.ndarray,
        weight: np.ndarray,
        owner: np.ndarray,
        classes: np.ndarray,
        full: np.ndarray,
    ) -> Scatter:
        """Of rows around the mean of their class and around that of all `[n, D]`, zero where absent.

        Args:
            has: `[n, m]` which modalities each row has.
            weight: `[n]`.
            owner: `[D]` whose each column is.
            classes: `[m]` how many means were taken of each modality.
            full: `[m]` columns of each modality before any that are zero in all rows were left out.
        """
        shares = np.where(has, weight[:, None], 0.0)
        mass = np.maximum(shares.sum(axis=0), 1e-300)
        effective = np.maximum(mass**2 / np.maximum((shares**2).sum(axis=0), 1e-300), 1e-300)
        free = (effective - classes) / effective * mass
        is_known = effective - classes > 0.5
        scale = np.where(is_known, np.sqrt(1 / np.maximum(free, 1e-300)), 0.0)
        rows = inside * np.sqrt(weight)[:, None] * scale[owner]
        covariance = rows.T @ rows
        around = ((total**2) * weight[:, None]).sum(axis=0) / mass[owner]  # where nothing is known of the inside
        variances = np.where(is_known[owner], np.diagonal(covariance), around)
        sphere = np.maximum(np.bincount(owner, variances, minlength=len(full)) / full, _LEAST)
        distance = (covariance**2).sum() - 2 * float(np.diagonal(covariance) @ sphere[owner]) + float(full @ sphere**2)
        several = float(mass.max() ** 2 / np.maximum((weight**2).sum(), 1e-300))
        noise = float((rows**2).sum(axis=1) @ (rows**2).sum(axis=1)) - (covariance**2).sum() / several
        share = min(max(noise, 0.0), distance) / distance if is_known.all() and distance > 0 else 1.0
        return cls(covariance, sphere[owner], share)


def shrunk(scatter: Scatter, strength: float) -> np.ndarray:
    """`[D, D]`, the spheres weighing their share to the power of the strength."""
    share = scatter.share**strength
    # Something is left of a variance whatever the strength, so that the equations have one solution.
    return (1 - share) * scatter.covariance + np.diag(share * scatter.spheres + 1e-6 * scatter.spheres)
