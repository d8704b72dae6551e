"""One shuffled epoch by another library: `python -m benchmarks.loading.peers NAME FOLDER RUNS` in its environment.

Each writes the rows in its own format first, then gives them shuffled in the way its documentation advises; decoding
and batches are the same for all.
"""

from __future__ import annotations

import json
import marshal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.loading import mixed

_BUFFER = 4096  # rows that are mixed, as many as in a window of ours
Epoch = Callable[[Path, int, int], Iterator[tuple[list[int], list[mixed.Row]]]]  # folder, workers, seed


def batches(samples: Iterator[tuple[int, mixed.Row]]) -> Iterator[tuple[list[int], tuple[Any, ...]]]:
    """Samples decoded, some at a time."""
    held: list[tuple[int, mixed.Row]] = []
    for sample in samples:
        held.append(sample)
        if len(held) == mixed.BATCH:
            yield [place for place, _ in held], mixed.assembled([row for _, row in held])
            held = []
    if held:
        yield [place for place, _ in held], mixed.assembled([row for _, row in held])


def as_dict(place: int, row: mixed.Row) -> dict[str, Any]:
    """A row as plain bytes; what is absent is not there."""
    cells = {n: bytes(memoryview(one).cast("B")) for n, one in zip(mixed.NAMES, row, strict=True) if one is not None}
    return {"place": place, **cells}


def as_row(sample: dict[str, Any]) -> tuple[int, mixed.Row]:
    """What `as_dict` made of a row."""
    kinds = {"sound": np.int16, "panel": np.float32, "few": np.float32}
    cells = [sample.get(name) or None for name in mixed.NAMES]
    found = [
        cell if cell is None or name not in kinds else np.frombuffer(cell, kinds[name])
        for name, cell in zip(mixed.NAMES, cells, strict=True)
    ]
    return int(sample["place"]), tuple(found)  # type: ignore[return-value]


def collated(samples: list[tuple[int, mixed.Row]]) -> tuple[list[int], tuple[Any, ...]]:
    """A batch for a DataLoader of torch."""
    return [place for place, _ in samples], mixed.assembled([row for _, row in samples])


def webdataset(folder: Path, workers: int, seed: int) -> Any:
    import webdataset
    from torch.utils.data import DataLoader

    place = folder / "webdataset"
    if not place.exists():
        place.mkdir()
        with webdataset.ShardWriter(str(place / "%04d.tar"), maxcount=2_000, verbose=0) as writer:
            for number, row in enumerate(mixed.load(folder / "rows.npz")):
                cells = {f"{name}.bin": one for name, one in as_dict(number, row).items() if name != "place"}
                writer.write({"__key__": f"{number:06d}", **cells})
    urls = sorted(map(str, place.glob("*.tar")))

    def row(sample: dict[str, Any]) -> tuple[int, mixed.Row]:
        cells = {name.split(".")[0]: one for name, one in sample.items() if not name.startswith("__")}
        return as_row({"place": int(sample["__key__"]), **cells})

    dataset = webdataset.WebDataset(urls, shardshuffle=len(urls), seed=seed, empty_check=False)
    dataset = dataset.shuffle(_BUFFER).map(row).batched(mixed.BATCH, collation_fn=collated, partial=True)
    return DataLoader(dataset, batch_size=None, num_workers=workers)


class _Mapped:
    """Samples of a library by position, as torch's DataLoader takes them."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __len__(self) -> int:
        return len(self.held)

    def __getitem__(self, place: int) -> tuple[int, mixed.Row]:
        return as_row(self.held[place])


def litdata(folder: Path, workers: int, seed: int) -> Any:
    import litdata

    place = folder / "litdata"
    if not place.exists():
        from litdata.streaming import Cache

        cache = Cache(str(place), chunk_bytes="64MB")
        for number, row in enumerate(mixed.load(folder / "rows.npz")):
            cache[number] = marshal.dumps(as_dict(number, row))
        cache.done()
        cache.merge()
    dataset = litdata.StreamingDataset(str(place), shuffle=True, seed=seed)
    load = lambda some: collated([as_row(marshal.loads(one)) for one in some])  # noqa: E731
    return litdata.StreamingDataLoader(dataset, batch_size=mixed.BATCH, num_workers=workers, collate_fn=load)


def streaming(folder: Path, workers: int, seed: int) -> Any:
    import torch
    from torch.utils.data import DataLoader

    # It imports torchvision, whose compiled half may be of another torch; none of it is used here.
    missing = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        missing.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from streaming import MDSWriter, StreamingDataset

    place = folder / "streaming"
    if not place.exists():
        columns = {"place": "int", **dict.fromkeys(mixed.NAMES, "bytes")}
        with MDSWriter(out=str(place), columns=columns) as writer:
            for number, row in enumerate(mixed.load(folder / "rows.npz")):
                writer.write({**dict.fromkeys(mixed.NAMES, b""), **as_dict(number, row)})
    dataset = StreamingDataset(local=str(place), shuffle=True, shuffle_seed=seed, batch_size=mixed.BATCH)
    load = lambda some: collated(list(map(as_row, some)))  # noqa: E731
    return DataLoader(dataset, batch_size=mixed.BATCH, num_workers=workers, collate_fn=load)


def datasets(folder: Path, workers: int, seed: int) -> Any:
    import datasets
    from torch.utils.data import DataLoader

    place = folder / "datasets"
    if not place.exists():
        rows = [as_dict(number, row) for number, row in enumerate(mixed.load(folder / "rows.npz"))]
        columns = {name: [row.get(name) for row in rows] for name in ("place", *mixed.NAMES)}
        kinds = {"place": datasets.Value("int64"), **dict.fromkeys(mixed.NAMES, datasets.Value("binary"))}
        datasets.Dataset.from_dict(columns, features=datasets.Features(kinds)).save_to_disk(str(place))
    held = _Mapped(datasets.load_from_disk(str(place)).shuffle(seed=seed))
    return DataLoader(held, batch_size=mixed.BATCH, num_workers=workers, collate_fn=collated)


def grain(folder: Path, workers: int, seed: int) -> Any:
    import grain
    from array_record.python.array_record_module import ArrayRecordWriter

    place = folder / "rows.array_record"
    if not place.exists():
        writer = ArrayRecordWriter(str(place), "group_size:1")
        for number, row in enumerate(mixed.load(folder / "rows.npz")):
            writer.write(marshal.dumps(as_dict(number, row)))
        writer.close()
    source = grain.sources.ArrayRecordDataSource(str(place))
    dataset = grain.MapDataset.source(source).seed(seed).shuffle().map(lambda one: as_row(marshal.loads(one)))
    threads = grain.ReadOptions(num_threads=max(workers, 1), prefetch_buffer_size=512)
    return dataset.to_iter_dataset(threads).batch(mixed.BATCH, drop_remainder=False, batch_fn=collated)


EPOCHS: dict[str, tuple[Callable[..., Any], dict[str, int]]] = {
    "webdataset": (webdataset, {"this process": 0, "2 processes": 2}),
    "litdata": (litdata, {"this process": 0, "2 processes": 2}),
    "streaming": (streaming, {"this process": 0, "2 processes": 2}),
    "datasets": (datasets, {"this process": 0, "2 processes": 2}),
    "grain": (grain, {"1 thread": 1, "2 threads": 2}),
}


def main() -> None:
    name, folder, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    some = mixed.load(folder / "rows.npz")[:2048]
    epoch, modes = EPOCHS[name]
    mixed.limit(some, 40)
    told = {}
    for mode, workers in modes.items():
        found, distance = [], 0.0
        for run in range(runs):
            loader = epoch(folder, workers, run)
            before = mixed.limit(some)
            places: list[int] = []
            timing = mixed.timed(lambda: (places.extend(at) or len(at) for at, _ in loader))  # noqa: B023
            found.append((timing, before, mixed.limit(some)))
            distance = float(np.abs(np.diff(places)).mean())
        told[mode] = (found, distance)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
