import json
from pathlib import Path

import numpy as np
import pandas as pd

from polymodal.cli._console import to_json


def test_json_is_strict_and_keeps_values() -> None:
    frame = pd.DataFrame({"class": ["a", None], "p": [0.5, np.nan], "curve": [[1.0, np.inf], None]})
    data = {"frame": frame, "n": np.int64(3), "flags": np.array([True]), "path": Path("x"), "word": "ä"}
    assert json.loads(to_json(data)) == {
        "frame": [{"class": "a", "p": 0.5, "curve": [1.0, None]}, {"class": None, "p": None, "curve": None}],
        "n": 3,
        "flags": [True],
        "path": "x",
        "word": "ä",
    }
