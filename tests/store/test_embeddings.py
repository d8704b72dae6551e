"""Kept vectors: the same bits with and without, and no kept file can do harm."""

import multiprocessing
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polymodal.store import embeddings
from polymodal.store.embeddings import cache_directory, clear, embed_cached

TEXTS = [f"text {i}" for i in range(20)]


class Hashing:
    """Random but fixed vectors; counts the samples it was asked for."""

    width = 3

    def __init__(self, fingerprint: str = "a") -> None:
        self.fingerprint, self.asked = fingerprint, 0

    def embed(self, samples: Sequence[Any]) -> np.ndarray:
        self.asked += len(samples)
        rows = [np.random.default_rng(list(embeddings.digest_of(sample))).normal(size=3) for sample in samples]
        return np.array(rows, dtype=np.float32)


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "_warned", set())


def shards(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


def test_warm_is_cold_bit_for_bit(tmp_path: Path) -> None:
    embedder = Hashing()
    cold = embed_cached(embedder, TEXTS, tmp_path)
    np.testing.assert_array_equal(cold, Hashing().embed(TEXTS))
    assert embedder.asked == 20
    np.testing.assert_array_equal(embed_cached(embedder, TEXTS, tmp_path), cold)
    np.testing.assert_array_equal(embed_cached(embedder, [*TEXTS[::-1], "new"], tmp_path)[:-1], cold[::-1])
    assert embedder.asked == 21


def test_encoders_are_kept_apart(tmp_path: Path) -> None:
    other = Hashing("b")
    embed_cached(Hashing("a"), TEXTS, tmp_path)
    embed_cached(other, TEXTS, tmp_path)
    assert other.asked == 20


def test_equal_samples_are_computed_once_and_unlike_ones_apart(tmp_path: Path) -> None:
    embedder = Hashing()
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    samples = [picture, picture.copy(), picture.reshape(4, 2, 3), picture.astype(np.int16), picture[:, ::-1]]
    vectors = embed_cached(embedder, samples, tmp_path)
    np.testing.assert_array_equal(vectors[0], vectors[1])
    assert len(np.unique(vectors, axis=0)) == embedder.asked == 4


@given(st.lists(st.text(max_size=3), max_size=20))
def test_any_strings(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("cache")
    expected = Hashing().embed(texts).reshape(-1, 3)
    for _ in range(2):
        np.testing.assert_array_equal(embed_cached(Hashing(), texts, folder), expected)


def test_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "_SAMPLES_PER_SHARD", 8)
    seen: list[tuple[int, int]] = []
    embed_cached(Hashing(), TEXTS[:12], tmp_path)
    embed_cached(Hashing(), TEXTS, tmp_path, progress=lambda done, all_: seen.append((done, all_)))
    assert seen == [(8, 20), (16, 20), (20, 20)]


def test_a_kill_loses_one_shard_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "_SAMPLES_PER_SHARD", 10)
    monkeypatch.setattr(Hashing, "embed", _killed_after_ten)
    with pytest.raises(KeyboardInterrupt):
        embed_cached(Hashing(), TEXTS, tmp_path)
    monkeypatch.undo()
    embedder = Hashing()
    embed_cached(embedder, TEXTS, tmp_path)
    assert embedder.asked == 10


def _killed_after_ten(self: Hashing, samples: Sequence[Any]) -> np.ndarray:
    if samples[0] == TEXTS[10]:
        raise KeyboardInterrupt
    return np.array([np.random.default_rng(list(embeddings.digest_of(one))).normal(size=3) for one in samples])


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped", "other width", "foreign"])
def test_damaged_shard_is_computed_again(tmp_path: Path, damage: str) -> None:
    expected = embed_cached(Hashing(), TEXTS, tmp_path)
    (path,) = shards(tmp_path)
    data = path.read_bytes()
    embeddings._rows.cache_clear()  # as in a process that has not read it yet
    if damage == "cut":
        path.write_bytes(data[:-50])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "flipped":
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif damage == "other width":
        path.write_bytes(data.replace(b"[20,3]", b"[3,20]"))
    else:
        path.write_bytes(b"\x10\0\0\0\0\0\0\0" + b'{"__metadata__":{}}')
    with pytest.warns(UserWarning, match="damaged file of kept embeddings, computed again"):
        again = embed_cached(Hashing(), TEXTS, tmp_path)
    np.testing.assert_array_equal(again, expected)
    healed = Hashing()
    embed_cached(healed, TEXTS, tmp_path)
    assert healed.asked == 0


def test_disk_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with open(self, "wb") as file:
            file.write(data[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.warns(UserWarning, match="not kept.*No space left") as caught:
        vectors = [embed_cached(Hashing(), TEXTS, tmp_path) for _ in range(3)]
    assert len(caught) == 1
    np.testing.assert_array_equal(vectors[2], Hashing().embed(TEXTS))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_cache_that_cannot_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="not kept") as caught:
        vectors = [embed_cached(Hashing(), TEXTS, tmp_path / "file") for _ in range(2)]
    assert len(caught) == 1
    np.testing.assert_array_equal(vectors[1], Hashing().embed(TEXTS))


def test_read_only_cache_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embed_cached(Hashing(), TEXTS, tmp_path)

    def refuse(*arguments: Any) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "utime", refuse)
    embedder = Hashing()
    embed_cached(embedder, TEXTS, tmp_path)
    assert embedder.asked == 0


def test_size_is_bounded_and_the_longest_unused_go_first(tmp_path: Path) -> None:
    embed_cached(Hashing("old"), TEXTS, tmp_path)
    embed_cached(Hashing("used"), TEXTS, tmp_path)
    size = shards(tmp_path)[0].stat().st_size
    for path in shards(tmp_path):
        os.utime(path, (1, 1))
    embed_cached(Hashing("used"), TEXTS, tmp_path)
    embed_cached(Hashing("new"), TEXTS, tmp_path, limit=2 * size)
    kept = {path.parent.name for path in shards(tmp_path)}
    assert kept == {"used", "new"}
    assert clear(tmp_path) == 2 * size
    assert not shards(tmp_path)


def test_left_over_temporary_file_goes(tmp_path: Path) -> None:
    embed_cached(Hashing(), TEXTS[:10], tmp_path)
    abandoned, running = (shards(tmp_path)[0].parent / name for name in ("abandoned.tmp", "running.tmp"))
    abandoned.write_bytes(b"half")
    running.write_bytes(b"half")
    os.utime(abandoned, (1, 1))
    embed_cached(Hashing(), TEXTS, tmp_path)
    assert not abandoned.exists()
    assert running.exists()


# Another test of this process may have loaded Lance, which warns of any fork; these children have no use for it.
@pytest.mark.filterwarnings("ignore:lance is not fork-safe")
def test_processes_share_a_cache(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "fork")
    workers = [context.Process(target=_work, args=(tmp_path, seed)) for seed in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    embedder = Hashing()
    np.testing.assert_array_equal(embed_cached(embedder, TEXTS, tmp_path), Hashing().embed(TEXTS))
    assert embedder.asked == 0


def _work(folder: Path, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(TEXTS))
    texts = [TEXTS[i] for i in order]
    for start in (0, 8):
        some = texts[start:]
        np.testing.assert_array_equal(embed_cached(Hashing(), some, folder), Hashing().embed(some))


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "here"))
    assert cache_directory() == tmp_path / "here"
    embed_cached(Hashing(), TEXTS)
    assert len(shards(tmp_path / "here" / "embeddings" / "a")) == 1
    monkeypatch.delenv("POLYMODAL_CACHE")
    assert cache_directory().name == "polymodal"
