"""A batch of pictures holds each as it is, with nothing beside it, whatever becomes of the others."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
from PIL import Image

import polymodal as pm
from polymodal.modalities._jpeg import decoded
from polymodal.store.disk.columns import Column
from polymodal.store.loader.buffers import Reused
from polymodal.store.loader.decoding import Packed, Part
from polymodal.store.loader.pictures import Pictures
from polymodal.store.loader.rows import TableRows
from polymodal.store.loader.window import Window

COLUMN = Column("photo", "cells", pa.large_binary(), ("photo",))


def picture(height: int, width: int, kind: str = "JPEG") -> bytes:
    noise = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).save(data, format=kind)
    return data.getvalue()


def packed(*cells: bytes) -> Packed:
    modality = pm.Image(size=32)
    table = pm.Table.read(
        pd.DataFrame({"photo": [picture(8, 8)] * 2, "y": [0, 1]}), target="y", types={"photo": modality}
    )
    read = pa.table({"photo": pa.chunked_array([cells[:2], cells[2:]], pa.large_binary())})
    window = Window(TableRows(table), np.arange(len(cells)), read, table.schema)
    decoder = Pictures("photo", COLUMN, modality, 32)
    decoder.look(window)
    return decoder.pack([Part(window, np.arange(len(cells)))], Reused())


def test_each_is_in_its_corner() -> None:
    cells = [picture(9, 20), picture(30, 11), picture(12, 13, "PNG"), picture(5, 20)]
    found = packed(*cells)
    assert found.mask is not None
    assert found.values.shape == (4, 30, 20, 3)
    for values, mask, cell in zip(found.values, found.mask, cells, strict=True):
        alone = decoded(cell, 32)
        alone = np.asarray(Image.open(io.BytesIO(cell))) if alone is None else alone
        height, width = alone.shape[:2]
        assert np.array_equal(values[:height, :width], alone)
        assert mask.sum() == height * width
        assert mask[:height, :width].all()
        assert not values[~mask].any()


def test_sizes_that_agree_need_no_mask() -> None:
    assert packed(picture(9, 20), picture(9, 20), picture(9, 20, "PNG")).mask is None


def test_what_was_decoded_in_part_leaves_nothing_behind() -> None:
    cut = picture(30, 20)[:-200]
    found = packed(cut, picture(9, 20), b"no picture", picture(30, 11))
    assert list(found.lost) == [2, 0]
    assert found.mask is not None
    assert found.mask.sum(axis=(1, 2)).tolist() == [9 * 20, 30 * 11]
    assert not found.values[~found.mask].any()
