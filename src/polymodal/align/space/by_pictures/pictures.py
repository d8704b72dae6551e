"""Pictures: the map that brings one picture of a thing onto another, such as two sections of one tissue."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from polymodal.align.space._bar import bar
from polymodal.align.space.by_pictures._deforming import Way
from polymodal.align.space.by_pictures._picture_verdict import verdict
from polymodal.align.space.by_pictures._refining import View, one_thread, simple_itk
from polymodal.align.space.by_pictures._resolution import resolutions_of
from polymodal.align.space.by_pictures._search import N_STEPS, Fit, fit
from polymodal.align.space.by_pictures._sheet import Reduced, Sheet
from polymodal.align.space.by_pictures._stain import Stain, amounts
from polymodal.align.space.by_pictures._tissue import stretched, tissue
from polymodal.align.space.frames import Frame
from polymodal.align.space.registration import Registration, Views
from polymodal.align.space.transform import Transform
from polymodal.align.space.transforms.affine import Affine
from polymodal.align.space.transforms.displacement import Displacement
from polymodal.errors import SettingError, near_miss

Mirror = Literal["warn", "allow"]

SIDE = 1200  # pixels that the longer side of what is searched has, at most
_LEAST_SIDE = 32
_STEP = 4  # pixels from one point of a saved field to the next; fields are smooth over more
_SHOWN = 600


def pictures(
    moving: Any,
    fixed: Any,
    *,
    moving_resolution: float | None = None,
    fixed_resolution: float | None = None,
    deformable: Way | Literal[False] = False,
    stain: Stain = "auto",
    mirror: Mirror = "warn",
    both_ways: bool = True,
    progress: bool = True,
) -> Registration:
    """The map from the `moving` picture to the `fixed` one, in pixels of each, found from what they show.

    Searched on copies of at most 1,200 pixels a side: 72 angles with the centres of both tissues on each other, and
    every shift where one picture shows a part of the other (Padfield 2012); the best starts are refined to
    similarities, the best of these to an affine map, by mutual information (Mattes et al. 2003). Where the things are
    bent, that follows the places that fit exactly and leaves the others, so the map is then brought to the one nearest
    to a coarse deformation over all of the tissue. Large pictures are decoded small where they are JPEG, or TIFF with
    levels. Repeats are identical.

    Args:
        moving, fixed: paths (also of .npy), Pillow pictures, or arrays `[height, width]` or `[height, width, 1, 3 or
            4]`; a fourth channel that is 0 hides a pixel. Files are read upright.
        moving_resolution, fixed_resolution: micrometres per pixel; may be left out where the file says it.
        deformable: what follows the affine map: "bspline", or "demons", which is finer and slower. Look at the verdict
            of both: in sections cut apart a field also follows what differs between them.
        stain: "hematoxylin" compares the nuclear stain of coloured tissue (Ruifrok & Johnston 2001), "grey" how dark or
            bright a picture is against its background; "auto" takes the first for coloured tissue by transmitted light.
        mirror: "allow" turns the moving picture over where that fits better; "warn" only says so.
        both_ways: also search from fixed to moving, which doubles the time, for `verdict.inverse_consistency`.
        progress: show a bar on a terminal.

    Raises DataError for pictures that cannot be read, are constant or show no tissue, SettingError for a resolution
    that is not known and for settings without a meaning, MissingExtraError without SimpleITK.

    >>> rows, columns = np.mgrid[:100, :120]
    >>> inside = (columns > 20) & (rows > 15) & (columns + rows < 110)
    >>> leaf = 255.0 - inside * (110 + 70 * np.sin(columns / 7) * np.cos(rows / 9))
    >>> found = pictures(leaf, np.roll(leaf, 12, axis=1), moving_resolution=2, fixed_resolution=2, both_ways=False)
    >>> found.transform.points([[50, 40]]).round().tolist(), found.verdict.level
    ([[62.0, 40.0]], 'good')
    """
    started = time.perf_counter()
    _check(deformable, stain, mirror)
    simple_itk()
    sheets = Sheet(moving, "moving"), Sheet(fixed, "fixed")
    resolutions = resolutions_of(
        {"moving": moving_resolution, "fixed": fixed_resolution}, {sheet.side: sheet.stated for sheet in sheets}
    )
    coarse = _common(sheets, resolutions)
    with bar(progress, 2 + N_STEPS * (2 if both_ways else 1)) as tell, one_thread():
        moving_look, fixed_look = (
            _looked(sheet, coarse / own, stain, tell) for sheet, own in zip(sheets, resolutions, strict=True)
        )
        settings: dict[str, Any] = {"deformable": deformable or None, "tell": tell}
        there = fit(fixed_look.view, moving_look.view, may_mirror=mirror == "allow", sees_mirror=True, **settings)
        back: Fit | None = None
        if both_ways:
            turned = _turned(moving_look.view) if there.is_mirrored else moving_look.view
            back = fit(turned, fixed_look.view, may_mirror=False, sees_mirror=False, **settings)
    judged = verdict(there, back, fixed_look.view, moving_look.view, moving_look.seen, coarse)
    frames = _frames(sheets, resolutions)
    names = " and ".join(dict.fromkeys((moving_look.channel, fixed_look.channel)))
    way = f"affine map and {deformable}" if deformable else "affine map"
    return Registration(
        _transform(there, *frames, coarse / resolutions[0], coarse / resolutions[1]),
        judged,
        time.perf_counter() - started,
        f"{way} by mutual information of {names}, at {coarse:.3g} micrometres per pixel",
        views=_views(there, fixed_look, moving_look),
    )


@dataclass(frozen=True)
class _Look:
    """A picture reduced: its colours, where there are any, what is compared, and that by name."""

    values: np.ndarray
    seen: np.ndarray
    view: View
    channel: str


def _check(deformable: object, stain: str, mirror: str) -> None:
    faults = []
    if deformable is not False and deformable not in get_args(Way):
        faults.append(f"deformable={deformable!r}: False, or a way. {near_miss(str(deformable), get_args(Way))}")
    for name, value, allowed in (("stain", stain, get_args(Stain)), ("mirror", mirror, get_args(Mirror))):
        if value not in allowed:
            faults.append(f"{name}={value!r}. {near_miss(str(value), allowed)}")
    if faults:
        raise SettingError("pictures cannot be brought together like this:" + "".join(f"\n  - {one}" for one in faults))


def _common(sheets: tuple[Sheet, Sheet], resolutions: list[float]) -> float:
    """Micrometres per pixel of the copies that are searched; the same for both, and no finer than either."""
    lengths = [max(sheet.size) * own for sheet, own in zip(sheets, resolutions, strict=True)]
    coarse = max(max(lengths) / SIDE, *resolutions)
    for sheet, own in zip(sheets, resolutions, strict=True):
        if min(sheet.size) * own / coarse < _LEAST_SIDE:
            told = " and ".join(
                f"the {one.side} one {one.size[0] * micro / 1e3:.3g} x {one.size[1] * micro / 1e3:.3g} mm"
                for one, micro in zip(sheets, resolutions, strict=True)
            )
            raise SettingError(
                f"by their resolutions the pictures are of very different size, {told}: too little is left of the "
                f"{sheet.side} one at {coarse:.3g} micrometres per pixel. Are both resolutions in micrometres? Else "
                "cut the larger picture to what the smaller one shows"
            )
    return coarse


def _looked(sheet: Sheet, factor: float, stain: Stain, tell: Callable[[str], None]) -> _Look:
    tell(f"reading {sheet.name}")
    reduced: Reduced = sheet.reduced(factor)
    if stain == "hematoxylin" and reduced.values.ndim == 2:
        raise SettingError(f"stain='hematoxylin': the {sheet.side} picture has no colours; 'auto' or 'grey' will do")
    amount, channel, name = amounts(reduced.values, reduced.seen, stain)
    mask = tissue(amount, reduced.seen, sheet.side)
    view = View(np.where(reduced.seen, stretched(channel, mask), 0).astype(np.float32), mask)
    return _Look(reduced.values, reduced.seen, view, name)


def _turned(view: View) -> View:
    return View(np.ascontiguousarray(view.channel[:, ::-1]), np.ascontiguousarray(view.mask[:, ::-1]))


def _frames(sheets: tuple[Sheet, Sheet], resolutions: list[float]) -> tuple[Frame, Frame]:
    names = [sheet.name for sheet in sheets]
    if names[0] == names[1]:  # frames of one name are the same thing
        names = [f"{name} ({sheet.side})" for name, sheet in zip(names, sheets, strict=True)]
    one, other = (
        Frame(name, size=sheet.size, resolution=own)
        for name, sheet, own in zip(names, sheets, resolutions, strict=True)
    )
    return one, other


def _transform(found: Fit, moving: Frame, fixed: Frame, moving_factor: float, fixed_factor: float) -> Transform:
    """From moving to fixed in pixels of the pictures themselves, of which `factor` make one that was searched."""
    corner = [
        np.array([[by, 0, (by - 1) / 2], [0, by, (by - 1) / 2], [0, 0, 1]]) for by in (moving_factor, fixed_factor)
    ]
    back = corner[0] @ np.vstack([found.matrix, [0, 0, 1]]) @ np.linalg.inv(corner[1])
    if found.offsets is None:
        return Affine(np.linalg.inv(back), moving, fixed)
    between = Frame(f"{fixed.name} before deformation", size=fixed.size, resolution=fixed.resolution)
    field = found.offsets[::_STEP, ::_STEP] * fixed_factor
    bent = Displacement(field, between, fixed, origin=(fixed_factor - 1) / 2, spacing=_STEP * fixed_factor)
    return Affine(np.linalg.inv(back), moving, between).then(bent)


def _views(found: Fit, fixed: _Look, moving: _Look) -> Views:
    shape = fixed.view.mask.shape
    fill = float(np.median(moving.values))
    height, width = (min(one, other) for one, other in zip(shape, moving.view.mask.shape, strict=True))
    before = np.full((*shape, *moving.values.shape[2:]), fill, dtype=np.float32)
    before[:height, :width] = moving.values[:height, :width]
    by = max(1, -(-max(shape) // _SHOWN))
    after = found.moved(moving.values, shape, fill)
    return Views(*(one[::by, ::by] for one in (fixed.values, before, after)))
