"""`polymodal search`: rows of a table by any part of a row, in the space of a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._answers import parse_row, refuse_ending, write
from polymodal.cli._console import answer, note
from polymodal.cli._table import is_stored, read_for
from polymodal.errors import SettingError, near_miss

if TYPE_CHECKING:
    import pandas as pd

    from polymodal.crossmodal.index import Index
    from polymodal.crossmodal.stored import StoredIndex


def search(
    model: options.ModelFile,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA", help="The rows: a CSV or Parquet file, a folder with one, a store, or what --keep wrote."
        ),
    ],
    row: Annotated[
        str | None, typer.Option("--row", metavar="JSON", help="What to look for: any part of a row, as JSON.")
    ] = None,
    queries: Annotated[
        str | None, typer.Option("--queries", metavar="FILE", help="Rows to look for, as a CSV or Parquet file.")
    ] = None,
    duplicates: Annotated[
        float | None,
        typer.Option("--duplicates", metavar="LEAST", help="Instead, every two rows alike by that much, such as 0.95."),
    ] = None,
    like: Annotated[
        bool, typer.Option("--like", help="Rows that are most like it: notes by their notes, photos by their photos.")
    ] = False,
    k: Annotated[int, typer.Option("-k", min=1, help="Rows for each query.")] = 10,
    among: Annotated[
        list[str] | None,
        typer.Option("--among", metavar="NAME", help="Compare with this modality of the rows; repeat for several."),
    ] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Only rows of which this holds: 'price < 50'.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="FOLDER", help="Write the index, to be given as DATA later.")
    ] = None,
    add: Annotated[
        str | None, typer.Option("--add", metavar="FILE", help="Add these rows to an index that --keep wrote.")
    ] = None,
    delete: Annotated[
        list[str] | None,
        typer.Option("--delete", metavar="ROW", help="Take this row out of an index that --keep wrote; repeat."),
    ] = None,
    backend: Annotated[
        str | None, typer.Option("--backend", help="faiss: in memory, for many queries among very many rows.")
    ] = None,
    files: options.Files = None,
    out: options.Answers = None,
    json: options.Json = False,
) -> None:
    """Find the rows of a table that go best with a sentence, a picture or any other part of a row.

    The model is one that was fitted with --objective align. A store keeps its index in its own folder.

    \b
    Example:
      polymodal fit shop.csv --files photos/ --objective align --out space.pm
      polymodal search space.pm shop.csv --row '{"note": "red dress"}' -k 5 --where 'price < 50' --keep shop.index
      polymodal search space.pm shop.index --queries asked.csv --like --out found.csv
      polymodal search space.pm shop.csv --duplicates 0.99 --json
      polymodal search space.pm shop.index --add december.csv --delete sku17
    """
    asked_for = sum(one is not None for one in (row, queries, duplicates))
    if asked_for > 1 or (not asked_for and add is None and not delete):
        raise typer.BadParameter("give --row, --queries or --duplicates, one of the three")
    if duplicates is not None and (like or among or where):
        raise typer.BadParameter("--duplicates compares all rows; leave --like, --among and --where out")
    if like and among:
        raise typer.BadParameter("--like compares each part with its like; leave --among out")
    refuse_ending(out)
    fitted = pm.load(model)
    _need_among(fitted.space.contrast.names, among or ())
    index = _index(fitted, data, files, keep, backend)
    if add is not None or delete:
        index = _changed(index, add, delete or (), files)
    if row is None and queries is None and duplicates is None:
        return
    if duplicates is not None:
        from polymodal.crossmodal.index import Index

        if not isinstance(index, Index):
            raise SettingError("--duplicates compares rows in memory; give a table, not what is on disk")
        pairs = index.duplicates(duplicates)
        told = pairs.to_string(index=False) if len(pairs) else "No two rows are alike by that much."
        _tell(pairs, told, pairs, out, json)
        return
    asked: Any = queries if row is None else parse_row(row)
    if row is not None and files is None and Path(data).is_file():
        files = str(Path(data).parent)
    limits: dict[str, Any] = {"k": k, "where": where, "files": files}
    hits = index.nearest(asked, **limits) if like else index.search(asked, among=among, **limits)
    for fault in hits.faults:
        note(f"Note: {fault}")
    _tell(hits.to_pandas(), hits, hits.to_dict(), out, json)


def _index(
    fitted: pm.Model, data: str, files: str | None, keep: Path | None, backend: str | None
) -> Index | StoredIndex:
    from polymodal.crossmodal.shelf import is_index  # loads pandas

    if is_index(data):
        if keep is not None:
            raise SettingError(f"{data} is an index already; leave --keep out")
        return fitted.open_index(data, backend=backend)
    if is_stored(data):
        if keep is not None or files is not None:
            raise SettingError(f"{data} is a store and keeps its index itself; leave --keep and --files out")
        return fitted.index(data, backend=backend)
    found = fitted.index(read_for(fitted, data, files), backend=backend)
    if keep is not None:
        note(f"Wrote the index of {len(found)} rows to {found.save(keep).path}")
    return found


def _need_among(names: Sequence[str], among: Sequence[str]) -> None:
    """Raises SettingError, before any row is read, for what the space has not."""
    strange = [one for one in among if one not in names]
    if strange:
        raise SettingError(f"--among {strange[0]} is no modality of the space. {near_miss(strange[0], names)}")


def _changed(index: Index | StoredIndex, add: str | None, delete: Sequence[str], files: str | None) -> StoredIndex:
    from polymodal.crossmodal.stored import StoredIndex

    if not isinstance(index, StoredIndex):
        raise SettingError("--add and --delete change an index on disk; give what --keep wrote as DATA")
    if delete:
        numbered = index.shelf.is_numbered
        index = index.delete([int(one) if numbered and one.lstrip("-").isdecimal() else one for one in delete])
        note(f"Took {len(delete)} of the rows out; {len(index):,} are left")
    if add is not None:
        index = index.add(add, files=files)
        note(f"Added the rows of {add}; there are {len(index):,} now")
    return index


def _tell(frame: pd.DataFrame, shown: object, data: object, out: Path | None, as_json: bool) -> None:
    if out is not None:
        write(frame, out)
        note(f"Wrote the rows found to {out}")
    answer(shown, data, as_json)
