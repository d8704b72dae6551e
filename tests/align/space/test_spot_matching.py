import sys
from functools import cache

import numpy as np
import pytest
from scipy import sparse

import polymodal as pm
from polymodal.errors import DataError, MissingExtraError, SettingError

pytest.importorskip("ot")
space = pm.align.space
FIXED = space.Frame("fixed", resolution=0.5)
MOVING = space.Frame("moving", resolution=0.25)
GENES = [f"gene {place}" for place in range(60)]
ANGLE = np.deg2rad(130)
TURN = np.array([[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]])


@cache
def section(n: int = 49) -> tuple[np.ndarray, np.ndarray]:
    """Spots on a shaken grid of 100 pixels, and counts that change smoothly over it."""
    random = np.random.default_rng(0)
    side = round(n**0.5)
    grid = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * 100.0
    places = grid + random.uniform(-20, 20, grid.shape)
    waves = np.sin(places @ random.normal(size=(2, 60)) / 150 + random.uniform(0, 6, 60))
    return places, random.poisson(8 * np.exp(1.2 * waves))


def spots(places, counts, frame, genes=GENES, **kept):
    return space.Spots(counts, genes, places, frame, **kept)


def elsewhere(places):
    """In the moving frame, of half the resolution in micrometres: turned, shifted, and twice the pixels."""
    return 2 * (places @ TURN.T + [300, -50])


def miss(found, places):
    return np.linalg.norm(found.transform.points(elsewhere(places)) - places, axis=1).mean()


@pytest.fixture(scope="module")
def found():
    places, counts = section()
    order = np.random.default_rng(1).permutation(len(places))
    moving = spots(elsewhere(places)[order], sparse.csr_array(counts[order][:, ::-1]), MOVING, GENES[::-1])
    return order, space.expression(moving, spots(places, counts, FIXED))


def test_a_planted_turn_and_shift_is_found_across_resolutions(found):
    _, registration = found
    assert miss(registration, section()[0]) < 1e-6
    assert registration.transform.scale == pytest.approx(0.5)
    assert registration.verdict.level == "good"
    assert registration.verdict.inverse_consistency.largest < 1e-6
    assert registration.verdict.second_best < 0.6


def test_a_permutation_is_found_again(found):
    order, registration = found
    match = registration.match
    assert (match.plan.toarray().argmax(axis=1) == order).all()
    assert match.partners == pytest.approx(1)
    assert np.allclose(match.entropies, 0)
    assert match.plan.sum(axis=0) == pytest.approx(1 / len(order))
    assert (match.to_pandas()["share"] > 0.99).all()


def test_it_is_drawn_saved_and_loaded(found, tmp_path):
    _, registration = found
    registration.plot(tmp_path / "seen.png")
    registration.save(tmp_path / "map.json")
    again = space.Registration.load(tmp_path / "map.json")
    assert again.transform == registration.transform
    assert again.verdict == registration.verdict
    assert again.match is None


def test_panels_differ_and_poor_spots_are_left_out_and_listed():
    places, counts = section()
    noisy = np.random.default_rng(2).poisson(counts)
    noisy[5] = 0
    moving = spots(
        elsewhere(places), noisy[:, :50], MOVING, GENES[:50], names=[f"m{row}" for row in range(len(places))]
    )
    fewer = np.arange(len(places)) < 44
    registration = space.expression(moving, spots(places[fewer], counts[fewer][:, 10:], FIXED, GENES[10:]))
    assert set(registration.match.genes) == set(GENES[10:50])
    assert registration.match.left_out[["side", "name", "counts"]].values.tolist() == [["moving", "m5", 0.0]]
    assert miss(registration, places) < 60  # pixels; neighbours are 100 apart
    assert "only 40 genes" in str(registration.verdict)


def test_a_section_face_down_is_told_and_can_be_asked_for():
    places, counts = section()
    moving = spots(elsewhere(places) * [-1, 1], counts, MOVING)
    fixed = spots(places, counts, FIXED)
    plain = space.expression(moving, fixed)
    assert plain.verdict.level != "good"
    assert "mirrored=True" in str(plain.verdict)
    flipped = space.expression(moving, fixed, mirrored=True)
    assert flipped.verdict.level == "good"
    assert flipped.transform.mirrored


def test_a_part_of_a_section_finds_its_place():
    places, counts = section()
    part = places[:, 0] < 350
    moving = spots(elsewhere(places)[part], counts[part], MOVING)
    registration = space.expression(moving, spots(places, counts, FIXED), overlap=1.0, alpha=0.02)
    assert miss(registration, places) < 20
    assert registration.match.plan.sum() == pytest.approx(1)


def test_another_registration_is_compared(found):
    places, counts = section()
    sides = spots(elsewhere(places), counts, MOVING), spots(places, counts, FIXED)
    true = space.landmarks(elsewhere(places), places, "affine", moving_frame=MOVING, fixed_frame=FIXED)
    assert space.expression(*sides, check=found[1]).verdict.agreement.largest < 1e-6
    off = space.Affine.of(true.transform.linear, true.transform.offset + np.array([400, 0]), MOVING, FIXED)
    told = space.expression(*sides, check=off).verdict
    assert told.agreement.mean == pytest.approx(400)
    assert told.level == "failed"
    with pytest.raises(DataError, match="cannot go on from"):
        space.expression(*sides, check=true.transform.inverse())


def test_spots_without_any_structure_are_not_good():
    random = np.random.default_rng(4)
    one, other = (spots(random.uniform(0, 500, (40, 2)), random.poisson(5, (40, 60)), FIXED) for _ in range(2))
    verdict = space.expression(one, other).verdict
    assert verdict.level != "good"


def test_the_same_asked_twice_is_the_same():
    places, counts = section(64)
    sides = spots(elsewhere(places), np.random.default_rng(3).poisson(counts), MOVING), spots(places, counts, FIXED)
    one, other = (space.expression(*sides, most_spots=60, seed=1) for _ in range(2))
    assert one.transform == other.transform
    assert len(one.match.left_out) == 8
    assert miss(one, places) < 30


def test_faults_say_what_to_do():
    places, counts = section()
    fixed = spots(places, counts, FIXED)
    with pytest.raises(SettingError, match=r"alpha=1(.|\n)*overlap=2(.|\n)*genes=1"):
        space.expression(fixed, fixed, alpha=1, overlap=2, genes=1)
    with pytest.raises(DataError, match="one spelling"):
        space.expression(spots(places, counts, MOVING, [name.upper() for name in GENES]), fixed)
    with pytest.raises(DataError, match="lower least_counts"):
        space.expression(fixed, fixed, least_counts=1e6)
    with pytest.raises(DataError, match="resolution"):
        space.expression(spots(places, counts, space.Frame("unknown")), fixed)
    with pytest.raises(DataError, match="at one place"):
        space.expression(spots(places * 0, counts, FIXED), fixed)


def test_the_package_is_asked_for_in_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    places, counts = section()
    with pytest.raises(MissingExtraError, match=r"pip install 'polymodal\[space\]'"):
        space.expression(spots(places, counts, MOVING), spots(places, counts, FIXED))
