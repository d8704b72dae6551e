"""Samples in tar archives, as WebDataset lays them out: members of one name are one row, their endings its columns.

Members are read where they lie, by offset; none is extracted, and compressed archives are unpacked to plain ones first.
"""

from __future__ import annotations

import glob
import json
import os
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from polymodal.errors import DataError, SchemaError
from polymodal.modalities._npy import array_from
from polymodal.schema.cells import Broken, Unreadable
from polymodal.schema.read import read_frame
from polymodal.store.disk.sources._rows import SEEN, Rows, digest, replaced, with_heavy
from polymodal.store.disk.sources.unpacked import CODECS, Unpacked, codec_of

_NOT_READ = (".tar.xz", ".txz", ".tar.lzma", ".tar.lz4", ".tar.z")
KEY = "__key__"  # what WebDataset calls the name of a sample
_SHOWN = 10


@dataclass(frozen=True)
class Member:
    """Where a file of an archive lies; `archive` is what was given, and `plain` where it was unpacked to."""

    archive: Path
    plain: Path
    name: str
    offset: int
    size: int

    def read(self) -> bytes:
        """Its bytes. Raises DataError when the archive is cut off."""
        with self.plain.open("rb") as file:
            file.seek(self.offset)
            data = file.read(self.size)
        if len(data) != self.size:
            raise DataError(f"{self.archive} is cut off within {self.name}")
        return data


def archives_of(source: Any) -> list[Path]:
    """The archives that a source names; none for anything else.

    They are one path, a list, a folder of nothing else, or a pattern: `shards/*.tar`, `shards/{0000..0041}.tar`.
    Raises DataError for compression that is not read, and a pattern that no file is like.
    """
    if isinstance(source, (str, os.PathLike)) and _is_pattern(Path(source)):
        source = _matching(os.fspath(source))
    if isinstance(source, (str, os.PathLike)) and Path(source).expanduser().is_dir():
        inside = [one for one in sorted(Path(source).expanduser().iterdir()) if one.name[0] != "."]
        return inside if inside and all(_is_archive(one) and one.is_file() for one in inside) else []
    many = source if isinstance(source, (list, tuple)) else [source]
    if not many or not all(isinstance(one, (str, os.PathLike)) for one in many):
        return []
    paths = [Path(one).expanduser() for one in many]
    foreign = [path for path in paths if path.name.lower().endswith(_NOT_READ)]
    if foreign:
        raise DataError(
            f"{foreign[0]} is compressed in a way that is not read ({', '.join(CODECS)} are); unpack it to .tar first"
        )
    return paths if all(map(_is_archive, paths)) else []


def open_archives(paths: Sequence[Path]) -> Rows:
    """The samples of all archives. Raises DataError for one that is broken or names files outside of itself."""
    samples: list[dict[str, Member]] = []
    keys: list[str] = []
    unpacked = Unpacked() if any(map(codec_of, paths)) else None
    for path in paths:
        codec = codec_of(path)
        found = _samples(path, path if codec is None or unpacked is None else unpacked.add(path, codec))
        samples += found.values()
        keys += found.keys()
    if not samples:
        raise SchemaError("the archives hold no sample")
    return ArchiveRows(keys, samples, unpacked)


class ArchiveRows(Rows):
    """Members by row and ending. Text, numbers and JSON are in memory, pictures and the like are not."""

    def __init__(
        self, keys: list[str], samples: Sequence[Mapping[str, Member]], unpacked: Unpacked | None = None
    ) -> None:
        self.files, self.types, self.samples = None, {}, samples
        self._unpacked = unpacked  # which is there as long as these rows are
        endings = dict.fromkeys(ending for sample in samples for ending in sample)
        light: dict[str, list[Any]] = {KEY: list(keys)}
        for ending in endings:
            if _suffix(ending) in _LIGHT:
                cells = [_light(sample.get(ending)) for sample in samples]
                if _suffix(ending) == "json" and all(isinstance(one, (dict, type(None))) for one in cells):
                    for name in dict.fromkeys(name for one in cells if one for name in one):
                        column = name if name not in endings and name not in light else f"{ending}.{name}"
                        light[column] = [None if one is None else one.get(name) for one in cells]
                else:
                    light[ending] = cells
        frame, _ = read_frame(light)
        large = [ending for ending in endings if _suffix(ending) not in _LIGHT]
        self.heavy = dict.fromkeys(large, "cells")
        self.frame = with_heavy(frame, self._cells(np.arange(min(SEEN, len(samples)))))

    def take(self, rows: np.ndarray) -> pd.DataFrame:
        return replaced(self.frame.iloc[rows], self._cells(rows))

    @cached_property
    def fingerprint(self) -> str:
        where = [[(e, m.archive.name, m.name, m.offset, m.size) for e, m in one.items()] for one in self.samples]
        return digest(where)

    def _cells(self, rows: np.ndarray) -> dict[str, list[Any]]:
        return {
            ending: [_heavy(self.samples[row].get(ending), ending) for row in rows.tolist()] for ending in self.heavy
        }


def _is_pattern(path: Path) -> bool:
    return bool(set(str(path)) & set("*?[{")) and _is_archive(path) and not path.expanduser().exists()


def _matching(pattern: str) -> list[Path]:
    """The archives of a pattern, in order; ranges in braces, which WebDataset writes, have to be there whole."""
    found: list[Path] = []
    for one in _unfolded(os.path.expanduser(pattern)):
        files = sorted(map(Path, glob.glob(one)))
        if not files:
            raise DataError(f"no archive is called {one}" + (f", of {pattern}" if one != pattern else ""))
        found += files
    return found


def _unfolded(pattern: str) -> list[str]:
    """Names with braces as those that they stand for.

    >>> _unfolded("a-{08..10}.tar"), _unfolded("{x,y}.tar")
    (['a-08.tar', 'a-09.tar', 'a-10.tar'], ['x.tar', 'y.tar'])
    """
    braced = re.search(r"\{([^{}]*)\}", pattern)
    if braced is None:
        return [pattern]
    span = re.fullmatch(r"(\d+)\.\.(\d+)", braced.group(1))
    if span is None:
        inside = braced.group(1).split(",")
    else:
        first, last = span.groups()
        inside = [str(n).zfill(len(first)) for n in range(int(first), int(last) + 1)]
    return [rest for one in inside for rest in _unfolded(pattern[: braced.start()] + one + pattern[braced.end() :])]


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".tar" or codec_of(path) is not None


def _samples(path: Path, plain: Path) -> dict[str, dict[str, Member]]:
    samples: dict[str, dict[str, Member]] = {}
    faults = []
    try:
        with tarfile.open(plain, "r:") as archive:
            for one in archive:
                if one.isdir():
                    continue
                fault = _fault(one)
                key, ending = _parted(one.name)
                sample = samples.setdefault(key, {}) if not fault else {}
                if fault is None and ending in sample:
                    fault = "is there twice"
                if fault:
                    faults.append(f"{one.name[:200]!r} {fault}")
                elif ending:
                    sample[ending] = Member(path, plain, one.name, one.offset_data, one.size)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read as a tar archive: {error}") from error
    if faults:
        more = [f"and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        listed = "".join(f"\n  - {fault}" for fault in faults[:_SHOWN] + more)
        raise DataError(f"{path} has members that are not read:{listed}")
    return {key: sample for key, sample in samples.items() if sample}


def _fault(member: tarfile.TarInfo) -> str | None:
    """Why a member is not read, or None."""
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        return "leads out of the archive"
    if not member.isfile():
        return "is a link or a device, not a file"
    return None


def _parted(name: str) -> tuple[str, str]:
    """The name of the sample and the ending, which begins at the first dot.

    >>> _parted("train/0001.seg.png")
    ('train/0001', 'seg.png')
    """
    folder, _, file = name.rpartition("/")
    stem, _, ending = file.partition(".")
    return (f"{folder}/{stem}" if folder else stem), ending.lower()


def _suffix(ending: str) -> str:
    return ending.rpartition(".")[2]


def _light(member: Member | None) -> Any:
    if member is None:
        return None
    reader = _LIGHT[_suffix(member.name.lower())]
    try:
        return reader(member.read())
    except (UnicodeDecodeError, ValueError) as error:
        return Broken(f"not readable: {error}", member.name)


def _heavy(member: Member | None, ending: str) -> Any:
    if member is None:
        return None
    data = member.read()
    if _suffix(ending) != "npy":
        return data
    try:
        return array_from(data)
    except Unreadable as fault:
        return Broken(fault.reason, member.name)


def _text(data: bytes) -> str:
    return data.decode()


def _number(data: bytes) -> int:
    return int(data.decode().strip())


_LIGHT: Mapping[str, Callable[[bytes], Any]] = {
    "txt": _text,
    "text": _text,
    "transcript": _text,
    "cls": _number,
    "cls2": _number,
    "index": _number,
    "id": _text,
    "json": json.loads,
    "jsn": json.loads,
}
