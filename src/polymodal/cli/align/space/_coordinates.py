"""Tables of points: which columns hold x, y and z."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from polymodal.errors import SettingError

if TYPE_CHECKING:
    import pandas as pd

AXES = ("x", "y", "z")
Columns = Annotated[str, typer.Option("--columns", metavar="X,Y", help="Which columns hold x, y and, in 3-D, z.")]


def axes_of(text: str) -> list[str]:
    """The columns that are x, y(, z), from `column,row`. Raises SettingError for another number of them."""
    names = [name.strip() for name in text.split(",")]
    if len(names) not in (2, 3) or not all(names) or len(set(names)) != len(names):
        raise SettingError(f"--columns {text}: two or three different names, such as x,y or column,row")
    return names


def read_points(source: str, names: list[str]) -> pd.DataFrame:
    """The table, with its coordinates called x, y(, z); raises SchemaError where they are not there."""
    from polymodal.align._columns import need_columns  # pandas is slow to import
    from polymodal.schema.read import read_frame

    frame, _ = read_frame(source)
    need_columns(frame, names, source)
    taken = {one: f"{one}_before" for one in AXES[: len(names)] if one in frame.columns and one not in names}
    return frame.rename(columns=taken).rename(columns=dict(zip(names, AXES, strict=False)))
