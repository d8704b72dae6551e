"""Attach: what a picture shows at each point of a cloud, and which point each pixel shows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polymodal.align.space._points import checked
from polymodal.align.space.cameras.projection import Projection
from polymodal.align.space.transforms.pinhole import Pinhole
from polymodal.errors import ArtifactError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Attached:
    """Points with what a picture shows of them.

    Attributes:
        points: `[n, 3]` as they came.
        projection: where each is in the picture, how far away, and whether it is seen.
        values: `[n, channels]` what the picture shows there, masked where a point is not seen.
        picture: `[height, width(, channels)]`.
    """

    points: np.ndarray
    projection: Projection
    values: np.ma.MaskedArray
    picture: np.ndarray

    def __repr__(self) -> str:
        return repr(self.projection)

    def to_pandas(self) -> pd.DataFrame:
        """A row a point: x, y, z, seen, and for those seen column, row, depth and the channels; null for the others."""
        import pandas as pd  # slow to import

        seen = self.projection.seen
        names = {1: ["value"], 3: ["red", "green", "blue"]}
        flat = self.values.reshape(len(seen), -1)
        channels = names.get(flat.shape[1], [f"channel_{place}" for place in range(flat.shape[1])])
        shown = [*self.projection.pixels.T, self.projection.depth, *flat.T]
        columns: dict[str, Any] = dict(zip("xyz", self.points.T, strict=True)) | {"seen": seen}
        for name, one in zip(["column", "row", "depth", *channels], shown, strict=True):
            columns[name] = pd.array(np.ma.getdata(one), dtype="Float64")
            columns[name][~seen] = pd.NA
        return pd.DataFrame(columns)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """The points on the picture, coloured by depth: edges of things lie on edges where the calibration is right.

        Raises ArtifactError when it cannot be written to `path`.
        """
        from polymodal.align.space.cameras._attached_plot import figure  # matplotlib is slow to import

        drawn = figure(self)
        if path is not None:
            try:
                drawn.savefig(path, bbox_inches="tight", dpi=150)
            except (OSError, ValueError) as error:
                raise ArtifactError(f"cannot draw {path}: {error}") from error
        return drawn


def attach(points: Any, picture: Any, camera: Pinhole, *, hidden: float | None = None) -> Attached:
    """What a picture `[height, width(, channels)]` shows at points `[n, 3]` of the camera's source frame.

    With `hidden`, in pixels, points behind nearer ones within about so far are not seen: see
    `Projection.without_hidden`. `projection.nearest()` and `.depth_map()` of the answer go the other way, from pixels
    to points. Raises DataError for points that are absent and pictures of another size than the camera's.

    >>> from polymodal.align.space import Frame
    >>> camera = Pinhole([[10, 0, 1], [0, 10, 0], [0, 0, 1]], Frame("lidar", "metre", dimensions=3), Frame("photo"))
    >>> attach([[0.0, 0, 5], [0, 0, -5]], np.array([[10, 20, 30]]), camera).to_pandas()["value"].tolist()
    [20.0, <NA>]
    """
    given, shown = checked(points, 3), np.asarray(picture)
    seen = camera.project(given)
    if hidden is not None:
        seen = seen.without_hidden(hidden)
    values = seen.read(shown)
    if seen.size is None:  # then the picture says what is inside it
        width, height = shown.shape[1::-1]
        inside = (seen.pixels >= -0.5).all(axis=1) & (seen.pixels < np.array([width, height]) - 0.5).all(axis=1)
        seen = Projection(seen.pixels, seen.depth, seen.seen & inside, (width, height))
    return Attached(given, seen, values, shown)
