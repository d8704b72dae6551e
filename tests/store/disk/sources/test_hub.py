"""Data sets of the `datasets` library, stood in for by something of the same shape."""

import io
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import polymodal as pm
from polymodal.errors import DataError


@dataclass
class Value:
    dtype: str


@dataclass
class ClassLabel:
    names: list[str]
    dtype: str = "int64"


@dataclass
class Picture:
    decode: bool = True
    dtype: str = "PIL.Image.Image"


@dataclass
class Sequence:
    feature: Value


@dataclass
class Dataset:
    """Columns of lists, undecoded files as dicts of bytes and path."""

    columns: dict
    features: dict
    asked: list = field(default_factory=list)

    @property
    def column_names(self):
        return list(self.columns)

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def cast_column(self, name, feature):
        return Dataset(self.columns, {**self.features, name: feature}, self.asked)

    def select_columns(self, names):
        chosen = {name: self.columns[name] for name in names}
        return Dataset(chosen, {name: self.features[name] for name in names}, self.asked)

    def to_pandas(self):
        return pd.DataFrame(self.columns)

    def __getitem__(self, rows):
        assert all(not one.decode for one in self.features.values() if isinstance(one, Picture))
        self.asked.append(len(rows))
        return {name: [cells[row] for row in rows] for name, cells in self.columns.items()}


@pytest.fixture
def source():
    def picture(row):
        data = io.BytesIO()
        Image.fromarray(np.full((8, 8, 3), row, dtype=np.uint8)).save(data, format="PNG")
        return {"bytes": data.getvalue(), "path": f"{row}.png"}

    columns = {
        "image": [picture(row) if row % 3 else None for row in range(12)],
        "label": [row % 2 if row != 5 else -1 for row in range(12)],
        "caption": [f"shade number {row}" for row in range(12)],
        "vector": [[row + 0.5] * 4 for row in range(12)],
    }
    features = {
        "image": Picture(),
        "label": ClassLabel(["even", "odd"]),
        "caption": Value("string"),
        "vector": Sequence(Value("float32")),
    }
    return Dataset(columns, features)


def test_files_come_undecoded_and_classes_by_name(source, tmp_path):
    store = pm.Store.create(tmp_path / "rows.lance", source, target="label", shuffle=False, types={"caption": "text"})
    assert {name: one.kind for name, one in store.schema.modalities.items()} == {
        "caption": "text",
        "image": "image",
        "vector": "vector",
    }
    frame = store.table().frame
    assert frame["label"].dropna().tolist() == ["even", "odd"] * 2 + ["even"] + ["even", "odd"] * 3
    assert frame["label"].isna().sum() == 1
    assert frame["image"].iloc[1] == source.columns["image"][1]["bytes"]
    assert frame["vector"].iloc[2] == [2.5] * 4
    assert store.table().cells("image").present.tolist() == [row % 3 != 0 for row in range(12)]


def test_paths_start_from_the_folder(source, tmp_path):
    (tmp_path / "1.png").write_bytes(source.columns["image"][1]["bytes"])
    source.columns["image"] = [{"bytes": None, "path": f"{row}.png"} for row in range(12)]
    store = pm.Store.create(
        tmp_path / "rows.lance", source, files=tmp_path, target="label", shuffle=False, types={"image": "image"}
    )
    assert store.report().presence["image"] == {"present": 1, "absent": 0, "unreadable": 11}


def test_what_has_no_order_is_refused(tmp_path):
    several = type("DatasetDict", (dict,), {})()
    with pytest.raises(DataError, match="give one of them"):
        pm.Store.create(tmp_path / "rows.lance", several)
    stream = type("IterableDataset", (), {"features": {}})()
    with pytest.raises(DataError, match="without streaming=True"):
        pm.Store.create(tmp_path / "rows.lance", stream)
