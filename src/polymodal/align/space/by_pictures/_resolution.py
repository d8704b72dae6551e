"""Micrometres per pixel: as a file states them, where what it states can be believed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from polymodal.align._numbers import is_positive
from polymodal.errors import SettingError

if TYPE_CHECKING:
    from PIL.Image import Image

COARSEST_BELIEVED = 25.0  # micrometres; 72, 96, 300 and 600 dots an inch are what programs write that do not know
_INCH = 25_400.0  # micrometres
_UNITS = {2: _INCH, 3: 10_000.0}  # TIFF, tag 296
_X, _Y, _UNIT, _DESCRIPTION = 282, 283, 296, 270
_APERIO = re.compile(r"\bMPP\s*=\s*([0-9.]+)")
_OME = re.compile(r'PhysicalSizeX="([0-9.eE+-]+)"')
_OME_UNIT = re.compile(r'PhysicalSizeXUnit="([^"]*)"')
_MICROMETRES = {"": 1.0, "µm": 1.0, "μm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3}


def stated(picture: Image) -> float | None:
    """What a file says of the width of its pixels, in micrometres, believed or not; None where it says nothing.

    Read are the tags and the description of a TIFF file (as Aperio scanners and OME write it), pHYs of PNG, and the
    density of JPEG.
    """
    tags: Any = getattr(picture, "tag_v2", {})
    described = str(tags.get(_DESCRIPTION, ""))
    aperio, ome = _APERIO.search(described), _OME.search(described)
    if aperio:
        return _number(aperio[1])
    if ome:
        unit = _OME_UNIT.search(described)
        factor = _MICROMETRES.get(unit[1] if unit else "")
        size = _number(ome[1])
        return size * factor if size is not None and factor is not None else None
    if _X in tags:
        unit_size, dots = _UNITS.get(tags.get(_UNIT, 2)), _number(tags[_X])
        return unit_size / dots if unit_size is not None and dots else None
    dots = _number(picture.info.get("dpi", (0, 0))[0])
    return _INCH / dots if dots else None


def resolutions_of(given: Mapping[str, float | None], said: Mapping[str, float | None]) -> list[float]:
    """The resolution to use of the picture on each side: the given one, else the file's where it can be believed.

    Raises SettingError for those that are no positive numbers, and where there is none, with the ways to give it.

    >>> resolutions_of({"moving": None, "fixed": 0.25}, {"moving": 0.5, "fixed": 352.8})
    [0.5, 0.25]
    """
    wrong = [
        f"{side}_resolution={own!r}: micrometres per pixel are a number above 0, such as 0.5"
        for side, own in given.items()
        if own is not None and not is_positive(own)
    ]
    if wrong:
        raise SettingError("; ".join(wrong))
    found = {side: _believed(said[side]) if own is None else float(own) for side, own in given.items()}
    unknown = {side: said[side] for side, own in found.items() if own is None}
    if unknown:
        raise SettingError(_how_to_know(unknown))
    return [own for own in found.values() if own is not None]


def _believed(said: float | None) -> float | None:
    return said if said is not None and 0 < said <= COARSEST_BELIEVED else None


def _how_to_know(unknown: Mapping[str, float | None]) -> str:
    told = [
        f"nothing that came with the {side} one says so"
        if said is None
        else f"the file of the {side} one says {said:.4g}, {_INCH / said:.0f} dots an inch, the default of programs"
        for side, said in unknown.items()
    ]
    return (
        f"how wide is a pixel of the {' and of the '.join(unknown)} picture? {_capital('; '.join(told))}. Give "
        f"{' and '.join(f'{side}_resolution=' for side in unknown)} in micrometres per pixel: scanners write it as MPP "
        "or PhysicalSizeX, about 0.25 at 40x and 0.5 at 20x; else divide a known length, such as the 100 micrometres "
        "between the centres of Visium spots, by its pixels. Where both pictures came from one device at one setting, "
        "1.0 for both will do, and micrometres then mean pixels"
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(given: Any) -> float | None:
    try:
        found = float(given)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return found if math.isfinite(found) and found > 0 else None
