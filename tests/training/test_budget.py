"""A time as people write it."""

import pytest

from polymodal.errors import SettingError
from polymodal.training.budget import seconds


@pytest.mark.parametrize(
    ("written", "expected"),
    [("90s", 90), ("10min", 600), ("1.5h", 5400), ("2 m", 120), ("30", 30), (45, 45), (0.5, 0.5), (None, None)],
)
def test_times(written: str | float | None, expected: float | None) -> None:
    assert seconds(written) == expected


@pytest.mark.parametrize("written", ["soon", "", "-5min", "10 days", 0, -1, "0s", "1e", "nan"])
def test_what_is_no_time_is_refused(written: str | float) -> None:
    with pytest.raises(SettingError, match="budget"):
        seconds(written)
