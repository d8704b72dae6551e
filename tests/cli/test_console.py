import json
from pathlib import Path

import numpy as np
import pandas as pd

from polymodal.cli._console import to_json


def test_json_is_strict_and_keeps_values() -> None:
    frame = pd.DataFrame({"class": ["a", None], "p": [0.5, np.nan], "curve": [[1.0, np.inf], None]})
    frame = frame.assign(seen=pd.to_datetime(["2020-01-01", None]), other=pd.array([1, pd.NA], dtype=object))
    data = {"frame": frame, "n": np.int64(3), "flags": np.array([True]), "path": Path("x"), "word": "ä"}
    assert json.loads(to_json(data)) == {
        "frame": [
            {"class": "a", "p": 0.5, "curve": [1.0, None], "seen": "2020-01-01 00:00:00", "other": 1},
            {"class": None, "p": None, "curve": None, "seen": None, "other": None},
        ],
        "n": 3,
        "flags": [True],
        "path": "x",
        "word": "ä",
    }
