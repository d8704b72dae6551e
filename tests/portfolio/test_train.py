"""The quick preset on bad input: a working fit, or an error that says what to do."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import FitError
from polymodal.portfolio import train
from polymodal.portfolio.portfolio import NETWORK
from polymodal.portfolio.train import _judges, _within

ROWS = 40
RANDOM = np.random.default_rng(0)
Y = np.array(["a", "b"] * (ROWS // 2))
X = (Y == "b") * 2.0 + RANDOM.normal(size=ROWS)
TIME = RANDOM.exponential(np.exp(-X))
SURVIVAL = pm.Survival("t", "e")


def fit(columns, target="y", learners=None, folds=3, budget=None, seed=0, **read):
    table = pm.Table.read(columns, target=target, **read)
    return pm.Model(preset="fast", learners=learners, folds=folds, seed=seed).fit(table, budget=budget)


def check(model, rows):
    """Answers are there, finite, and chances sum to one; so they are for a row with nothing."""
    for asked in (rows, {}):
        found = model.predict(asked)
        for name, target in model.schema.targets.items():
            assert np.isfinite(found.outputs[name]).all()
            if target.kind == "category":
                np.testing.assert_allclose(found.outputs[name].sum(axis=1), 1.0)
    return model


def members(model, target="y"):
    return {one.member: one for one in model.portfolio.standings[target]}


def some(rows, cell, of=ROWS):
    """A column of `of` cells that only the given rows have."""
    return [cell(row) if row in rows else None for row in range(of)]


def test_no_network_is_trained():
    model = check(fit({"x": X, "y": Y}), {"x": 1.0})
    assert not model.networks
    assert set(members(model)) == {"linear:tabular", "trees:tabular", "together"}
    assert model.predict([{"x": 4.0}, {"x": -2.0}]).values().tolist() == ["b", "a"]


def test_a_class_with_one_row():
    model = check(fit({"x": X, "y": ["c", *Y[1:]]}, folds="auto"), {"x": 1.0})
    assert model.predict({"x": 1.0}).outputs["y"].shape == (1, 3)
    assert (model.predict({"x": 1.0}).outputs["y"] > 0).all()


def test_a_class_for_every_row_or_nearly():
    check(fit({"x": X, "y": [f"c{row % 38}" for row in range(ROWS)]}, folds=2), {"x": 1.0})


@pytest.mark.parametrize("rows", [10, 12])
def test_hardly_more_rows_than_folds(rows):
    check(fit({"x": X[:rows], "y": Y[:rows]}, folds="auto"), {"x": 1.0})


def test_as_many_folds_as_groups():
    check(fit({"x": X, "y": Y, "ward": np.arange(ROWS) % 2}, group="ward", folds=5), {"x": 1.0})


def test_few_groups_are_learnt_by_normal_distributions_too():
    columns = {"x": X, "y": Y, "z": X**2, "ward": np.arange(ROWS) % 5}
    model = check(fit(columns, target=["y", "z"], group="ward"), {"x": 1.0})
    assert "gaussian:tabular" in members(model)
    assert "gaussian:tabular" not in members(model, "z")
    assert "gaussian:tabular" not in members(fit({"x": X, "y": Y}))
    assert set(members(fit(columns, group="ward", ignore=["z"], learners=["linear"]))) == {"linear:tabular", "together"}


def test_normal_distributions_are_as_sure_as_people_not_seen_allow():
    person, y = np.arange(120) // 2 % 6, np.array(["a", "b"] * 60)
    place = 2 * np.random.default_rng(0).normal(size=(6, 2))[person, np.arange(120) % 2]
    x = 2.0 * (y == "b") + place + np.random.default_rng(1).normal(size=120)
    by_person, by_row = (
        fit({"x": x, "y": y, "person": person}, learners=["gaussian"], **read).portfolio.learners["y"][
            "gaussian:tabular"
        ]
        for read in ({"group": "person"}, {"ignore": ["person"]})
    )
    assert by_row.temperatures[0] < 1.5 < by_person.temperatures[0]


def test_too_few_rows():
    with pytest.raises(FitError, match=r"too few rows for trees: 6 for target 'z' .*Model\(preset='good'\)"):
        fit(
            {"x": X, "y": Y, "z": some(range(6), lambda row: X[row])},
            target=["y", "z"],
            learners=["trees"],
        )


@pytest.mark.parametrize("rows", [2, 3, 8])
@pytest.mark.parametrize("learners", [["linear"], ["prototypes"], ["gaussian"], ["gaussian", "prototypes"]])
def test_too_few_rows_to_hold_any_out(rows, learners):
    model = check(fit({"x": X[:rows], "v": list(np.eye(8)[:rows]), "y": Y[:rows]}, learners=learners, folds="auto",
                      types={"v": "vector"}), {"x": 1.0})  # fmt: skip
    assert model.predict({"x": X[0]}).values() == Y[0]
    assert {one.value for one in model.portfolio.standings["y"]} == {None}


def test_one_example_of_each_class():
    model = fit({"v": list(np.eye(20)), "y": [f"c{row}" for row in range(20)]}, {"y": pm.Category()},
                ["gaussian"], "auto", types={"v": "vector"})  # fmt: skip
    assert model.predict({"v": np.eye(20)[7]}).values().tolist() == ["c7"]


def test_hardly_a_label_of_one_target():
    columns = {"x": X, "y": Y, "z": some(range(6), lambda row: X[row])}
    check(fit(columns, target=["y", "z"]), {"x": 1.0})
    few = fit({"x": X, "t": TIME, "e": [1] * ROWS, "w": [1.0] * 3 + [0.0] * 37}, target=SURVIVAL, weight="w")
    assert np.isfinite(few.predict({"x": 1.0}).outputs["survival"]).all()


def test_a_learner_of_other_targets_is_left_out():
    columns = {"x": X, "y": Y, "z": X}
    model = check(fit(columns, target=["y", "z"], learners=["gaussian", "linear"]), {"x": 1.0})
    assert set(members(model, "y")) == {"gaussian:tabular", "linear:tabular", "together"}
    assert set(members(model, "z")) == {"linear:tabular", "together"}
    told = r"target 'z' is number, and gaussian learns category and multilabel; add .* linear, trees or network"
    with pytest.raises(FitError, match=told):
        fit(columns, target=["y", "z"], learners=["gaussian"])


def test_a_modality_in_three_rows():
    columns = {"x": X, "v": some({3, 10, 30}, lambda row: [1.0, row]), "y": Y}
    model = check(fit(columns, types={"v": "vector"}), {"v": [1.0, 2.0]})
    assert "linear:v" not in members(model)
    assert members(model)["together"].value > 0.7


def test_a_modality_in_training_but_never_in_the_test_and_the_reverse():
    columns = {"x": some(range(25), lambda row: X[row]), "n": some(range(20, 40), lambda row: f"word {Y[row]}"), "y": Y}
    model = fit(columns, types={"n": "text"})
    assert model.predict([{"n": "word b"}, {"n": "word a"}]).values().tolist() == ["b", "a"]
    with pytest.raises(FitError, match="modality 'n' has no readable cell in the training rows"):
        fit({"x": X[:20], "n": [None] * 20, "y": Y[:20]}, types={"n": "text"})


def test_identical_modalities_share():
    same = [[one, 1.0] for one in X]
    model = check(fit({"a": same, "b": same, "y": Y}, types={"a": "vector", "b": "vector"}), {"a": [1.0, 1.0]})
    one, other = members(model)["linear:a"], members(model)["linear:b"]
    assert one.value == other.value
    assert one.weight == pytest.approx(other.weight, abs=0.05)


def test_far_more_columns_than_rows():
    panel = RANDOM.normal(size=(90, 10_000))
    panel[:, 0] += 20 * (np.arange(90) % 2)
    start = time.monotonic()
    check(fit({"v": list(panel), "y": ["a", "b"] * 45}, types={"v": "vector"}, folds=2), {"v": panel[0]})
    assert time.monotonic() - start < 20


def test_a_column_of_unique_strings():
    model = check(fit({"s": [f"id{row}" for row in range(ROWS)], "x": X, "y": Y}, types={"s": "tabular"}), {"s": "new"})
    assert members(model)["linear:s"].value == pytest.approx(0.5, abs=0.2)


def test_nothing_but_constants():
    model = check(
        fit({"five": [5.0] * ROWS, "n": [""] * ROWS, "y": Y}, types={"n": "text"}), {"five": 9.0, "n": "word"}
    )
    assert model.predict({"five": 5.0}).outputs["y"][0] == pytest.approx([0.5, 0.5], abs=0.05)


def test_a_target_that_is_constant_in_most_folds():
    model = check(fit({"x": X, "z": [*[0.0] * (ROWS - 1), 1.0]}, target={"z": pm.Number()}, folds="auto"), {"x": 1.0})
    assert abs(model.predict({"x": 1.0}).outputs["z"][0, 0]) < 0.5


@pytest.mark.parametrize("scale", [1e-30, 1e130])
def test_a_number_in_any_unit(scale):
    model = check(fit({"x": X, "z": scale * X}, target="z"), {"x": 1.0})
    assert members(model, "z")["together"].value > 0.9
    assert model.predict({"x": 1.0}).outputs["z"][0, 0] == pytest.approx(scale, rel=0.3)


def test_unknown_and_constant_labels():
    columns = {
        "x": X,
        "p": some(set(range(ROWS)) - {0, 4, 8}, lambda row: int(Y[row] == "b")),
        "rare": some({3, 4}, lambda row: row - 3),
        "always": [1] * ROWS,
    }
    model = check(fit(columns, target={"y": pm.Multilabel(columns=("p", "rare", "always"))}), {"x": 1.0})
    assert model.predict({"x": 5.0}).outputs["y"][0, 0] > 0.6
    assert model.predict({"x": 5.0}).outputs["y"][0, 2] > 0.9


def test_rows_of_weight_zero_are_not_learnt_from():
    weight = [1.0] * 20 + [0.0] * 20
    wrong = [*Y[:20], *Y[20:][::-1]]
    found = [fit({"x": X, "y": y, "w": weight}, weight="w", folds=2) for y in (Y, wrong)]
    answers = [model.predict({"x": 1.0}).outputs["y"] for model in found]
    assert np.abs(answers[0] - answers[1]).max() < 0.3  # folds are spread over the labels, and so differ


def test_a_class_of_weight_zero():
    check(fit({"x": X, "y": Y, "w": 1.0 * (Y == "a")}, weight="w"), {"x": 1.0})


def test_weight_for_hardly_any_row():
    with pytest.raises(FitError, match="3 for target 'y' with a known label and weight"):
        fit({"x": X, "y": Y, "w": [1.0] * 3 + [0.0] * 37}, weight="w", learners=["trees"])
    columns = {"x": X, "y": Y, "z": some(range(20), lambda row: X[row]), "w": [0.0] * 20 + [1.0] * 20}
    with pytest.raises(FitError, match="every row with a known label of 'z' has weight 0"):
        fit(columns, target=["y", "z"], weight="w")


@pytest.mark.parametrize("events", [1, 3, 20])
def test_survival_with_hardly_an_event_in_a_fold(events):
    columns = {"x": X, "t": TIME, "e": [1] * events + [0] * (ROWS - events)}
    model = check(fit(columns, target=SURVIVAL, folds="auto"), {"x": 1.0})
    assert model.predict({"x": 1.0}).curves(at=[0.5, 1.0]).notna().to_numpy().all()


def test_survival_whose_events_have_no_weight():
    columns = {"x": X, "t": TIME, "e": [1, 0] * 20, "w": [1.0, 1.0] + [0.0, 1.0] * 19}
    check(fit(columns, target=SURVIVAL, weight="w"), {"x": 1.0})


def test_survival_with_one_time_for_all():
    check(fit({"x": X, "t": [5.0] * ROWS, "e": [1, 0] * 20}, target=SURVIVAL), {"x": 1.0})


def test_numbers_or_categories_alone_with_gaps():
    ward = [None if row % 7 == 0 else f"w{Y[row]}" for row in range(ROWS)]
    number = [None if row % 5 == 0 else X[row] for row in range(ROWS)]
    assert members(fit({"ward": ward, "y": Y}))["together"].value > 0.9
    check(fit({"x": number, "k": RANDOM.normal(size=ROWS), "y": Y}), {"x": 1.0})


def test_trees_alone():
    model = check(fit({"x": X, "y": Y}, learners="trees", folds="auto"), {"x": 1.0})
    assert set(members(model)) == {"trees:tabular", "together"}
    assert set(members(check(fit({"x": X, "y": Y}, learners=["linear"]), {}))) == {"linear:tabular", "together"}


def test_the_same_seed_gives_the_same_answers():
    columns = {"x": [None, *X[1:]], "n": [f"{row % 3} {Y[row]}" for row in range(ROWS)], "y": Y}
    rows = [{"x": 1.0}, {"n": "1 b"}, {"x": 0.0, "n": "2 a"}]
    first, again = (fit(columns, types={"n": "text"}).predict(rows).outputs["y"] for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_the_table_is_left_as_it_was():
    table = pm.Table.read({"x": X, "y": Y, "w": np.ones(ROWS)}, target="y", weight="w")
    before = table.frame.copy()
    pm.Model(preset="fast").fit(table)
    assert table.frame.equals(before)


def test_a_budget_that_is_gone_leaves_one_learner():
    model = check(fit({"x": X, "n": list(Y), "y": Y}, budget=0.001, types={"n": "text"}), {"x": 1.0})
    assert len(members(model)) == 2
    untried = "linear on single modalities, trees, factors"
    assert model.limitations == [f"target 'y': the budget left no time to try {untried}"]


def test_time_is_kept_and_what_it_ended_is_told(monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(train, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    assert _within(5.0, 0.0, iter("abcdefghij")) == (list("abcdef" + "g"), True)
    assert _within(None, 0.0, iter("abc")) == (list("abc"), False)


def test_rows_that_judge_are_a_sample_of_those_held_out():
    held = [np.arange(0, 100, 2), np.arange(1, 100, 2)]
    assert _judges(held, 1000, 0).tolist() == list(range(100))
    few = _judges(held, 30, 0)
    assert len(np.unique(few)) == 30
    assert (np.diff(few) > 0).all()


def test_the_network_is_one_more_member():
    table = pm.Table.read({"x": X, "y": Y}, target="y")
    model = check(pm.Model(learners=["network", "linear"], folds=1, epochs=2, width=8).fit(table), {"x": 1.0})
    assert set(members(model)) == {NETWORK, "linear:tabular", "together"}
    assert len(model.networks) == 1
