"""What a registration shows."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from polymodal.align.space import Affine, Frame, Pairs, Registration, Verdict, Views
from polymodal.errors import ArtifactError


@pytest.fixture
def found() -> Registration:
    shift = Affine([[1, 0, 4], [0, 1, 0]], Frame("C$2"), Frame("C3"))
    fixed = np.zeros((20, 30))
    fixed[5:15, 10:20] = 1
    views = Views(fixed, np.roll(fixed, -4, axis=1)[..., None].repeat(3, axis=2) * 255, np.zeros((20, 30)))
    return Registration(shift, Verdict.of("pixel", 36.0, overlap=1.0), 0.25, "by hand", views=views)


def test_it_prints_what_was_found(found: Registration) -> None:
    assert str(found).splitlines()[:2] == [
        "Affine from 'C$2' to 'C3': turned by 0 degrees, scaled by 1", "by hand, 250 ms: good"
    ]  # fmt: skip
    assert "overlap  1" in repr(found)


def test_it_is_drawn_before_and_after(found: Registration, tmp_path: Path) -> None:
    drawn = found.plot(tmp_path / "views.png")
    assert [axes.get_title(loc="left") for axes in drawn.axes] == ["Before", "After", "After, in squares"]
    overlaid = np.asarray(drawn.axes[0].images[0].get_array())
    assert overlaid[10, 18].tolist() == [0, 1, 0]  # only in the fixed one: green
    assert overlaid[10, 8].tolist() == [1, 0, 1]  # only in the moving one: magenta
    assert overlaid[10, 13].tolist() == [1, 1, 1]
    points = np.random.default_rng(0).uniform(0, 20, (6, 2))
    pairs = Pairs(points, points + 4, np.stack([np.arange(6)] * 2, axis=1), np.arange(6) > 4)
    assert len(replace(found, pairs=pairs).plot().axes) == 6
    with pytest.raises(ArtifactError, match="cannot draw"):
        found.plot(tmp_path / "gone" / "views.png")
    with pytest.raises(ArtifactError, match="cannot draw"):
        found.plot(tmp_path / "views.docx")
