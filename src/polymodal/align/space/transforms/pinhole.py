"""Cameras: where points in space are seen in a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy.linalg import rq

from polymodal.align._numbers import floats
from polymodal.align.space._arrays import decoded, encoded
from polymodal.align.space._points import checked, listed
from polymodal.align.space.cameras.projection import Projection
from polymodal.align.space.frames import Frame
from polymodal.align.space.transform import Transform
from polymodal.align.space.transforms._lens import Lens
from polymodal.align.space.transforms.affine import Affine
from polymodal.errors import DataError, SettingError
from polymodal.registry import TRANSFORMS

_COUNTS = {False: (0, 4, 5, 8), True: (0, 1, 2, 3, 4)}


@TRANSFORMS.register("pinhole")
@dataclass(frozen=True, eq=False, repr=False)
class Pinhole(Transform):
    """A camera: focal lengths and principal point, lens distortion, and where it stands.

    An affine transform before it, `lidar_to_camera.then(camera)`, makes a camera for points of the lidar.

    Attributes:
        matrix: `[3, 3]` intrinsics, in pixels: focal lengths on the diagonal, the principal point in the last column.
        source: the 3-D frame the points are in, such as that of a lidar.
        target: the frame of the picture, with its size where what is seen is asked for.
        pose: `[3, 4]` or `[4, 4]` from the source to the camera's axes: x right, y down, z forward; none by default.
        distortion: k1, k2, p1, p2[, k3[, k4, k5, k6]] as OpenCV has them (Brown 1971); with `fisheye` up to four
            coefficients of the angle from the axis (Kannala & Brandt 2006).
        fisheye: whether the lens is one.

    Raises SettingError for what is no camera.

    >>> camera = Pinhole([[100, 0, 50], [0, 100, 40], [0, 0, 1]], Frame("lidar", "metre", dimensions=3), Frame("photo"))
    >>> camera.points([[0.5, 0.0, 2.0]]), camera.back([[75, 40]], [2.0])
    (array([[75., 40.]]), array([[0.5, 0. , 2. ]]))
    >>> camera.project([[0.5, 0, 2], [0, 0, -1]])
    1 of 2 points are seen
    """

    kind = "pinhole"
    matrix: np.ndarray
    source: Frame
    target: Frame
    pose: Any = field(default_factory=lambda: np.eye(4))
    distortion: Sequence[float] = ()
    fisheye: bool = False

    def __post_init__(self) -> None:
        faults = []
        if self.source.dimensions != 3 or self.target.dimensions != 2 or self.target.unit != "pixel":
            faults.append(f"a camera leads from 3-D to a picture in pixels, not from {self.source} to {self.target}")
        matrix, pose = floats(self.matrix, "matrix"), floats(self.pose, "pose")
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            faults.append(f"matrix is [3, 3] finite numbers, not {list(matrix.shape)}; Pinhole.of takes whole "
                          "projections [3, 4]")  # fmt: skip
        elif min(matrix[0, 0], matrix[1, 1]) <= 0 or not np.allclose(matrix[[1, 2, 2, 2], [0, 0, 1, 2]], [0, 0, 0, 1]):
            faults.append(f"a matrix is [[fx, skew, cx], [0, fy, cy], [0, 0, 1]], not {matrix.tolist()}; Pinhole.of "
                          "takes whole projections")  # fmt: skip
        if pose.shape == (3, 4):
            pose = np.concatenate([pose, np.eye(4)[-1:]])
        if pose.shape != (4, 4) or not np.isfinite(pose).all() or abs(np.linalg.det(pose)) < 1e-12:
            faults.append("pose is [3, 4] or [4, 4], finite, and with a way back")
        elif not np.array_equal(pose[3], [0, 0, 0, 1]):
            faults.append(f"the last row of a pose is [0, 0, 0, 1], not {pose[3].tolist()}")
        numbers = floats(self.distortion, "distortion")
        if numbers.ndim != 1 or len(numbers) not in _COUNTS[self.fisheye] or not np.isfinite(numbers).all():
            counts = "up to 4" if self.fisheye else "none, 4, 5 or 8"
            faults.append(f"distortion has {counts} coefficients, not {list(numbers.shape)}")
        if faults:
            raise SettingError("not a camera:" + "".join(f"\n  - {fault}" for fault in faults))
        for name, value in (("matrix", matrix), ("pose", pose)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "distortion", tuple(float(one) for one in numbers))

    @classmethod
    def of(cls, projection: Any, source: Frame, target: Frame, **lens: Any) -> Pinhole:
        """From a whole projection `[3, 3]`, `[3, 4]` or `[4, 4]`, taken apart into camera and pose (RQ decomposition).

        So calibrations of KITTI (P2 R0 Tr), "lidar2img" and the like are read; `lens` is distortion and fisheye.
        """
        whole = floats(projection, "projection")
        if whole.shape not in ((3, 3), (3, 4), (4, 4)) or not np.isfinite(whole).all():
            raise SettingError(f"a projection is [3, 3], [3, 4] or [4, 4] finite numbers, not {list(whole.shape)}")
        left, right = whole[:3, :3], whole[:3, 3] if whole.shape[1] == 4 else np.zeros(3)
        if abs(np.linalg.det(left)) < 1e-12:
            raise SettingError(f"a projection whose first three columns are of rank 3, not {left.tolist()}")
        intrinsic, turned = rq(left)
        signs = np.sign(np.diagonal(intrinsic))
        intrinsic, turned = intrinsic * signs, signs[:, None] * turned
        scale = intrinsic[2, 2]
        shift = np.linalg.solve(intrinsic, right)
        pose = np.concatenate([turned, shift[:, None]], axis=1)
        return cls(np.triu(intrinsic / scale), source, target, pose, **lens)

    @cached_property
    def lens(self) -> Lens:
        """What bends straight lines."""
        return Lens(tuple(self.distortion), self.fisheye)

    @property
    def lost(self) -> str:
        return "are behind the camera, or where its lens does not reach; project() says which are seen"

    def __repr__(self) -> str:
        fx, fy = self.matrix[0, 0], self.matrix[1, 1]
        lens = ", fisheye" if self.fisheye else ", with distortion" if any(self.distortion) else ""
        return f"{super().__repr__()}: focal lengths {fx:.5g} and {fy:.5g} pixels{lens}"

    def project(self, points: Any) -> Projection:
        """Where points `[n, 3]` of the source are in the picture, how far away, and which of them it shows."""
        given = checked(points, 3)
        pixels, seen = self.forward(given)
        depth = given @ self.pose[2, :3] + self.pose[2, 3]
        if self.target.size is not None:
            seen = seen & (pixels >= -0.5).all(axis=1) & (pixels < np.array(self.target.size) - 0.5).all(axis=1)
        return Projection(pixels, depth, seen, self.target.size)

    def back(self, pixels: Any, depth: Any) -> np.ndarray:
        """`[n, 3]` points of the source that are seen at pixels `[n, 2]`, `depth` `[n]` before the camera (its z axis).

        Raises DataError for depths that are not more than 0, and pixels that no point is seen at.
        """
        places = checked(pixels, 2, "pixels")
        depths = floats(depth, "depth")
        if depths.shape != (len(places),) or not np.isfinite(depths).all() or (depths <= 0).any():
            raise DataError(
                f"depth is [{len(places)}] numbers above 0, one for each pixel, along the axis of the camera"
            )
        rays, found = self.lens.flat(self._off_sensor(places))
        if not found.all():
            raise DataError(f"{(~found).sum():,} of {len(found):,} pixels are where the lens shows nothing (rows "
                            f"{listed(np.flatnonzero(~found))})")  # fmt: skip
        camera = np.concatenate([rays, np.ones((len(rays), 1))], axis=1) * depths[:, None]
        return np.linalg.solve(self.pose[:3, :3], (camera - self.pose[:3, 3]).T).T

    def inverse(self) -> Transform:
        """Raises DataError: a picture does not say how far away things are; `back` asks for it."""
        raise DataError(f"nothing leads back from the picture {self.target.name!r} without depth, which a picture does "
                        "not show; give it to back(pixels, depth)")  # fmt: skip

    def merged(self, before: Transform) -> Transform | None:
        """A camera for points of another frame, where what leads from there is affine."""
        if not isinstance(before, Affine):
            return None
        return Pinhole(
            self.matrix, before.source, self.target, self.pose @ before.matrix, self.distortion, self.fisheye
        )

    def forward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        camera = points @ self.pose[:3, :3].T + self.pose[:3, 3]
        ahead = camera[:, 2] > 0
        safe = np.where(ahead, camera[:, 2], 1.0)
        flat = camera[:, :2] / safe[:, None]
        ahead &= np.linalg.norm(flat, axis=1) <= self.lens.reach
        bent = self.lens.bent(np.where(ahead[:, None], flat, 0.0))
        return bent @ self.matrix[:2, :2].T + self.matrix[:2, 2], ahead

    def backward(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.inverse()
        raise AssertionError("a camera has no inverse")

    def slope(self, points: np.ndarray) -> np.ndarray:
        camera = points @ self.pose[:3, :3].T + self.pose[:3, 3]
        z = camera[:, 2]
        flat = camera[:, :2] / z[:, None]
        onto = np.zeros((len(points), 2, 3))
        onto[:, [0, 1], [0, 1]] = 1 / z[:, None]
        onto[:, :, 2] = -flat / z[:, None]
        total: np.ndarray = self.matrix[:2, :2] @ self.lens.slope(flat) @ onto @ self.pose[:3, :3]
        return total

    def fields(self) -> dict[str, Any]:
        arrays = {name: encoded(np.asarray(getattr(self, name))) for name in ("matrix", "pose", "distortion")}
        return {**arrays, "fisheye": self.fisheye}

    @classmethod
    def made_from(cls, fields: Mapping[str, Any], source: Frame, target: Frame) -> Pinhole:
        matrix, pose = (decoded(fields[name], name, 2) for name in ("matrix", "pose"))
        distortion = decoded(fields["distortion"], "distortion", 1)
        if not isinstance(fields["fisheye"], bool):
            raise DataError(f"fisheye is true or false, not {fields['fisheye']!r}")
        return cls(matrix, source, target, pose, tuple(distortion), fields["fisheye"])

    def _off_sensor(self, pixels: np.ndarray) -> np.ndarray:
        return np.linalg.solve(self.matrix[:2, :2], (pixels - self.matrix[:2, 2]).T).T
