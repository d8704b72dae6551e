"""Vectors of frozen encoders kept on disk: a sample is embedded once, whichever fit or process asks again.

Under the cache directory (`POLYMODAL_CACHE`, else the platform's, such as ~/.cache/polymodal) each encoder has a
folder named by its fingerprint. It holds shards: safetensors files of `keys [n, 32]` (sha256 of a sample) and
`vectors [n, E]`, written to a temporary name and moved into place, and never changed after. So readers need no lock,
a killed writer leaves nothing half-written, and two writers at worst both keep a vector.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from polymodal.schema.modality import Modality

LIMIT_BYTES = 4 * 2**30
_SAMPLES_PER_SHARD = 1024  # what a kill can lose
_WORTH_KEEPING = 8  # a shard for fewer costs every later reader more than computing them again
_STALE_SECONDS = 3600

_warned: set[Path] = set()


class Embeds(Protocol):
    """What is asked of an encoder here."""

    width: int

    @property
    def fingerprint(self) -> str:
        """Equal for encoders that give equal vectors, and only for them."""

    def embed(self, samples: Sequence[Any]) -> np.ndarray:
        """Vectors `[n, width]`."""

    def export(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Weights by name and a JSON-able config."""


@runtime_checkable
class Resumes(Embeds, Protocol):
    """An encoder whose last layers go on learning: it gives states too, which are not kept on disk."""

    @property
    def carrier(self) -> Any:
        """The modality that packs what `states` gives."""

    def states(self, samples: Sequence[Any]) -> list[np.ndarray]:
        """One flat array a sample."""


def cache_directory() -> Path:
    """Where vectors are kept: `POLYMODAL_CACHE` if set, else the user's cache directory of the platform."""
    named = os.environ.get("POLYMODAL_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "polymodal"
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "polymodal"


def embed_cached(
    embedder: Embeds,
    samples: Sequence[Any],
    directory: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    limit: int = LIMIT_BYTES,
) -> np.ndarray:
    """Vectors `[n, E]` of strings or arrays, each distinct sample computed once and then read from disk.

    The cache stays below `limit` bytes: the shards longest unused go first. A damaged shard is computed again, and a
    disk that is full or read-only means no cache; each gives a warning and the same vectors.

    Args:
        directory: the cache; `cache_directory()` when None.
        progress: called with how many distinct samples are done, and how many there are.

    >>> import tempfile
    >>> class Length:
    ...     width, fingerprint = 1, "length"
    ...     def embed(self, samples):
    ...         return np.array([[len(sample)] for sample in samples], dtype=np.float32)
    >>> embed_cached(Length(), ["calm", "storm", "calm"], tempfile.mkdtemp()).tolist()
    [[4.0], [5.0], [4.0]]
    """
    keys = [digest_of(sample) for sample in samples]
    first = {key: position for position, key in reversed(list(enumerate(keys)))}
    folder = Path(directory or cache_directory()) / "embeddings" / embedder.fingerprint
    known = _lookup(folder, set(first), embedder.width)
    wanted = [key for key in dict.fromkeys(keys) if key not in known]
    if progress is not None and first:
        progress(len(known), len(first))
    for start in range(0, len(wanted), _SAMPLES_PER_SHARD):
        some = wanted[start : start + _SAMPLES_PER_SHARD]
        vectors = np.asarray(embedder.embed([samples[first[key]] for key in some]), dtype=np.float32)
        if len(some) >= _WORTH_KEEPING:
            _write(folder, some, vectors, limit)
        known.update(zip(some, vectors, strict=True))
        if progress is not None:
            progress(len(known), len(first))
    found = [known[key] for key in keys]
    return np.stack(found) if found else np.zeros((0, embedder.width), dtype=np.float32)


def clear(directory: Path | str | None = None) -> int:
    """Delete every kept vector; returns the bytes freed.

    >>> import tempfile
    >>> clear(tempfile.mkdtemp())
    0
    """
    freed = 0
    for path, size, _ in _shards(Path(directory or cache_directory()) / "embeddings"):
        freed += size
        path.unlink(missing_ok=True)
    return freed


def key_of(embedder: Embeds, modality: Modality) -> str:
    """What vectors in a store are found by: equal for equal encoders that read cells with equal settings.

    `modality` is as the encoder wants it (`suited`).
    """
    read = {name: one for name, one in modality.settings.items() if name not in ("encoder", "pretrained")}
    return hashlib.sha256(f"{embedder.fingerprint} {json.dumps(read, sort_keys=True)}".encode()).hexdigest()


def digest_of(sample: str | np.ndarray) -> bytes:
    """32 bytes, equal for equal samples and only for them."""
    if isinstance(sample, str):
        return hashlib.sha256(b"str " + sample.encode("utf-8", "surrogatepass")).digest()
    array = np.ascontiguousarray(sample)
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape} ".encode())
    digest.update(array.data)
    return digest.digest()


def _lookup(folder: Path, keys: set[bytes], width: int) -> dict[bytes, np.ndarray]:
    known: dict[bytes, np.ndarray] = {}
    try:
        paths = sorted(folder.glob("*.safetensors"))
    except OSError as error:
        _warn_once(folder, error)
        return known
    for path in paths:
        try:
            rows = _rows(path)
            hits = keys & rows.keys() - known.keys()
            if not hits:
                continue
            vectors = _vectors(path, width)
            known.update((key, vectors[rows[key]]) for key in hits)
        except (FileNotFoundError, PermissionError):
            continue  # another process made room, or it is another user's
        except (OSError, SafetensorError, ValueError, KeyError, IndexError) as error:
            warnings.warn(f"damaged file of kept embeddings, computed again: {path} ({error})", stacklevel=3)
            _remove(path)
            continue
        with suppress(OSError):  # a read-only cache is still good to read
            os.utime(path)
    return known


@lru_cache(maxsize=256)  # shards never change; one row must not cost a reading of them all
def _rows(path: Path) -> dict[bytes, int]:
    with safe_open(path, framework="numpy") as shard:
        return {key.tobytes(): row for row, key in enumerate(shard.get_tensor("keys"))}


def _vectors(path: Path, width: int) -> np.ndarray:
    with safe_open(path, framework="numpy") as shard:
        vectors: np.ndarray = shard.get_tensor("vectors")
        checksum = _checksum(shard.get_tensor("keys"), vectors)
        stated = (shard.metadata() or {}).get("sha256")
    if vectors.shape[1:] != (width,) or checksum != stated:
        raise ValueError("its checksum does not match")
    return vectors


def _write(folder: Path, keys: list[bytes], vectors: np.ndarray, limit: int) -> None:
    name = uuid.uuid4().hex
    temporary = folder / f"{name}.tmp"
    arrays = {"keys": np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(-1, 32), "vectors": vectors}
    data = save(arrays, metadata={"sha256": _checksum(arrays["keys"], vectors)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(folder.parent, limit - len(data))
        temporary.write_bytes(data)
        temporary.replace(folder / f"{name}.safetensors")
    except OSError as error:
        _warn_once(folder, error)
        _remove(temporary)


def _checksum(keys: np.ndarray, vectors: np.ndarray) -> str:
    return hashlib.sha256(keys.tobytes() + vectors.tobytes()).hexdigest()


def _make_room(root: Path, limit: int) -> None:
    shards = sorted(_shards(root), key=lambda shard: shard[2])
    total = sum(size for _, size, _ in shards)
    for path, size, used in shards:
        abandoned = path.suffix == ".tmp" and time.time() - used > _STALE_SECONDS
        if abandoned or total > limit:
            _remove(path)
            total -= size


def _shards(root: Path) -> list[tuple[Path, int, float]]:
    """Every file of the cache, its bytes, and when it was last used."""
    found = []
    for path in root.glob("*/*"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        found.append((path, status.st_size, status.st_mtime))
    return found


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        _warn_once(path.parent, error)


def _warn_once(folder: Path, error: OSError) -> None:
    if folder not in _warned:
        _warned.add(folder)
        warnings.warn(f"embeddings are not kept, {folder} cannot be used: {error}", stacklevel=4)
