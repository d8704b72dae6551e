"""Expression: spots of two sections brought together by what they express and how they lie."""

from __future__ import annotations

import time
from typing import Any, get_args

import numpy as np
from scipy import sparse

from polymodal.align._numbers import is_positive, is_real, is_whole
from polymodal.align._wording import count
from polymodal.align.space._lengths import lengths_of
from polymodal.align.space._pitch import pitch
from polymodal.align.space._procrustes import Model, need_spread
from polymodal.align.space.by_expression import _transport as transport
from polymodal.align.space.by_expression._neighbouring import Expressed
from polymodal.align.space.by_expression._plan_search import partners, placement, reversed_plan, searched
from polymodal.align.space.by_expression._sections import Sections, sections
from polymodal.align.space.by_expression.spots import UNNAMED, Spots
from polymodal.align.space.frames import Frame, need_agreement
from polymodal.align.space.registration import Pairs, Registration
from polymodal.align.space.soft_match import SoftMatch
from polymodal.align.space.transform import Transform
from polymodal.align.space.verdict import Spread, Verdict
from polymodal.errors import SettingError, near_miss

_FEW_GENES = 50
_BLURRED = 0.1  # of the fixed spots that one moving spot goes with, from which a plan says little


def expression(
    moving: Any,
    fixed: Any,
    model: Model = "rigid",
    *,
    alpha: float = 0.1,
    genes: int = 2000,
    least_counts: float = 100,
    overlap: float | None = None,
    mirrored: bool = False,
    check: Transform | Registration | None = None,
    moving_frame: Frame | None = None,
    fixed_frame: Frame | None = None,
    most_spots: int = 2000,
    seed: int = 0,
) -> Registration:
    """The map from one section to another, by the counts of genes at their spots; pictures are not needed.

    Both sections are whatever `Spots.of` takes: Spots, an AnnData, or a table with positions and counts. Spots that
    express alike and lie alike are brought together by fused Gromov-Wasserstein transport (PASTE; Zeira 2022), and the
    map is fitted to that soft match, which the registration keeps as `match`. Genes go by name, so panels may differ.

    Args:
        model: "rigid" where lengths can be compared, else "similarity"; "affine" shears as well.
        alpha: the share of geometry against expression, more than 0 and less than 1.
        genes: how many of the genes that both have are compared, the most frequent.
        least_counts: spots with fewer are left out, and listed.
        overlap: the share of the moving spots that have a partner, where sections hold different parts; 1 where the
            moving one lies within the fixed one (PASTE2; Liu 2023). None for two sections of the same.
        mirrored: whether the moving section lies face down.
        check: another registration between the same frames, such as that of the pictures: how far this one ends from it
            is judged.
        moving_frame, fixed_frame: of the positions, where the sections do not say it.
        most_spots: of each side; more are drawn at random, by `seed`.

    Raises DataError for sections that share no genes, have too few spots or lie on a line, SettingError for settings
    out of range, and MissingExtraError without the package POT.

    >>> random = np.random.default_rng(0)
    >>> places = random.uniform(0, 100, (60, 2))
    >>> counts = random.poisson(np.exp(3 * np.sin(places @ random.normal(size=(2, 30)) / 30)) * 4)
    >>> names = [f"gene {place}" for place in range(30)]
    >>> turned = places[:, ::-1] * [-1, 1] + [100, 5]
    >>> expression(Spots(counts, names, turned), Spots(counts, names, places)).transform
    Affine from 'moving' to 'fixed': turned by -90 degrees, scaled by 1
    """
    _check_settings(model, alpha, genes, least_counts, overlap, most_spots, seed)
    transport.pot()  # takes long the first time, which says nothing of the sections
    started = time.perf_counter()
    one, other = _framed(moving, moving_frame, "moving"), _framed(fixed, fixed_frame, "fixed")
    _check_frames(check, one.frame, other.frame)
    lengths = lengths_of(one.frame, other.frame, model)
    chosen = sections(one, other, genes, least_counts, most_spots, seed)
    here, there = one.positions[chosen.rows] * lengths.moving, other.positions[chosen.other_rows] * lengths.fixed
    for places in (here, there):
        need_spread(np.cov(places.T), model)
    steps = pitch(here), pitch(there)
    scaled = lengths.divided(steps[1] if lengths.comparable else steps[0], steps[1])
    here, there = one.positions[chosen.rows] * scaled.moving, other.positions[chosen.other_rows] * scaled.fixed
    weights, other_weights, mass = _weights(len(here), len(there), overlap, steps, lengths.comparable, here.shape[1])
    problem = transport.Problem(
        unlike=_unlike(chosen.counts, chosen.other_counts, overlap),
        moving=here,
        fixed=there,
        weights=weights,
        other_weights=other_weights,
        alpha=alpha,
        mass=mass,
    )
    sides = Expressed.of(here, there, chosen.counts, chosen.other_counts, 1.0)
    found = searched(problem, sides, mirrored)
    plan = found.coupling.plan
    linear, offset = placement(plan, here, there, model, mirrored)
    back = reversed_plan(problem, _unlike(chosen.other_counts, chosen.counts, overlap), found.coupling)
    returned, shift = placement(back.plan, there, here, model, mirrored)
    transform = scaled.transform(linear, offset, one.frame, other.frame)
    way_back = scaled.transform(*_inverse(returned, shift), one.frame, other.frame)
    used = plan.sum(axis=1) > 0
    landed = transform.points(one.positions[chosen.rows])
    residual = np.linalg.norm(landed - partners(plan, other.positions[chosen.other_rows]), axis=1)[used]
    match = _match(plan, one, other, chosen)
    told, near = sides.correlation(linear, offset)
    doubts = []
    if found.is_flipped:
        which = "without mirrored=True" if mirrored else "mirrored, as a section that lies face down: try mirrored=True"
        doubts.append(f"the spots fit better {which}")
    if len(chosen.genes) < _FEW_GENES:
        doubts.append(f"only {count(len(chosen.genes), 'gene')} could be compared")
    if match.partners > max(_BLURRED * len(there), 10):
        doubts.append(f"a spot goes with {match.partners:.3g} others on average, so the match says little")
    failures = [] if near > 0 else ["no spot lands near one of the other section"]
    verdict = Verdict.of(
        other.frame.unit,
        float(np.linalg.norm(np.ptp(other.positions[chosen.other_rows], axis=0))),
        failures=failures,
        doubts=doubts,
        remarks=_remarks(chosen, match),
        correlation=told,
        inverse_consistency=_spread(np.linalg.norm(landed - way_back.points(one.positions[chosen.rows]), axis=1)),
        second_best=found.second_best,
        residual=_spread(residual),
        matched=min(near / (overlap or 1.0), 1.0),
        agreement=_agreement(check, one.positions[chosen.rows], landed),
    )
    method = f"fused Gromov-Wasserstein transport over {len(chosen.genes):,} genes, {model} fit"
    drawn = Pairs(one.positions, other.positions, _hard(plan, chosen))
    return Registration(transform, verdict, time.perf_counter() - started, method, pairs=drawn, match=match)


def _framed(given: Any, frame: Frame | None, side: str) -> Spots:
    """Spots; a frame that nobody named is called by its side, so that the two are told apart."""
    spots = Spots.of(given, frame)
    if frame is None and spots.frame == UNNAMED:
        return Spots.of(spots, Frame(side))
    return spots


def _check_frames(check: Transform | Registration | None, moving: Frame, fixed: Frame) -> None:
    if check is None:
        return
    way = check.transform if isinstance(check, Registration) else check
    need_agreement(moving, way.source)
    need_agreement(way.target, fixed)


def _check_settings(
    model: str, alpha: float, genes: int, least_counts: float, overlap: float | None, most_spots: int, seed: int
) -> None:
    faults = []
    if model not in get_args(Model):
        faults.append(f"model={model!r} is unknown. {near_miss(str(model), get_args(Model))}")
    if not (is_positive(alpha) and alpha < 1):
        faults.append(f"alpha={alpha!r} is a share, more than 0 and less than 1")
    if overlap is not None and not (is_positive(overlap) and overlap <= 1):
        faults.append(f"overlap={overlap!r} is a share, more than 0 and at most 1")
    if not is_real(least_counts, 0):
        faults.append(f"least_counts={least_counts!r} is a number, 0 or more")
    for name, value, least in (("genes", genes, 2), ("most_spots", most_spots, 10), ("seed", seed, 0)):
        if not is_whole(value, least):
            faults.append(f"{name}={value!r} is a whole number, {least} or more")
    if faults:
        raise SettingError("expression:" + "".join(f"\n  - {fault}" for fault in faults))


def _unlike(counts: np.ndarray, others: np.ndarray, overlap: float | None) -> np.ndarray:
    """Unlikeness, and where only a part is brought together, less what makes a spot like or unlike them all.

    With all weights brought together the latter changes nothing; in parts, spots of middling expression would win.
    """
    apart = transport.unlikeness(counts, others)
    if overlap is None:
        return apart
    centred: np.ndarray = apart - apart.mean(axis=0) - apart.mean(axis=1, keepdims=True) + apart.mean()
    return centred


def _weights(
    n: int, m: int, overlap: float | None, steps: tuple[float, float], is_comparable: bool, dimensions: int
) -> tuple[np.ndarray, np.ndarray, float | None]:
    """Of each spot, and how much is brought together; where sections differ, a spot weighs what it covers."""
    weights = np.full(n, 1 / n)
    if overlap is None:
        return weights, np.full(m, 1 / m), None
    covered = (steps[1] / steps[0]) ** dimensions if is_comparable else 1.0
    others = np.full(m, covered / n)
    return weights, others, min(overlap, others.sum())


def _inverse(linear: np.ndarray, offset: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    back = np.linalg.inv(linear)
    return back, -back @ offset


def _match(plan: np.ndarray, one: Spots, other: Spots, chosen: Sections) -> SoftMatch:
    rows, columns = np.nonzero(plan)
    whole = sparse.csr_array(
        (plan[rows, columns], (chosen.rows[rows], chosen.other_rows[columns])), shape=(len(one), len(other))
    )
    assert one.names is not None
    assert other.names is not None
    return SoftMatch(whole, tuple(one.names), tuple(other.names), chosen.genes, chosen.left_out)


def _hard(plan: np.ndarray, chosen: Sections) -> np.ndarray:
    """`[k, 2]` each moving spot that goes anywhere with its main partner."""
    used = plan.sum(axis=1) > 0
    return np.stack([chosen.rows[used], chosen.other_rows[plan[used].argmax(axis=1)]], axis=1)


def _agreement(check: Transform | Registration | None, places: np.ndarray, landed: np.ndarray) -> Spread | None:
    if check is None:
        return None
    way = check.transform if isinstance(check, Registration) else check
    elsewhere, there = way.forward(places)
    return _spread(np.linalg.norm(elsewhere - landed, axis=1)[there]) if there.any() else None


def _remarks(chosen: Sections, match: SoftMatch) -> list[str]:
    told = [f"{len(chosen.genes):,} of {chosen.n_shared:,} genes that both sections have were compared; "
            f"{match.partners:.3g} partners a spot"]  # fmt: skip
    for (side, reason), rows in chosen.left_out.groupby(["side", "reason"], sort=False):
        told.append(f"{count(len(rows), 'spot')} of the {side} section left out: {reason}")
    return told


def _spread(far: np.ndarray) -> Spread:
    return Spread(float(far.mean()), float(np.quantile(far, 0.9)), float(far.max()))
