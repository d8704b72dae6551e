"""Pictures made smaller as they come in, and a hash that stays nearly the same when they are."""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import Any

import numpy as np
from PIL import Image as Pillow
from pydantic import BaseModel, ConfigDict, Field
from scipy.fft import dctn

from polymodal.modalities.image import BROKEN, check_size, from_array, said_of, upright_rgb
from polymodal.schema.cells import Unreadable
from polymodal.store.disk.pyramids import with_levels

_SIDE, _KEPT = 32, 8  # of the picture that is transformed, and of the low frequencies that are looked at
_FLAT = 1.0  # spread of shades, below which there is nothing to see


class Pictures(BaseModel):
    """How pictures are kept: no longer than `longest_side` pixels, as JPEG of `quality`, or as PNG where it is None.

    A picture that is short enough and would grow stays as it is. With `pyramid` every picture that is short enough
    stays, and large ones (from 1,024 pixels) get levels below them, each half of the one before.

    >>> shades = np.linspace(0, 255, 400 * 300 * 3).astype(np.uint8).reshape(400, 300, 3)
    >>> Pillow.open(io.BytesIO(Pictures(longest_side=100).smaller(shades))).size
    (75, 100)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    longest_side: int | None = Field(None, ge=8)
    quality: int | None = Field(90, ge=1, le=100)
    pyramid: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """As JSON, from which it can be made again; what older stores do not know is there only where it counts."""
        return self.model_dump(mode="json", exclude=None if self.pyramid else {"pyramid"})

    def stored(self, raw: Any) -> Any:
        """What is kept of a raw cell of a picture. Raises Unreadable when it is none."""
        kept = self.smaller(raw)
        return with_levels(kept, self._written) if self.pyramid and isinstance(kept, bytes) else kept

    def smaller(self, raw: Any) -> Any:
        """A raw cell of a picture, bytes or an array, made smaller. Raises Unreadable when it is none."""
        if isinstance(raw, np.ndarray):
            return self._encoded(from_array(raw))
        if not isinstance(raw, bytes):
            return raw
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # odd metadata and large sizes, which are decided on here
                with Pillow.open(io.BytesIO(raw)) as picture:
                    check_size(picture, None)
                    is_short = self.longest_side is None or max(picture.size) <= self.longest_side
                    if is_short and self.pyramid:
                        return raw
                    found = self._encoded(upright_rgb(picture, None))
        except BROKEN as error:
            raise Unreadable(f"not a readable picture: {said_of(error)}") from error
        return raw if is_short and len(found) >= len(raw) else found

    def _encoded(self, picture: Pillow.Image) -> bytes:
        if self.longest_side is not None:
            picture.thumbnail((self.longest_side, self.longest_side), Pillow.Resampling.LANCZOS)
        return self._written(picture)

    def _written(self, picture: Pillow.Image) -> bytes:
        data = io.BytesIO()
        if self.quality is None:
            picture.save(data, format="PNG", optimize=True)
        else:
            picture.save(data, format="JPEG", quality=self.quality)
        return data.getvalue()


def perceptual_hash(pixels: np.ndarray) -> bytes:
    """64 bits of a picture `[H, W, 3]`, few of which change when it is resized or compressed.

    Which of the 64 lowest frequencies are above their median (Zauner 2010). A picture of one shade has no
    frequencies; its bits are those of its content.
    """
    shades = np.asarray(Pillow.fromarray(pixels).convert("L").resize((_SIDE, _SIDE), Pillow.Resampling.LANCZOS), float)
    if shades.std() < _FLAT:
        return hashlib.blake2b(f"{pixels.shape}".encode() + pixels.tobytes(), digest_size=8).digest()
    low = dctn(shades)[:_KEPT, :_KEPT].ravel()
    low[0] = 0.0  # the mean shade, which says nothing of what is seen
    return np.packbits(low > np.median(low)).tobytes()
