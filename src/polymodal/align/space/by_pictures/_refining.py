"""Similarity and affine maps between two pictures by mutual information, with SimpleITK; repeats are identical."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from scipy import ndimage

from polymodal.align.space.by_pictures._angles import Start
from polymodal.errors import MissingExtraError

_BINS = 32
_SHARE = 0.2  # of the pixels, on a regular grid, each moved a little by chance
_LEAST_SAMPLES = 40_000  # of a small picture all pixels
_SEED = 1  # of that chance; without it, each run would differ
_LEAST_SIDE = 24  # pixels of the coarsest copy
_MARGIN = 10  # pixels around the tissue that are looked at, too
_STEP, _LEAST_STEP, _MOST_STEPS, _RELAXED = 1 / 300, 1e-3, 200, 0.6  # the first in parts of the longer side


@dataclass(frozen=True)
class View:
    """A picture as the search sees it: `channel [h, w]` float32 from 0 to 1, `mask [h, w]` bool."""

    channel: np.ndarray
    mask: np.ndarray


@dataclass(frozen=True)
class Found:
    """A map of places of the fixed picture to places of the moving one.

    Attributes:
        matrix: `[2, 3]`.
        information: negative mutual information: the lower the better; infinite when the pictures parted on the way.
    """

    matrix: np.ndarray
    information: float


def simple_itk() -> ModuleType:
    """The package; raises MissingExtraError without it."""
    try:
        return importlib.import_module("SimpleITK")
    except ImportError as error:
        raise MissingExtraError("bringing pictures into one frame", "space") from error


@contextmanager
def one_thread() -> Iterator[None]:
    """Two threads add up in an order that differs from run to run, and are no faster."""
    process = simple_itk().ProcessObject
    before = process.GetGlobalDefaultNumberOfThreads()
    process.SetGlobalDefaultNumberOfThreads(1)  # what the method itself is told does not reach its metric
    try:
        yield
    finally:
        process.SetGlobalDefaultNumberOfThreads(before)


def similarity(fixed: View, moving: View, start: Start) -> Found:
    """Rotation, shift and one scale, from a start."""
    itk = simple_itk()
    transform = itk.Similarity2DTransform()
    transform.SetCenter(start.fixed.tolist())
    transform.SetAngle(float(np.deg2rad(start.angle)))
    transform.SetTranslation((start.moving - start.fixed).tolist())
    return _optimised(itk, fixed, moving, transform, levels=(8, 4))


def affine(fixed: View, moving: View, start: np.ndarray) -> Found:
    """A map `[2, 3]` refined in all its six numbers."""
    itk = simple_itk()
    transform = itk.AffineTransform(2)
    centre = np.array(ndimage.center_of_mass(fixed.mask))[::-1]
    transform.SetCenter(centre.tolist())
    transform.SetMatrix(start[:, :2].ravel().tolist())
    transform.SetTranslation((start @ [*centre, 1.0] - centre).tolist())
    return _optimised(itk, fixed, moving, transform, levels=(4, 2, 1))


def method(itk: ModuleType, fixed: View, moving: View, levels: tuple[int, ...]) -> Any:
    """Mutual information (Mattes et al. 2003) around the fixed tissue, from coarse to fine."""
    found = itk.ImageRegistrationMethod()
    found.SetMetricAsMattesMutualInformation(_BINS)
    found.SetMetricSamplingStrategy(found.REGULAR)
    found.SetMetricSamplingPercentage(min(1.0, max(_SHARE, _LEAST_SAMPLES / fixed.mask.size)), _SEED)
    around = ndimage.binary_dilation(fixed.mask, iterations=_MARGIN)
    found.SetMetricFixedMask(itk.GetImageFromArray(around.astype(np.uint8)))
    found.SetInterpolator(itk.sitkLinear)
    side = min(*fixed.mask.shape, *moving.mask.shape)
    kept = [level for level in levels if side / level >= _LEAST_SIDE] or [levels[-1]]
    found.SetShrinkFactorsPerLevel(kept)
    found.SetSmoothingSigmasPerLevel([level / 2 for level in kept])
    return found


def _optimised(itk: ModuleType, fixed: View, moving: View, transform: Any, levels: tuple[int, ...]) -> Found:
    way = method(itk, fixed, moving, levels)
    way.SetOptimizerAsRegularStepGradientDescent(
        learningRate=_STEP * max(fixed.mask.shape),
        minStep=_LEAST_STEP,
        numberOfIterations=_MOST_STEPS,
        relaxationFactor=_RELAXED,
    )
    way.SetOptimizerScalesFromPhysicalShift()
    way.SetInitialTransform(transform, inPlace=True)
    try:
        way.Execute(*(itk.GetImageFromArray(view.channel) for view in (fixed, moving)))
        information = float(way.GetMetricValue())
    except RuntimeError:  # no sample lies on the moving picture any more
        information = float("inf")
    columns = [transform.TransformPoint(point) for point in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))]
    zero, x, y = (np.array(one) for one in columns)
    return Found(np.column_stack([x - zero, y - zero, zero]), information)
