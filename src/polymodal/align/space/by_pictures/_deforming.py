"""What is left after an affine map: a smooth field, by B-splines or by diffeomorphic demons, with SimpleITK."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal

import numpy as np

from polymodal.align.space.by_pictures._refining import View, method, simple_itk

Way = Literal["bspline", "demons"]

_MESH, _FINE = 8, (4, 2)  # cells of the B-spline along each axis; how much smaller
_LEVELS = {4: 40, 2: 30, 1: 20}  # of demons: how much smaller, and how many steps
_SMOOTH = 6.0  # pixels of each level, over which a field of demons is smoothed after each step


def deformation(fixed: View, moving: View, start: np.ndarray, way: Way) -> np.ndarray:
    """Offsets `[h, w, 2]` (dx, dy): place p of the fixed picture lies at `start @ (p + offsets(p))` of the moving one.

    `bspline` is the free-form deformation of Rueckert et al. (1999) by mutual information, `demons` that of Vercauteren
    et al. (2009) by differences of brightness; demons find finer and larger deformations, and take three times as long.
    """
    if way == "bspline":
        return free_form(fixed, moving, start, _MESH, _FINE)
    return _demons(simple_itk(), fixed, moving, start)


def free_form(fixed: View, moving: View, start: np.ndarray, mesh: int, levels: tuple[int, ...]) -> np.ndarray:
    """The same by B-splines of `mesh` cells along each axis, on copies so much smaller; 0 where the pictures part."""
    itk = simple_itk()
    images = [itk.GetImageFromArray(view.channel) for view in (fixed, moving)]
    transform = itk.BSplineTransformInitializer(images[0], [mesh, mesh])
    search = method(itk, fixed, moving, levels)
    search.SetMovingInitialTransform(_affine(itk, start))
    search.SetInitialTransform(transform, inPlace=True)
    search.SetOptimizerAsLBFGSB(gradientConvergenceTolerance=1e-6, numberOfIterations=100)
    try:
        search.Execute(*images)
    except RuntimeError:  # the pictures part: then nothing is known of how they are deformed
        return np.zeros((*fixed.channel.shape, 2))
    field = itk.TransformToDisplacementFieldFilter()
    field.SetReferenceImage(images[0])
    return np.asarray(itk.GetArrayFromImage(field.Execute(transform)))


def _affine(itk: ModuleType, matrix: np.ndarray) -> Any:
    made = itk.AffineTransform(2)
    made.SetMatrix(matrix[:, :2].ravel().tolist())
    made.SetTranslation(matrix[:, 2].tolist())
    return made


def _demons(itk: ModuleType, fixed: View, moving: View, start: np.ndarray) -> np.ndarray:
    still, other = (itk.GetImageFromArray(view.channel) for view in (fixed, moving))
    moved = itk.Resample(other, still, _affine(itk, start), itk.sitkLinear, 0.0, itk.sitkFloat32)
    field = None
    for factor, steps in _LEVELS.items():
        one, other = (_smaller(itk, image, factor) for image in (still, moved))
        filter = itk.DiffeomorphicDemonsRegistrationFilter()
        filter.SetNumberOfIterations(steps)
        filter.SetSmoothDisplacementField(True)
        filter.SetStandardDeviations(_SMOOTH)
        if field is None:
            field = filter.Execute(one, other)
        else:
            field = filter.Execute(one, other, itk.Resample(field, one, itk.Transform(), itk.sitkLinear, 0.0))
    assert field is not None
    return np.asarray(itk.GetArrayFromImage(itk.Resample(field, still, itk.Transform(), itk.sitkLinear, 0.0)))


def _smaller(itk: ModuleType, image: Any, factor: int) -> Any:
    if factor == 1:
        return image
    return itk.Shrink(itk.DiscreteGaussian(image, (factor / 2) ** 2), [factor, factor])
