"""Calibrations as data sets write them: quaternions with a shift, and the text files of KITTI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.spatial.transform import Rotation

from polymodal.align._numbers import floats
from polymodal.align.space.frames import Frame
from polymodal.align.space.transforms.affine import Affine
from polymodal.align.space.transforms.pinhole import Pinhole
from polymodal.errors import DataError, SettingError

_LENGTHS = {"P": 12, "R0_rect": 9, "Tr_velo_to_cam": 12}


def pose(
    rotation: Any, translation: Any, source: Frame, target: Frame, *, order: Literal["wxyz", "xyzw"] = "wxyz"
) -> Affine:
    """Where one sensor is in the frame of another: `target = rotation @ source + translation`.

    `rotation` is a quaternion, (w, x, y, z) as in nuScenes or by `order` (x, y, z, w) as in ROS, or a matrix `[3, 3]`.
    Poses chain: lidar to vehicle, then vehicle to world when the lidar turned, then back from the world to the vehicle
    when the shutter opened, then to the camera. Raises SettingError for what is no rotation.

    >>> lidar, car = (Frame(name, "metre", dimensions=3) for name in ("lidar", "car"))
    >>> pose([np.sqrt(0.5), 0, 0, np.sqrt(0.5)], [1, 0, 2], lidar, car).points([[3, 0, 0]]).round(9)
    array([[1., 3., 2.]])
    """
    given = floats(rotation, "rotation")
    if order not in ("wxyz", "xyzw"):
        raise SettingError(f"order={order!r} is 'wxyz' or 'xyzw'")
    if given.shape == (4,):
        if not np.isfinite(given).all() or abs(np.linalg.norm(given) - 1) > 1e-2:
            raise SettingError(f"a quaternion has length 1, and {given.tolist()} has {np.linalg.norm(given):.4g}")
        turned = Rotation.from_quat(np.roll(given, -1) if order == "wxyz" else given).as_matrix()
    elif given.shape == (3, 3):
        if not np.allclose(given @ given.T, np.eye(3), atol=1e-3) or np.linalg.det(given) < 0:
            raise SettingError(f"a rotation keeps lengths and does not mirror; this matrix does not: {given.tolist()}")
        turned = given
    else:
        raise SettingError(f"a rotation is a quaternion of 4 numbers or a matrix [3, 3], not {list(given.shape)}")
    return Affine.of(turned, translation, source, target)


def read_kitti(
    path: str | os.PathLike[str], camera: int = 2, *, source: Frame | None = None, target: Frame | None = None
) -> Pinhole:
    """The camera of a KITTI calibration file for points of the lidar: P2 R0_rect Tr_velo_to_cam.

    `camera` is 0 to 3, of which 2 is the left colour one; give `target=Frame("image_2", size=(1242, 375))` for the size
    of the picture. Raises DataError for files of another kind, with every line that is not there.
    """
    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read as a calibration: {getattr(error, 'strerror', None) or error}"
        ) from error
    told = {name.strip(): rest.split() for name, colon, rest in (line.partition(":") for line in lines) if colon}
    wanted = {f"P{camera}": _LENGTHS["P"], **{name: _LENGTHS[name] for name in ("R0_rect", "Tr_velo_to_cam")}}
    faults, read = [], {}
    for name, n in wanted.items():
        try:
            read[name] = np.array(told[name], dtype=np.float64)
        except KeyError:
            faults.append(f"no line {name!r}")
            continue
        except ValueError:
            faults.append(f"{name!r} holds what is no number")
            continue
        if len(read[name]) != n or not np.isfinite(read[name]).all():
            faults.append(f"{name!r} has {len(read[name])} numbers, and {n} finite ones are asked for")
    if faults:
        raise DataError(f"{path} is not a calibration of KITTI for camera {camera}:"
                        + "".join(f"\n  - {fault}" for fault in faults))  # fmt: skip
    level, move = np.eye(4), np.eye(4)
    level[:3, :3] = read["R0_rect"].reshape(3, 3)
    move[:3] = read["Tr_velo_to_cam"].reshape(3, 4)
    whole = read[f"P{camera}"].reshape(3, 4) @ level @ move
    lidar = source or Frame("velodyne", "metre", dimensions=3)
    return Pinhole.of(whole, lidar, target or Frame(f"image_{camera}"))
