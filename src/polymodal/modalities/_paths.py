"""Path cells: resolved inside the folder given as `files=`, and nowhere else."""

from __future__ import annotations

from pathlib import Path

from polymodal.schema.cells import Unreadable


def resolve(cell: str, files: Path | None) -> Path:
    """The file that a path cell names.

    Raises Unreadable for an address, a path without a folder to start from, a path that leaves the folder
    (by `..`, by a link or by being absolute), and a file that is not there.
    """
    if "://" in cell[:16]:
        raise Unreadable("addresses are not fetched; download the file and give its path", cell)
    if files is None:
        raise Unreadable("a path needs the folder it starts from; give files=FOLDER", cell)
    if "\0" in cell:
        raise Unreadable("a path cannot hold a null character", cell.replace("\0", "\\0"))
    root = files.resolve()
    try:
        path = (root / cell).resolve()
        inside, there = path.is_relative_to(root), path.is_file()
    except (OSError, RuntimeError) as error:  # a name too long for the file system, a loop of links
        raise Unreadable(f"not a usable path: {error}", cell[:200]) from error
    if not inside:
        raise Unreadable(f"the path leads out of files={files}", cell)
    if not there:
        raise Unreadable("no such file", str(path))
    return path
