from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from polymodal.errors import SettingError
from polymodal.explain.evaluation import evaluate
from polymodal.explain.explanation import explain
from polymodal.explain.plots import EVALUATION_KINDS, EXPLANATION_KINDS
from polymodal.explain.plots.palette import COLOURS, colour, label
from polymodal.lattice import chain_patterns


def drawn(figure, tmp_path):
    figure.savefig(tmp_path / "figure.png", dpi=40)
    return isinstance(figure, Figure) and (tmp_path / "figure.png").stat().st_size > 1000


@pytest.mark.parametrize("kind", EVALUATION_KINDS)
def test_every_figure_of_an_evaluation(evidence, tmp_path, kind):
    assert drawn(evaluate(evidence(), resamples=50).plot(kind), tmp_path)


@pytest.mark.parametrize("kind", EXPLANATION_KINDS)
def test_every_figure_of_an_explanation(evidence, tmp_path, kind):
    assert drawn(explain(evidence(), resamples=50).plot(kind, row=1), tmp_path)


@pytest.mark.parametrize(("n_modalities", "n"), [(1, 60), (2, 1), (8, 60)])
def test_overviews_of_one_and_eight_modalities_and_of_one_row(evidence, tmp_path, n_modalities, n):
    lattice = evidence(strength=tuple(np.linspace(2, 0.5, n_modalities)), n=n)
    assert drawn(evaluate(lattice, resamples=30).plot(), tmp_path)
    assert drawn(explain(lattice, resamples=30).plot(), tmp_path)


def test_bars_are_as_long_as_the_contributions(evidence):
    found = explain(evidence())
    bars = found.plot("overall").axes[0].patches
    assert [bar.get_width() for bar in bars] == pytest.approx(found["outcome"].mean_absolute)


def test_the_waterfall_ends_at_the_answer(evidence):
    found = explain(evidence(missing=0.0))
    last = found.plot("row", row=3).axes[0].patches[-1]
    assert last.get_x() + last.get_width() == pytest.approx(found["outcome"].full[3])


def test_sampled_orders_draw_without_interactions(evidence, tmp_path):
    orders = np.array([[0, 1, 2], [2, 1, 0]])
    lattice = evidence(n=40)
    patterns = chain_patterns(orders)
    values = lattice.values[patterns @ 2 ** np.arange(3)]
    found = explain(replace(lattice, patterns=patterns, values=values, permutations=orders))
    assert drawn(found.plot(), tmp_path)
    with pytest.raises(SettingError, match="only sampled orders are known"):
        found.plot("interactions")


def test_what_cannot_be_drawn_is_said(evidence):
    with pytest.raises(SettingError, match="Did you mean 'patterns'"):
        evaluate(evidence(), resamples=0).plot("pattern")
    with pytest.raises(SettingError, match="no result for target 'x'"):
        evaluate(evidence(), resamples=0).plot(target="x")
    with pytest.raises(SettingError, match="row=200"):
        explain(evidence()).plot("row", row=200)
    with pytest.raises(SettingError, match="undefined under some patterns"):
        evaluate(evidence(n=1)).plot("robustness")


def test_a_modality_keeps_its_colour_and_names_are_no_formulas():
    assert len({colour(m) for m in range(12)}) == len(COLOURS) == 12
    assert label("$x_1$") == r"\$x_1\$"
