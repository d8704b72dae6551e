"""Compressed archives unpacked to disk, so that their members can be read in any order; no further than reasonable."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from pathlib import Path

import pyarrow as pa

from polymodal.errors import DataError

CODECS = {".tar.gz": "gzip", ".tgz": "gzip", ".tar.bz2": "bz2", ".tbz2": "bz2", ".tar.zst": "zstd", ".tzst": "zstd"}
_ALWAYS = 64 * 2**20  # bytes that any archive may hold
_TIMES = 200  # how much larger than itself; files of text come to 20, and what was made to fill a disk to 1,000
_SPARE = 2**29  # bytes of a disk that are left alone
_PIECE = 2**20


def codec_of(path: Path) -> str | None:
    """How an archive is compressed, by its name.

    >>> codec_of(Path("shards/000.TAR.GZ")), codec_of(Path("000.tar"))
    ('gzip', None)
    """
    name = path.name.lower()
    return next((codec for ending, codec in CODECS.items() if name.endswith(ending)), None)


class Unpacked:
    """The folder of unpacked archives, which goes when nobody holds it any more."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="polymodal-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        self._count = 0

    def add(self, path: Path, codec: str) -> Path:
        """The plain archive in a compressed one.

        Raises DataError for one that is broken, that unpacks to far more than it is, or for which the disk has no room.
        """
        try:
            size = path.stat().st_size
            most = max(_ALWAYS, _TIMES * size)
            room = shutil.disk_usage(self.folder).free - _SPARE
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
        target = self.folder / f"{self._count}.tar"
        self._count += 1
        written = 0
        try:
            with (
                pa.OSFile(str(path)) as file,
                pa.CompressedInputStream(file, codec) as stream,
                target.open("wb") as out,
            ):
                while piece := stream.read(_PIECE):
                    written += len(piece)
                    if written > most:
                        raise DataError(
                            f"{path} unpacks to more than {most:,} bytes, {_TIMES} times its size, which no archive of "
                            "samples does; unpack it to .tar yourself if it is to be trusted"
                        )
                    if written > room:
                        raise DataError(
                            f"{path} does not fit unpacked into {self.folder.parent}; make room there, set TMPDIR to "
                            "another place, or unpack it to .tar first"
                        )
                    out.write(piece)
        except (pa.ArrowException, OSError, EOFError) as error:
            target.unlink(missing_ok=True)
            raise DataError(f"{path} cannot be unpacked: {str(error).splitlines()[0]}") from error
        except DataError:
            target.unlink(missing_ok=True)
            raise
        return target
