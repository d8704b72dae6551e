"""Lance, the columnar format below a store: opened lazily, its errors put into words."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeGuard

import pyarrow as pa

from polymodal.errors import ArtifactError, MissingExtraError

_CACHE = 128 * 2**20  # bytes; by default Lance takes several gigabytes
MESSAGE = "__lance_commit_message"  # what the log of Lance calls the word on a change
_REMOTE = ("s3://", "gs://", "az://")
_NOT_FOUND = "was not found"  # what Lance says of a path that is not there, and of nothing else
_OWN = ("_transactions", "_versions", "data")  # what Lance makes of a folder, in part, when it is killed at once


def lance() -> Any:
    """The package. Raises MissingExtraError without it."""
    os.environ.setdefault("LANCE_READ_CACHE_REPETITION_INDEX", "true")  # a fifth less processor where rows are shuffled
    try:
        import lance as package
    except ImportError as error:
        raise MissingExtraError("a store", "store") from error
    return package


def settled(uri: str | os.PathLike[str]) -> str:
    """The address of a store as Lance takes it: local paths without `~`. Raises ArtifactError for other addresses."""
    text = os.fspath(uri)
    if text.startswith(_REMOTE):
        return text
    if "://" in text[:16]:
        raise ArtifactError(f"{text}: a store is a folder, or an address of {', '.join(_REMOTE)}")
    return str(Path(text).expanduser())


def local(uri: str) -> Path | None:
    """The folder of a store on this machine, None for one elsewhere."""
    return None if uri.startswith(_REMOTE) else Path(uri)


def is_store(path: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether a path is that of a Lance dataset, without importing Lance; elsewhere nothing but stores is looked for.

    >>> is_store("nowhere.lance"), is_store("s3://bucket/patients.lance")
    (False, True)
    """
    if not isinstance(path, (str, os.PathLike)):
        return False
    text = os.fspath(path)
    if not isinstance(text, str) or "\0" in text:
        return False
    if text.startswith(_REMOTE):
        return True
    if "://" in text[:16]:
        return False
    return any((Path(text).expanduser() / "_versions").glob("*.manifest"))


def opened(uri: str, version: int | None, options: Mapping[str, str] | None) -> Any:
    """A Lance dataset. Raises ArtifactError when there is none, or no such version."""
    package = lance()
    try:
        return package.dataset(
            uri,
            version=version,
            storage_options=None if options is None else dict(options),
            index_cache_size_bytes=_CACHE,
            metadata_cache_size_bytes=_CACHE,
        )
    except (ValueError, OSError) as error:
        folder = local(uri)
        if folder is not None and not folder.exists():
            raise ArtifactError(f"no store at {uri}") from error
        if folder is not None and not is_store(folder):
            raise ArtifactError(f"{uri} is no store; polymodal pack, or pm.Store.create, makes one") from error
        said = _first_line(error)
        if _NOT_FOUND not in said:
            raise ArtifactError(f"{uri} cannot be reached, is damaged, or no store: {said}") from error
        if version is None:
            raise ArtifactError(f"no store at {uri}") from error
        raise ArtifactError(
            f"{uri} has no version {version}; versions() and polymodal info list those that it has, the last one is "
            f"{opened(uri, None, options).version}"
        ) from error


@contextmanager
def writing(uri: str) -> Iterator[None]:
    """Errors of the disk become an ArtifactError that says what to do."""
    try:
        yield
    except OSError as error:
        if isinstance(error, ArtifactError):
            raise
        remedy = "there is room and leave to write" if local(uri) is not None else "it can be reached"
        raise ArtifactError(
            f"cannot write {uri}: {_first_line(error)}; what was written before is unharmed, and the same call goes on "
            f"from there once {remedy}"
        ) from error


def begin(uri: str, schema: pa.Schema, options: Mapping[str, str] | None) -> Any:
    """A dataset without rows. Raises ArtifactError when it cannot be written."""
    package = lance()
    folder = local(uri)
    is_taken = folder is not None and folder.exists() and not folder.is_dir()
    if is_taken or (folder is not None and folder.is_dir() and {one.name for one in folder.iterdir()} - {*_OWN}):
        raise ArtifactError(f"{uri} is there already and no store; give another path")
    with writing(uri):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        return package.LanceDataset.commit(
            uri,
            package.LanceOperation.Overwrite(schema, []),
            storage_options=None if options is None else dict(options),
            commit_message="begun",
        )


def append(dataset: Any, batches: Iterable[pa.RecordBatch], schema: pa.Schema, uri: str, options: Any) -> Any:
    """The dataset with further rows, all of them or none. Raises ArtifactError when they cannot be written."""
    fragments = written(batches, schema, uri, options)
    rows = sum(one.physical_rows for one in fragments)
    return committed(dataset, fragments, uri, options, f"{rows:,} rows") if fragments else dataset


def written(batches: Iterable[pa.RecordBatch], schema: pa.Schema, uri: str, options: Any) -> list[Any]:
    """Fragments that are on disk, and not yet of the dataset there. Raises ArtifactError when they cannot be."""
    from lance.fragment import write_fragments

    with writing(uri):
        reader = pa.RecordBatchReader.from_batches(schema, iter(batches))
        made: list[Any] = write_fragments(reader, uri, schema=schema, mode="append", storage_options=options)
    return made


def committed(
    dataset: Any,
    fragments: Sequence[Any],
    uri: str,
    options: Any,
    change: str,
    properties: Mapping[str, str] | None = None,
) -> Any:
    """The dataset with those fragments after its own, at once. `properties` are kept with the `change` in its log."""
    package = lance()
    with writing(uri):
        if dataset.latest_version != dataset.version:
            raise ArtifactError(f"{uri} is being written by another process; wait for it to end")
        step = package.Transaction(
            dataset.version,
            package.LanceOperation.Append(list(fragments)),
            transaction_properties={MESSAGE: change, **(properties or {})},
        )
        return package.LanceDataset.commit(uri, step, storage_options=options)


def _first_line(error: BaseException) -> str:
    """What Lance says, without the places in its source."""
    return str(error).split("\n")[0].split(", /")[0] or type(error).__name__
