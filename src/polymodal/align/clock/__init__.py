"""One clock: as-of joins, resampling and windows, offset and drift, warping, and words placed in a recording."""

from polymodal.align.clock.asof_join import asof
from polymodal.align.clock.consistency import cycle
from polymodal.align.clock.drifting import drift
from polymodal.align.clock.events import event_drift, event_offset
from polymodal.align.clock.film import film_lag, picture_lag
from polymodal.align.clock.grounding import ground
from polymodal.align.clock.lag import offset
from polymodal.align.clock.listening import read_sound, sound_stream
from polymodal.align.clock.resampling import resample
from polymodal.align.clock.segments import Segments
from polymodal.align.clock.soft_warping import soft_dtw
from polymodal.align.clock.speech import ground_speech, subtitle_offset
from polymodal.align.clock.stream import Stream
from polymodal.align.clock.warping import dtw
from polymodal.align.clock.windowing import Windows, windows

__all__ = [
    "Segments",
    "Stream",
    "Windows",
    "asof",
    "cycle",
    "drift",
    "dtw",
    "event_drift",
    "event_offset",
    "film_lag",
    "ground",
    "ground_speech",
    "offset",
    "picture_lag",
    "read_sound",
    "resample",
    "soft_dtw",
    "sound_stream",
    "subtitle_offset",
    "windows",
]
