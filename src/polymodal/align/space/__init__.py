"""One frame: named frames of coordinates, transforms between them, and what finds them.

>>> from polymodal.align import space
>>> slide = space.Frame("slide", size=(4000, 3000), resolution=0.5)
>>> space.scaling(slide, "micrometre").points([[100, 20]])
array([[50., 10.]])
"""

from polymodal.align.space.by_expression.spot_matching import expression
from polymodal.align.space.by_expression.spots import Spots
from polymodal.align.space.by_landmarks.landmarks import landmarks
from polymodal.align.space.by_pictures.pictures import pictures
from polymodal.align.space.by_shape.point_clouds import clouds
from polymodal.align.space.cameras.attach import Attached, attach
from polymodal.align.space.cameras.calibration import pose, read_kitti
from polymodal.align.space.cameras.projection import Projection
from polymodal.align.space.copying import Copied, Neighbours, copy, nearest
from polymodal.align.space.frames import Frame
from polymodal.align.space.registration import Pairs, Registration, Views
from polymodal.align.space.soft_match import SoftMatch
from polymodal.align.space.transform import Transform
from polymodal.align.space.transforms.affine import Affine
from polymodal.align.space.transforms.chain import Chain
from polymodal.align.space.transforms.displacement import Displacement
from polymodal.align.space.transforms.inverse import Inverse
from polymodal.align.space.transforms.pinhole import Pinhole
from polymodal.align.space.transforms.thin_plate_spline import ThinPlateSpline
from polymodal.align.space.units import resizing, scaling
from polymodal.align.space.verdict import Spread, Verdict

__all__ = [
    "Affine",
    "Attached",
    "Chain",
    "Copied",
    "Displacement",
    "Frame",
    "Inverse",
    "Neighbours",
    "Pairs",
    "Pinhole",
    "Projection",
    "Registration",
    "SoftMatch",
    "Spots",
    "Spread",
    "ThinPlateSpline",
    "Transform",
    "Verdict",
    "Views",
    "attach",
    "clouds",
    "copy",
    "expression",
    "landmarks",
    "nearest",
    "pictures",
    "pose",
    "read_kitti",
    "resizing",
    "scaling",
]
