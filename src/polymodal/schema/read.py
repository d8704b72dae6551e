"""Any source of rows as one pandas frame with plain dtypes; nothing is inferred, nothing of the caller's changed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from polymodal.errors import DataError, SchemaError, near_miss
from polymodal.schema.delimited import read_delimited
from polymodal.schema.dtypes import is_plain, plain_dtype
from polymodal.schema.folders import by_folder

_ALLOWED = (
    "a path (.csv, .tsv, .parquet, a folder with one such file, or with a folder of files for each class), a pandas or "
    "polars DataFrame, an Arrow table, a dict of columns, a list of dicts (one a row), or what has to_pandas(), as "
    "joins have"
)
_FOR_STORES = (
    " WebDataset archives (.tar), AnnData and MuData (.h5ad, .h5mu) and data sets of `datasets` make a store: "
    "pm.Store.create, polymodal pack."
)


def read_frame(
    source: Any, files: str | os.PathLike[str] | None = None, roles: Sequence[str] = (), *, least_rows: int = 1
) -> tuple[pd.DataFrame, Path | None]:
    """The rows of `source` as a frame with text names, unique row labels and plain dtypes, and the folder of its files.

    A table file's own folder is the default for `files`. A folder with a folder of files for each class has a row for
    each file, `file` and `label`. `roles` names columns that may also be levels of a
    pandas index. Nullable, Arrow-backed and sparse columns become NumPy or object columns; whole numbers with
    gaps become floats unless that would round them.

    Raises DataError for a source of another type or a file that cannot be read, SchemaError for duplicate or
    nested column names, for a table without columns and for one of fewer than `least_rows` rows (0 or 1).
    """
    home: Path | None = None
    filed = _by_folder(source, files)
    if filed is not None:
        home = Path(source).expanduser()
        frame, where = filed, str(home)
    elif isinstance(source, (str, os.PathLike)):
        path = _table_file(Path(source).expanduser())
        home = path.parent
        frame, where = _from_arrow(_FORMATS[_suffix(path)](path), str(path)), str(path)
    else:
        frame, where = _from_object(source), type(source).__name__
    frame = _with_index_levels(frame, roles)
    return _tidy(frame, where, least_rows), files_folder(files) if files is not None else home


def _by_folder(source: Any, files: str | os.PathLike[str] | None) -> pd.DataFrame | None:
    """The rows of a folder of folders, None for any other source."""
    if not isinstance(source, (str, os.PathLike)) or "://" in str(source)[:16]:
        return None
    path = Path(source).expanduser()
    found = by_folder(path) if path.is_dir() else None
    if found is not None and files is not None:
        raise DataError(f"{path} holds folders of files, which are found there themselves; leave files= out")
    return found


def _read_parquet(path: Path) -> pa.Table:
    try:
        return pa.parquet.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path} cannot be read as Parquet: it is cut short or of another format ({error}). Write it again."
        ) from error


_FORMATS: dict[str, Callable[[Path], pa.Table]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
}
_COMPRESSED = (".gz", ".bz2", ".zst")


def _suffix(path: Path) -> str:
    """The suffix that tells the format: `.csv` for `x.csv` and for `x.csv.gz`."""
    suffixes = [one.lower() for one in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in _COMPRESSED and suffixes[-2] in _FORMATS:
        return suffixes[-2]
    return suffixes[-1] if suffixes else ""


def _table_file(path: Path) -> Path:
    if "://" in str(path)[:16] or str(path).startswith(("http:/", "https:/", "s3:/")):
        raise DataError(f"{path}: addresses are not fetched. Download the file and give its path.")
    if path.is_dir():
        found = sorted(
            one for one in path.iterdir() if one.is_file() and _suffix(one) in _FORMATS and one.name[0] != "."
        )
        if len(found) == 1:
            return found[0]
        tables = ", ".join(one.name for one in found[:10]) or "none"
        raise DataError(
            f"the folder {path} must hold exactly one table file ({_suffixes()}), or nothing but folders of files, one "
            f"for each class; found: {tables}. Give its path."
            f"{_FOR_STORES if not found else ''}"
        )
    if not path.is_file():
        folder = path.parent
        if not folder.is_dir():
            raise DataError(f"no such file: {path} (the folder {folder} does not exist)")
        there = [one.name for one in folder.iterdir() if _suffix(one) in _FORMATS and one.name[0] != "."]
        told = near_miss(path.name, there) if there else f"No table lies in {folder.resolve()}"
        raise DataError(f"no such file: {path}. {told}")
    if _suffix(path) not in _FORMATS:
        raise DataError(
            f"{path}: tables are read from {_suffixes()} files, this one ends in {path.suffix!r}.{_FOR_STORES}"
        )
    return path


def _suffixes() -> str:
    return ", ".join(_FORMATS)


def files_folder(files: str | os.PathLike[str]) -> Path:
    """The folder that `files=` names. Raises DataError when there is none."""
    folder = Path(files).expanduser()
    if folder.is_dir():
        return folder
    if folder.parent.is_dir():
        hint = " " + near_miss(folder.name, [one.name for one in folder.parent.iterdir() if one.is_dir()])
    else:
        hint = ""
    raise DataError(f"files={str(files)!r} is not a folder.{hint}")


def _from_object(source: Any) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source.copy(deep=False)
    if isinstance(source, Mapping):
        return _from_columns(source)
    if isinstance(source, (list, tuple)):
        return _from_rows(source)
    if hasattr(source, "__arrow_c_stream__"):
        try:
            return _from_arrow(pa.RecordBatchReader.from_stream(source).read_all(), type(source).__name__)
        except (pa.ArrowException, TypeError) as error:
            raise DataError(f"the {type(source).__name__} is no table: {error}. Give {_ALLOWED}.") from error
    if callable(getattr(source, "to_pandas", None)):
        frame = source.to_pandas()
        if isinstance(frame, pd.DataFrame):
            return frame.copy(deep=False)
    hint = " Call .collect() on it first." if hasattr(source, "collect") else ""
    raise DataError(f"a table cannot be read from {type(source).__name__}. Give {_ALLOWED}.{hint}{_FOR_STORES}")


def _from_columns(source: Mapping[Any, Any]) -> pd.DataFrame:
    single = [
        name for name, cells in source.items() if isinstance(cells, (str, bytes)) or not hasattr(cells, "__len__")
    ]
    if single:
        raise DataError(
            f"in a dict of columns each value is a sequence of cells; {single[0]!r} holds one "
            f"{type(source[single[0]]).__name__}. For one row, give a list with one dict: [{{...}}]."
        )
    lengths = {name: len(cells) for name, cells in source.items()}
    if len(set(lengths.values())) > 1:
        longest = max(lengths.values())
        faults = [f"{name!r} has {length} cells" for name, length in lengths.items() if length != longest]
        raise SchemaError(f"the columns have unequal lengths; the longest has {longest} cells", faults)
    return _assemble({name: _column(list(cells)) for name, cells in source.items()}, next(iter(lengths.values()), 0))


def _from_rows(source: Sequence[Any]) -> pd.DataFrame:
    wrong = [(position, row) for position, row in enumerate(source) if not isinstance(row, Mapping)]
    if wrong:
        position, row = wrong[0]
        raise DataError(
            f"in a list of rows each row is a dict; row {position} is {type(row).__name__}. Give {_ALLOWED}."
        )
    names = dict.fromkeys(name for row in source for name in row)
    return _assemble({name: _column([row.get(name) for row in source]) for name in names}, len(source))


def _assemble(columns: dict[Any, pd.Series], length: int) -> pd.DataFrame:
    if not columns:
        return pd.DataFrame(index=pd.RangeIndex(length))
    frame = pd.concat(list(columns.values()), axis=1)
    frame.columns = pd.Index(list(columns), dtype=object)
    return frame


def _column(cells: list[Any]) -> pd.Series:
    if all(cell is None or isinstance(cell, (str, bool, int, float, np.generic)) for cell in cells):
        with contextlib.suppress(UnicodeEncodeError):  # half a surrogate pair, as broken exports hold
            return pd.Series(cells)
    # Filled one by one: NumPy would stack cells that are arrays of one shape, and pandas would unpack some.
    column = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        column[row] = cell
    objects = pd.Series(column, dtype=object)
    with contextlib.suppress(UnicodeEncodeError):
        return objects.infer_objects()
    return objects


def _from_arrow(table: pa.Table, where: str) -> pd.DataFrame:
    _refuse_duplicates(table.column_names, where)
    plain = pa.schema([pa.field(one.name, _without_views(one.type)) for one in table.schema], table.schema.metadata)
    return (table if plain == table.schema else table.cast(plain)).to_pandas()


def _without_views(kind: pa.DataType) -> pa.DataType:
    """The same type without string views inside lists, which have no road from Arrow to pandas."""
    if pa.types.is_string_view(kind):
        return pa.large_string()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.large_list(_without_views(kind.value_type))
    return kind


def _with_index_levels(frame: pd.DataFrame, roles: Sequence[str]) -> pd.DataFrame:
    for name in roles:
        if name not in frame.columns and name in frame.index.names:
            frame = frame.assign(**{name: frame.index.get_level_values(name)})
    return frame


def _tidy(frame: pd.DataFrame, where: str, least_rows: int) -> pd.DataFrame:
    if isinstance(frame.columns, pd.MultiIndex):
        raise SchemaError(f"{where} has column names of several levels; join them into one, such as 'rna_TP53'")
    names = [str(name) if str(name) else f"Unnamed: {position}" for position, name in enumerate(frame.columns)]
    _refuse_duplicates(names, where)
    if not names or len(frame) < least_rows:
        lacks = "no columns" if len(frame) else "no rows"
        raise SchemaError(f"{where} has {lacks}; a table needs at least one row and one column")
    frame = frame.set_axis(pd.Index(names, dtype=object), axis=1)
    if not frame.index.is_unique or frame.index.nlevels > 1:
        frame = frame.reset_index(drop=True)  # row labels name faults, so they must name one row each
    doubtful = [n for n, dtype in zip(names, frame.dtypes, strict=True) if not is_plain(dtype)]
    changed = {name: plain for name in doubtful if (plain := plain_dtype(frame[name])) is not None}
    return frame.assign(**changed) if changed else frame


def _refuse_duplicates(names: Sequence[str], where: str) -> None:
    if len(set(names)) < len(names):
        places: dict[str, list[int]] = {}
        for position, name in enumerate(names, start=1):
            places.setdefault(name, []).append(position)
        faults = [f"{name!r} is column {' and '.join(map(str, at))}" for name, at in places.items() if len(at) > 1]
        raise SchemaError(f"{where} has duplicate column names; rename or drop them", faults)
