"""Volumes out of files: NIfTI by nibabel, gzipped or not, and .npy; axes to the right, the front and up, in mm."""

from __future__ import annotations

import gzip
import io
import zlib
from typing import Any

import numpy as np

from polymodal.errors import MissingExtraError
from polymodal.modalities._npy import array_from
from polymodal.schema.cells import Unreadable

SUFFIXES = (".nii", ".nii.gz", ".npy")
_HEADERS = {348: "Nifti1Header", 540: "Nifti2Header"}  # by their length, which they begin with
_MOST_BYTES = 1 << 32  # of a file once unpacked


def from_bytes(data: bytes, path: str | None) -> tuple[np.ndarray, tuple[float, ...] | None]:
    """An array, and the size of its voxels in mm where the file tells.

    Raises Unreadable for what is no volume or not all of it, MissingExtraError without nibabel.
    """
    if not data:
        raise Unreadable("the file is empty", path)
    if data[:2] == b"\x1f\x8b":
        data = _unpacked(data, path)
    if data[:6] == b"\x93NUMPY":
        return array_from(data, path), None
    return _from_nifti(data, path)


def from_image(image: Any) -> tuple[np.ndarray, tuple[float, ...]]:
    """The same of an image of nibabel."""
    zooms = tuple(float(one) for one in image.header.get_zooms()[:3])
    return _turned(np.asanyarray(image.dataobj), zooms, image.affine, None)


def _unpacked(data: bytes, path: str | None) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            found = file.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the gzip file is cut off or damaged: {error}", path) from error
    if len(found) > _MOST_BYTES:
        raise Unreadable(f"it unpacks to more than {_MOST_BYTES:,} bytes", path)
    return found


def _from_nifti(data: bytes, path: str | None) -> tuple[np.ndarray, tuple[float, ...]]:
    try:
        import nibabel
        from nibabel.spatialimages import HeaderDataError
    except ImportError as error:
        raise MissingExtraError("reading NIfTI files", "volume") from error
    length = next((one for order in ("<i4", ">i4") for one in _HEADERS if _first(data, order) == one), None)
    if length is None or len(data) < length:
        raise Unreadable("it is no NIfTI file, or only the beginning of one", path)
    # Unchecked, since checking mends what is wrong and says so in a log only.
    header = getattr(nibabel, _HEADERS[length])(data[:length], check=False)
    if not bytes(header["magic"].item()).startswith(b"n+"):
        raise Unreadable("the voxels are in another file (.hdr and .img); convert the pair to one .nii", path)
    try:
        with np.errstate(all="ignore"):
            dtype, shape = header.get_data_dtype(), header.get_data_shape()
            slope, shift = header.get_slope_inter()
            zooms, affine = tuple(float(one) for one in header.get_zooms()[:3]), header.get_best_affine()
            count, start = int(np.prod([int(one) for one in shape], dtype=object)), int(header.get_data_offset())
    except (HeaderDataError, KeyError, ValueError, OverflowError) as error:
        raise Unreadable(f"its header is damaged: {error}", path) from error
    if dtype.kind not in "iuf":
        raise Unreadable(f"voxels are real numbers, {dtype} came", path)
    if count < 1 or start < length or start + count * dtype.itemsize > len(data):
        room = max(len(data) - start, 0) // dtype.itemsize
        raise Unreadable(f"a volume of {list(map(int, shape))} voxels was announced, {room:,} are there", path)
    array = np.frombuffer(data, dtype, count, start).reshape(shape, order="F")
    if slope is not None and (slope, shift) != (1.0, 0.0):
        with np.errstate(over="ignore", invalid="ignore"):  # what a damaged header scales beyond all is seen later
            array = array * np.float32(slope) + np.float32(shift)
    return _turned(array, zooms, affine, path)


def _turned(
    array: np.ndarray, zooms: tuple[float, ...], affine: np.ndarray, path: str | None
) -> tuple[np.ndarray, tuple[float, ...]]:
    """Axes in the order and direction that is closest to right, front, up."""
    from nibabel.orientations import apply_orientation, io_orientation

    while array.ndim > 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim == 5 and array.shape[3] == 1:  # several values a voxel stand in the fifth axis
        array = array[:, :, :, 0]
    if array.ndim not in (3, 4) or len(zooms) != 3:
        raise Unreadable(f"a volume has three axes and perhaps channels, {list(array.shape)} came", path)
    try:
        with np.errstate(all="ignore"):
            orientation = io_orientation(affine)
    except ValueError:  # what is infinite has no directions
        orientation = np.full((3, 2), np.nan)
    if np.isnan(orientation).any():
        raise Unreadable("its header gives the axes no directions", path)
    sizes = [0.0] * 3
    for axis, target in enumerate(orientation[:, 0].astype(int).tolist()):
        sizes[target] = zooms[axis]
    return apply_orientation(array, orientation), tuple(sizes)


def _first(data: bytes, order: str) -> int:
    return int(np.frombuffer(data[:4], order)[0]) if len(data) >= 4 else 0
