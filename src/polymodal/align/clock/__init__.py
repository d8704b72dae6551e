"""One clock: as-of joins, resampling and windows, offset and drift, warping, and words placed in a recording."""

from polymodal.align.clock.asof_join import asof
from polymodal.align.clock.resampling import resample
from polymodal.align.clock.stream import Stream
from polymodal.align.clock.windowing import windows

__all__ = ["Stream", "asof", "resample", "windows"]
