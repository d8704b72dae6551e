"""The bytes of cells where they were read, which Arrow would copy to hand them out one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa


def views(cells: pa.ChunkedArray) -> Iterator[memoryview | None]:
    """Of each binary or text cell; None for a null.

    >>> [None if one is None else bytes(one) for one in views(pa.chunked_array([["calm", None], ["", "rain"]]))]
    [b'calm', None, b'', b'rain']
    """
    for chunk in cells.chunks:
        memory, ends = spans(chunk)
        pairs = zip(ends[:-1].tolist(), ends[1:].tolist(), chunk.is_valid().tolist(), strict=True)
        yield from (memory[start:end] if here else None for start, end, here in pairs)


def spans(chunk: pa.Array) -> tuple[memoryview, np.ndarray]:
    """The memory of binary or text cells, and `[n + 1]` int64 where in it each begins and the last ends."""
    wide = chunk.cast(pa.large_binary()) if chunk.type != pa.large_binary() else chunk
    if not len(wide):
        return memoryview(b""), np.zeros(1, dtype=np.int64)
    ends = np.frombuffer(wide.buffers()[1], dtype=np.int64, count=len(wide) + 1, offset=8 * wide.offset)
    return memoryview(wide.buffers()[2] or b"").cast("B"), ends  # Arrow's own are signed
