"""Conditions compare columns, and can do nothing else, whoever wrote them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from polymodal.crossmodal.conditions import places_where
from polymodal.errors import SettingError

FRAME = pd.DataFrame(
    {
        "price": [3.0, 60.0, np.nan, 9.0],
        "ward": ["A", "B", None, "A east"],
        "on": pd.to_datetime(["2024-05-01", "2023-05-01", "2024-07-01", None]),
        "unit price": [1, 2, 3, 4],
        "cell": [[1, 2], None, [3], [4]],
    },
    index=list("wxyz"),
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("price < 50", [0, 3]),
        ("price * 2 + 1 <= 7 or ward == 'B'", [0, 1]),
        ("(price < 50) & ~(ward == 'A')", [3]),
        ("`unit price` in [1, 4]", [0, 3]),
        ("ward.str.startswith('A')", [0, 3]),
        ("price.isna() or not (price > 5)", [0, 2]),
        ("on >= '2024-01-01'", [0, 2]),
        ("on.dt.year == 2023", [1]),
        ("price.between(3, 9)", [0, 3]),
        ("ward == 'an @ in text'", []),
    ],
)
def test_what_can_be_asked(where: str, expected: list[int]) -> None:
    assert places_where(FRAME, where).tolist() == expected


@pytest.mark.parametrize(
    "where",
    [
        "@os.system('touch owned')",
        "@pd.eval('1')",
        "price.to_csv('owned')",
        "__import__('os').system('touch owned')",
        "price.__class__",
        "ward.str.__init__.__globals__",
        "price.map(print)",
        "[one for one in price]",
        "price[0] < 1",
        "cost < 3",
        "price <",
        "price = 3",
        "price @ price",
        "ward == '`' or price.to_csv('owned') or '`' == ward",
        "`price.to_csv('owned')`",
        "f'{price}' == ward",
        "price",
        "ward < 3",
        "",
    ],
)
def test_what_cannot(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingError, match="where="):
        places_where(FRAME, where)
    assert not list(tmp_path.iterdir())
