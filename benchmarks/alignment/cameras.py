"""Do points of a lidar land where the pictures of the same moment show them?"""

from __future__ import annotations

import json
import time
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import polymodal as pm
from benchmarks.data import folder
from benchmarks.record import Outcome, publish

space = pm.align.space
LIDAR = space.Frame("lidar", "metre", dimensions=3)
CORNERS = np.array(list(product((-0.5, 0.5), repeat=3)))
WELL_SEEN = 0.15  # share of a thing beyond the edge of the picture
TURN = 1.0  # degree, by which the camera is turned to see what a wrong calibration costs


def frame_of(place: Path) -> dict[str, Any]:
    """What is told of the one frame in a folder."""
    [path] = place.glob("*.info.json")
    found: dict[str, Any] = json.loads(path.read_text())["data_list"][0]
    return found


def kitti(place: Path) -> list[dict[str, object]]:
    """Boxes in space, projected, against the boxes that were drawn on the picture; with the camera turned, too."""
    told = frame_of(place)
    own = told["images"]["CAM2"]
    size = own["width"], own["height"]
    points = np.fromfile(place / told["lidar_points"]["lidar_path"], np.float32).reshape(-1, 4)[:, :3]
    level, move = np.array(told["images"]["R0_rect"]), np.array(told["lidar_points"]["Tr_velo_to_cam"])
    rectified = space.Frame("rectified camera", "metre", dimensions=3)
    to_camera = space.Affine(level @ move, LIDAR, rectified)
    lines: list[dict[str, object]] = []
    for name, angle in (("KITTI", 0.0), (f"KITTI, camera turned by {TURN:g} degree", TURN)):
        half = np.radians(angle) / 2
        turn = space.pose([np.cos(half), 0, np.sin(half), 0], [0, 0, 0], rectified, rectified)
        in_picture = space.Pinhole.of(np.array(own["cam2img"]), rectified, space.Frame("picture", size=size))
        camera = to_camera.then(turn).then(in_picture)
        start = time.perf_counter()
        seen = camera.project(points)
        taken = time.perf_counter() - start
        overlaps, inside = [], []
        for thing in told["instances"]:
            if thing["bbox_label_3d"] < 0 or thing["truncated"] > WELL_SEEN:
                continue
            box, drawn = np.array(thing["bbox_3d"]), np.array(thing["bbox"])
            corners = turned_box(box)
            pixels = turn.then(in_picture).points(corners)
            overlaps.append(overlap(np.concatenate([pixels.min(axis=0), pixels.max(axis=0)]), drawn))
            held = within(to_camera.points(points), box) & seen.seen
            at = seen.pixels[held]
            inside.append(((at >= drawn[:2]) & (at <= drawn[2:])).all(axis=1).mean())
        whole = np.array(own["cam2img"]) @ level @ move
        plain = np.c_[points, np.ones(len(points))] @ whole.T
        ahead = seen.seen
        lines.append(
            {
                "": name,
                "things": len(overlaps),
                "overlap of boxes, median": float(np.median(overlaps)),
                "points of a thing inside its drawn box": float(np.mean(inside)),
                "pixels off the plain matrix product, largest": ""
                if angle
                else float(np.abs(seen.pixels[ahead] - plain[ahead, :2] / plain[ahead, 2:3]).max()),
                "metres off, there and back, largest": float(
                    np.abs(camera.back(seen.pixels[ahead], seen.depth[ahead]) - points[ahead]).max()
                ),
                "points": len(points),
                "ms": taken * 1e3,
            }
        )
    return lines


def nuscenes(place: Path) -> list[dict[str, object]]:
    """Middles of things in the frame of the lidar, in six cameras, against the pixels their own tools put them at."""
    told = frame_of(place)
    points = np.fromfile(place / told["lidar_points"]["lidar_path"], np.float32).reshape(-1, 5)[:, :3]
    middles = np.array([thing["bbox_3d"][:3] for thing in told["instances"]])
    misses, back, taken, n = [], [], 0.0, 0
    for name, own in told["images"].items():
        size = Image.open(place / own["img_path"]).size
        sensor = space.Frame(name, "metre", dimensions=3)
        photo = space.Pinhole(np.array(own["cam2img"]), sensor, space.Frame("picture", size=size))
        camera = space.Affine(np.array(own["lidar2cam"]), LIDAR, sensor).then(photo)
        start = time.perf_counter()
        seen = camera.project(points)
        taken += time.perf_counter() - start
        n += len(points)
        back.append(np.abs(camera.back(seen.pixels[seen.seen], seen.depth[seen.seen]) - points[seen.seen]).max())
        projected = camera.project(middles)
        for thing in told["cam_instances"][name]:
            far = np.abs(projected.depth - thing["depth"]) + np.linalg.norm(
                projected.pixels - thing["center_2d"], axis=1
            )
            misses.append(np.linalg.norm(projected.pixels[np.argmin(far)] - thing["center_2d"]))
    return [
        {
            "": "nuScenes, six cameras",
            "things": len(misses),
            "pixels off their middles, median": float(np.median(misses)),
            "metres off, there and back, largest": float(np.max(back)),
            "points": n,
            "ms": taken * 1e3,
        }
    ]


def turned_box(box: np.ndarray) -> np.ndarray:
    """`[8, 3]` corners of x, y, z of the middle of the floor, length, height, width, and the angle around y."""
    c, s = np.cos(box[6]), np.sin(box[6])
    scaled = CORNERS * box[[3, 4, 5]] - [0, box[4] / 2, 0]
    corners: np.ndarray = scaled @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T + box[:3]
    return corners


def within(points: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Which points are inside a box."""
    c, s = np.cos(box[6]), np.sin(box[6])
    own = (points - box[:3]) @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]) + [0, box[4] / 2, 0]
    inside: np.ndarray = (np.abs(own) <= box[[3, 4, 5]] / 2).all(axis=1)
    return inside


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two boxes x1, y1, x2, y2."""
    sides = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(sides, 0)))
    areas = [float(np.prod(box[2:] - box[:2])) for box in (one, other)]
    return shared / (sum(areas) - shared)


def main() -> None:
    place = folder("driving")
    first, turned = kitti(place / "kitti")
    lines = [first, turned, *nuscenes(place / "nuscenes")]
    headings = dict.fromkeys(key for line in lines for key in line)
    publish(
        Outcome(
            name="alignment/cameras",
            question="One frame each of KITTI and nuScenes: where do the points of the lidar land in the pictures, "
            "and the boxes that were drawn in space, against those that were drawn on the picture?",
            mark="none was set",
            is_reached=None,
            table=[{key: line.get(key, "") for key in headings} for line in lines],
            seeds="none",
            notes=[
                "KITTI: things of which at most 15 % are beyond the edge of the picture; the boxes on the picture are "
                "those of its labels. nuScenes: the middles in pixels are those of its labels, worked out there from "
                "the poses of lidar and cameras, each at its own moment."
            ],
        )
    )


if __name__ == "__main__":
    main()
