"""Joining tables and files by key, by a key written differently, by time or by place; nothing is dropped silently."""

from polymodal.align.pair.folders import files
from polymodal.align.pair.keys import by_key
from polymodal.align.pair.near_keys import by_near_key
from polymodal.align.pair.places import by_place
from polymodal.align.pair.times import by_time

__all__ = ["by_key", "by_near_key", "by_place", "by_time", "files"]
