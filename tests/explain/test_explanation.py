import json
from dataclasses import replace

import numpy as np
import pytest

from polymodal.errors import DataError, SettingError
from polymodal.explain.explanation import explain
from polymodal.explain.game import shapley
from polymodal.lattice import Lattice, all_patterns, chain_patterns
from polymodal.schema.target import Labels, Multilabel, Number, Survival


@pytest.mark.parametrize(
    ("rule", "copy", "share", "together"),
    [
        (lambda a, b: a ^ b, False, 0.25, 0.5),
        (lambda a, b: a & b, False, 0.125, 0.25),
        (lambda a, b: a, True, 0.25, -0.5),
    ],
    ids=["exclusive or", "and", "redundant copy"],
)
def test_closed_forms_of_the_accuracy_game(gate, rule, copy, share, together):
    found = explain(gate(rule, copy=copy), metric="accuracy")["out"].score
    assert [part.share.value for part in found.contributions] == pytest.approx([share, share])
    assert found.interactions[0, 1] == pytest.approx(together)


def test_rows_sum_to_the_answer_and_absent_is_exactly_zero(evidence):
    lattice = evidence(strength=(2.0, 1.0, 0.5, 1.0))
    found = explain(lattice)["outcome"]
    answered = lattice.values[-1].argmax(axis=1)
    assert found.full == pytest.approx(lattice.values[-1].max(axis=1))
    assert found.base == pytest.approx(0.5)
    assert found.efficiency_gap < 1e-12
    assert (found.contributions[~lattice.present] == 0.0).all()
    game = lattice.values[:, np.arange(200), answered]
    assert found.contributions == pytest.approx(shapley(game).T)
    assert found.left_out[:, 0] == pytest.approx(np.where(lattice.present[:, 0], game[-1] - game[-2], 0.0))


def test_a_named_class_is_explained_for_every_row(evidence):
    lattice = evidence(classes=("a", "b", "c"))
    found = explain(lattice, output="b")["outcome"]
    assert found.full == pytest.approx(lattice.values[-1, :, 1])
    assert found.unit == "probability of b"
    with pytest.raises(SettingError, match=r"has no output 'd'.*Allowed: 'a', 'b', 'c'"):
        explain(lattice, output="d")


def test_other_kinds_of_target():
    rng = np.random.default_rng(0)
    lattice = Lattice(
        modalities=("a", "b"),
        patterns=all_patterns(2),
        present=np.ones((30, 2), dtype=bool),
        values=rng.random((4, 30, 4)),
        columns={"tags": slice(0, 2), "size": slice(2, 3), "life": slice(3, 4)},
        targets={"tags": Multilabel(classes=("p", "q")), "size": Number(), "life": Survival("days", "dead")},
    )
    found = explain(lattice)
    assert [one.unit.split()[0] for one in found.targets.values()] == ["probability", "mean", "log"]
    tags = lattice.of("tags")
    yes = tags[-1] >= 0.5
    given = np.where(yes, tags, 1 - tags).mean(axis=2)
    assert found["tags"].contributions == pytest.approx(shapley(given).T)
    assert explain(lattice, "tags", output="q")["tags"].full == pytest.approx(tags[-1, :, 1])
    assert found["life"].contributions == pytest.approx(shapley(lattice.of("life")[:, :, 0]).T)
    assert "not their score" in str(found)
    with pytest.raises(SettingError, match="one output only"):
        explain(lattice, "size", output="q")


def test_sampled_orders_give_errors_and_no_interactions(evidence):
    complete = evidence(strength=tuple(np.linspace(2, 0.2, 8)), missing=0.2, n=30)
    orders = np.array([np.random.default_rng(seed).permutation(8) for seed in range(60)])
    patterns = chain_patterns(orders)
    values = complete.values[patterns @ 2 ** np.arange(8)]
    sampled = replace(complete, patterns=patterns, values=values, permutations=orders)
    found, exact = explain(sampled)["outcome"], explain(complete)["outcome"]
    assert found.interactions is None
    assert "Pairwise interactions need all patterns" in str(explain(sampled))
    assert found.efficiency_gap < 1e-12
    assert (np.abs(found.contributions - exact.contributions) <= 5 * found.error + 1e-12).all()
    assert [part.share.value for part in found.score.contributions] == pytest.approx(
        [part.share.value for part in exact.score.contributions], abs=0.05
    )


def test_prints_and_turns_into_tables_and_json(evidence):
    found = explain(evidence(rows=np.array([f"p{n}" for n in range(200)])))
    assert "p0" in str(found)
    assert max(map(len, str(found).splitlines())) <= 101
    assert "<table>" in found._repr_html_()
    rows = found.to_pandas()
    assert len(rows) == 600
    assert rows.groupby("row")["contribution"].sum().to_numpy() == pytest.approx(
        (rows.groupby("row")["full"].first() - rows.groupby("row")["base"].first()).to_numpy()
    )
    assert list(found.to_pandas("overall")["modality"]) == ["age", "ecg", "labs"]
    assert len(found.to_pandas("interactions")) == 3
    again = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert len(again["targets"]["outcome"]["contributions"]) == 200
    with pytest.raises(SettingError, match="Did you mean 'overall'"):
        found.to_pandas("overal")


def test_score_that_is_undefined_is_not_split(evidence):
    lattice = evidence()
    same = replace(lattice, labels={"outcome": Labels(np.ones(200, dtype=int), np.ones(200, dtype=bool))})
    found = explain(same)["outcome"]
    assert found.score is None
    assert "undefined" in found.remarks[0]


def test_a_row_with_nothing_present_was_told_by_nothing(evidence):
    lattice = evidence(missing=1.0, n=2)
    found = explain(lattice)
    assert (found["outcome"].contributions == 0).all()
    assert "nothing present" in str(found)


def test_unknown_target_and_no_rows(evidence):
    with pytest.raises(SettingError, match="Did you mean 'outcome'"):
        explain(evidence(), "outcme")
    with pytest.raises(DataError, match="no rows"):
        explain(evidence(n=0))
