"""What is known of how well one picture lies on another."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from polymodal.align.space.by_pictures._refining import View
from polymodal.align.space.by_pictures._search import Fit, covered, likeness, overlap
from polymodal.align.space.verdict import Spread, Verdict

_CHECKED = 20_000  # places at which there and back again is looked at
_LEAST_SEEN = 0.25  # share of the tissue that both pictures show
_EDGE = 120  # part of the longer side: so near to its edge tissue is not compared, as all edges are alike
_LEAST_EDGE = 6  # pixels
_CUT = 0.1  # share of the outline of tissue on the rim of its picture, from which on it counts as cut
_WELL = 0.95  # overlap that speaks for the map all the same
_LARGER = 1.6  # from which on tissue is told to be larger than the other
_SCALED, _SHEARED = 0.1, 0.15  # from which on a map is doubted: sections are cut and mounted, not enlarged


def verdict(there: Fit, back: Fit | None, fixed: View, moving: View, moving_seen: np.ndarray, coarse: float) -> Verdict:
    """From both searches; lengths in micrometres, `coarse` of them per pixel."""
    shape = fixed.mask.shape
    inner = max(_LEAST_EDGE, max(shape) // _EDGE)
    channel, mask, seen = (there.moved(one, shape) for one in (moving.channel, moving.mask, moving_seen))
    moved, visible = mask > 0.5, seen > 0.5
    shown = [
        float((fixed.mask & visible).sum() / fixed.mask.sum()),
        float(moved.sum() / covered(there.matrix, moving.mask)),
    ]
    failures, doubts, remarks = _told(there, max(shown))
    both = overlap(fixed.mask & visible, moved)
    cuts = {"fixed": _cut(fixed.mask), "moving": _cut(moving.mask)}
    if max(cuts.values()) <= _CUT:
        doubts += _sizes(fixed.mask, moving.mask)
    doubts += [
        f"the tissue of the {side} picture runs over its edge for {share:.0%} of its outline: what lies beyond "
        "is not seen"
        for side, share in cuts.items()
        if share > _CUT and both < _WELL
    ]
    places = np.argwhere(fixed.mask)[:, ::-1].astype(np.float64)
    return Verdict.of(
        "micrometre",
        float(np.linalg.norm(np.ptp(places, axis=0))) * coarse,
        failures=failures,
        doubts=doubts,
        remarks=remarks,
        overlap=both,
        correlation=likeness(fixed.channel, channel, ndimage.binary_erosion(fixed.mask & moved, iterations=inner)),
        inverse_consistency=None if back is None else _round_trip(there, back, places, moving, coarse),
        folding=None if there.offsets is None else folding(there.offsets),
        second_best=None if there.second is None else max(there.second, 0.0) / max(there.score, 1e-9),
    )


def folding(offsets: np.ndarray) -> float:
    """Share of places where a field `[h, w, 2]` folds: the determinant of its Jacobian is not above 0.

    >>> folding(np.zeros((4, 4, 2))), folding(np.mgrid[:4, :4].transpose(1, 2, 0)[..., ::-1] * -2.0)
    (0.0, 0.0)
    >>> folding(np.stack([np.mgrid[:4, :4][1] * -2.0, np.zeros((4, 4))], axis=-1))
    1.0
    """
    down, across = np.gradient(offsets, axis=(0, 1))
    determinant = (1 + across[..., 0]) * (1 + down[..., 1]) - across[..., 1] * down[..., 0]
    return float((determinant <= 0).mean())


def _told(there: Fit, shown: float) -> tuple[list[str], list[str], list[str]]:
    failures, doubts, remarks = [], [], []
    if there.is_lost:
        failures.append("the pictures part in the search: no map of one onto the other is better than the first guess")
    if shown < _LEAST_SEEN:
        failures.append(
            f"the pictures hardly overlap: of the tissue of either no more than {shown:.0%} lies within the other"
        )
    if there.is_far_better_mirrored:
        failures.append(
            f"turned over, the moving picture fits far better ({there.mirrored:.2f} against {there.score:.2f}, of 2): "
            "the section lies face down, or its rows and columns are swapped. Ask again with mirror='allow'"
        )
    if there.is_mirrored:
        remarks.append(
            "the moving picture is turned over by the map: the section lay face down, or rows and columns are swapped"
        )
    large, small = np.linalg.svd(there.matrix[:, :2], compute_uv=False)
    scale = float(np.sqrt(large * small))
    if abs(np.log(scale)) > np.log1p(_SCALED):
        doubts.append(
            f"by the map lengths of the moving picture are {scale:.3g} times what its resolution says; one of the "
            "resolutions may be wrong"
        )
    if large / small > 1 + _SHEARED:
        doubts.append(f"the map stretches one way {large / small:.3g} times as much as the other")
    return failures, doubts, remarks


def _sizes(fixed: np.ndarray, moving: np.ndarray) -> list[str]:
    """A doubt where one tissue, whole in its picture, is far larger than the other: units are mixed up so."""
    times = float(np.sqrt(moving.sum() / fixed.sum()))
    if abs(np.log(times)) <= np.log(_LARGER):
        return []
    large, small = ("moving", "fixed") if times > 1 else ("fixed", "moving")
    return [
        f"by the resolutions the tissue of the {large} picture is {max(times, 1 / times):.3g} times as long and wide "
        f"as that of the {small} one: one of them may be wrong, or the {small} picture shows a piece"
    ]


def _cut(mask: np.ndarray) -> float:
    """Share of the outline of tissue that lies on the rim of its picture; 0 where all of the picture is tissue."""
    outline = mask & ~ndimage.binary_erosion(mask)
    inner = outline[1:-1, 1:-1].sum()
    return float((outline.sum() - inner) / outline.sum()) if inner else 0.0


def _round_trip(there: Fit, back: Fit, places: np.ndarray, moving: View, coarse: float) -> Spread:
    few = places[:: max(1, len(places) // _CHECKED)]
    reached = there.places(few)
    if there.is_mirrored:
        reached = np.array([moving.mask.shape[1] - 1, 0]) + reached * [-1, 1]
    far = np.linalg.norm(back.places(reached) - few, axis=1) * coarse
    return Spread(float(far.mean()), float(np.percentile(far, 90)), float(far.max()))
