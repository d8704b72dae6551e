"""Delimited text (CSV, TSV) as an Arrow table: separator and decimal sign found, every broken line named."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from polymodal.errors import DataError

# What pandas takes for a gap. Here only columns of numbers, truth values or dates do: in a column of
# text "NA" may be Namibia and "None" an answer.
GAPS = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
_SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 2**16
_LARGEST_BLOCK = 2**30


def read_delimited(path: Path) -> pa.Table:
    """The table in a CSV or TSV file, plain or compressed (`.gz`, `.bz2`, `.zst`).

    The separator (comma, semicolon, tab, bar) is the one that cuts the first lines evenly. An empty cell is a
    gap; words such as `NA` and `null` are gaps in columns of numbers, truth values and dates only. Text must be
    UTF-8 (or UTF-16 with its mark).

    Raises DataError for a file that is no text, and for lines of the wrong number of cells, each named.
    """
    text = _text(path)
    separator = _separator(text, default="\t" if ".tsv" in path.suffixes else ",")
    # Arrow settles the type of a column on its first block: one block, so that all cells have a say.
    data = text.encode()
    table = _parse(path, data, separator, decimal="," if _has_decimal_comma(text, separator) else ".")
    return table.rename_columns([name.strip() for name in table.column_names])


def _text(path: Path) -> str:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            data = stream.read()
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in data:
        kind = "an Excel or zip file" if data.startswith(b"PK") else "binary"
        raise DataError(f"{path} is {kind}, not delimited text. Save it as CSV (UTF-8) or Parquet.")
    else:
        encoding = "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path} is not {encoding.removesuffix('-sig').upper()} text (line {line}, byte {data[error.start]:#04x}). "
            "Save it as UTF-8, or read it yourself with pandas.read_csv(..., encoding=...) and hand over the frame."
        ) from error


def _separator(text: str, default: str) -> str:
    """The separator that cuts the first lines into equally many cells, the more the better."""
    sample = text[:_SAMPLE]
    best, best_score = default, (False, 1)
    for separator in sorted(_SEPARATORS, key=lambda one: one != default):
        rows = [row for row in csv.reader(io.StringIO(sample), delimiter=separator) if row]
        if len(text) > len(sample):
            rows = rows[:-1]
        if rows:
            score = (len({len(row) for row in rows}) == 1 and len(rows[0]) > 1, len(rows[0]))
            if score > best_score:
                best, best_score = separator, score
    return best


def _has_decimal_comma(text: str, separator: str) -> bool:
    if separator == ",":
        return False
    cell = rf"(?:^|{re.escape(separator)})-?\d+{{}}\d+(?={re.escape(separator)}|\s*$)"
    sample = text[:_SAMPLE]
    with_comma, with_point = (re.search(cell.format(mark), sample, re.MULTILINE) for mark in (",", r"\."))
    return bool(with_comma) and not with_point


def _parse(path: Path, data: bytes, separator: str, decimal: str) -> pa.Table:
    broken: list[str] = []

    def note(row: pa.csv.InvalidRow) -> str:
        broken.append(f"line {row.number}: {row.actual_columns} cells instead of {row.expected_columns}")
        return "skip"

    try:
        table = pa.csv.read_csv(
            io.BytesIO(data),
            # Only the single-threaded reader knows line numbers.
            read_options=pa.csv.ReadOptions(use_threads=False, block_size=min(max(len(data), 2**16), _LARGEST_BLOCK)),
            parse_options=pa.csv.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=note),
            convert_options=pa.csv.ConvertOptions(
                null_values=list(GAPS), strings_can_be_null=False, decimal_point=decimal
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} cannot be read as delimited text: {error}") from error
    if broken:
        shown = "".join(f"\n  - {one}" for one in broken[:20])
        more = f"\n  ... and {len(broken) - 20} more" if len(broken) > 20 else ""
        raise DataError(
            f"{path} has lines with too many or too few cells (separator {separator!r}). "
            f"Quote cells that hold the separator.{shown}{more}"
        )
    return pa.table([_without_empty(column) for column in table.columns], names=table.column_names)


def _without_empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_string(column.type):
        return column
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, column.type), column)
