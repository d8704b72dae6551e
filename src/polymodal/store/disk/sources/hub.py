"""Rows of a data set of the `datasets` library, known by its shape alone: the package itself is not needed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import DataError
from polymodal.schema.enclosed import file_of
from polymodal.schema.read import read_frame
from polymodal.store.disk.sources._rows import SEEN, Rows, digest, replaced, with_heavy
from polymodal.store.disk.sources.memory import content_of


def is_hub(source: Any) -> bool:
    """Whether a source is such a data set.

    Raises DataError for a dict of several, and for one that can only be read from its beginning.
    """
    name = type(source).__name__
    if name in ("DatasetDict", "IterableDatasetDict"):
        raise DataError(f"a {name} holds several data sets; give one of them, such as source['train']")
    if name == "IterableDataset" and hasattr(source, "features"):
        raise DataError("an IterableDataset has no length and no order; load it without streaming=True")
    return all(hasattr(source, one) for one in ("features", "column_names", "select_columns", "__len__"))


class HubRows(Rows):
    """Values are in memory; pictures, sound, lists and arrays are read when their turn comes, files undecoded."""

    def __init__(self, source: Any, files: Path | None) -> None:
        self.files, self.types = files, {}
        features = dict(source.features)
        for name, feature in features.items():
            if hasattr(feature, "decode"):
                source = source.cast_column(name, feature.__class__(decode=False))
        self.source = source
        light = [name for name, one in features.items() if _is_value(one)]
        large = [name for name in features if name not in light]
        held = pd.DataFrame(index=range(len(source)))
        if light:
            held = source.select_columns(light).to_pandas()
        for name in light:
            if hasattr(features[name], "names"):
                held[name] = [_class(features[name].names, code) for code in pd.Series(held[name]).tolist()]
        frame = read_frame(held)[0] if light else held
        self.heavy = dict.fromkeys(large, "cells")
        self.frame = with_heavy(frame, self._cells(np.arange(min(SEEN, len(source)))))

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        return replaced(self.frame.iloc[rows], self._cells(rows))

    @cached_property
    def fingerprint(self) -> str:
        given = getattr(self.source, "_fingerprint", "")
        light = content_of(self.frame.drop(columns=list(self.heavy)))
        first = self._cells(np.unique([0, len(self) // 2, len(self) - 1]))
        return digest(given, light, content_of(with_heavy(pd.DataFrame(index=range(3)), first)))

    def _cells(self, rows: np.ndarray) -> dict[str, list[Any]]:
        if not self.heavy:
            return {}
        got: Mapping[str, list[Any]] = self.source.select_columns(list(self.heavy))[rows.tolist()]
        return {name: [file_of(one) for one in got[name]] for name in self.heavy}


def _is_value(feature: Any) -> bool:
    """Whether a feature is one number, truth value, date or string."""
    return (
        isinstance(getattr(feature, "dtype", None), str)
        and not hasattr(feature, "decode")
        and not any(hasattr(feature, one) for one in ("feature", "shape"))
    )


def _class(names: list[str], code: Any) -> str | None:
    return names[int(code)] if code is not None and not pd.isna(code) and 0 <= int(code) < len(names) else None
