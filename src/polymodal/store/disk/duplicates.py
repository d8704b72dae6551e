"""Which rows came before: equal to the last bit, or the same but for pictures that look alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

DIGEST, HASH = 16, 8  # bytes of what must be equal, and of the hash of one picture
MOST_BITS = 7


class Seen:
    """The rows met so far, by content: a digest, then 8 bytes of perceptual hash for each picture.

    Two rows are the same when their digests are equal and each pair of hashes differs in at most `near` bits. Of
    hashes cut into `near + 1` pieces one piece must then be equal, so only rows with an equal piece are compared.

    >>> seen = Seen(near=2)
    >>> seen.before(b"d" * 16 + bytes(8), 0), seen.before(b"d" * 16 + bytes(7) + b"\\x03", 1)
    (None, 0)
    """

    def __init__(self, near: int) -> None:
        self.near = near
        self._exact: dict[bytes, int] = {}
        self._pieces: dict[tuple[bytes, int, bytes], list[int]] = defaultdict(list)
        self._contents: list[tuple[np.ndarray, int]] = []

    def before(self, content: bytes, row: int) -> int | None:
        """The first row of the same content, or None, and the row is remembered; empty content is like nothing."""
        if not content:
            return None
        if content in self._exact:
            return self._exact[content]
        self._exact[content] = row
        if not self.near or len(content) == DIGEST:
            return None
        digest, bits = content[:DIGEST], np.unpackbits(np.frombuffer(content[DIGEST:], dtype=np.uint8))
        keys = [(digest, place, piece.tobytes()) for place, piece in enumerate(self._cut(bits))]
        for candidate in sorted({one for key in keys for one in self._pieces.get(key, ())}):
            other, first = self._contents[candidate]
            if ((bits != other).reshape(-1, HASH * 8).sum(axis=1) <= self.near).all():
                self._exact[content] = first
                return first
        for key in keys:
            self._pieces[key].append(len(self._contents))
        self._contents.append((bits, row))
        return None

    def remember(self, batches: Iterable[pa.RecordBatch], row: str, content: str) -> None:
        """Rows that are on disk; `row` and `content` are the columns of their numbers and of what they hold."""
        for batch in batches:
            for number, held in zip(batch[row].to_pylist(), batch[content].to_pylist(), strict=True):
                self.before(held, number)

    def _cut(self, bits: np.ndarray) -> list[np.ndarray]:
        """Pieces of the first picture: what differs too much there need not be looked at further."""
        return np.array_split(bits[: HASH * 8], self.near + 1)
