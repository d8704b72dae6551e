import json
import math

import numpy as np
import pandas as pd
import pytest
from torch import nn

import polymodal as pm
from polymodal.cli._console import to_json
from polymodal.comparison.baselines import prior_answers, single_answers
from polymodal.errors import DataError, FitError, SettingError

FAST = {"portfolio": pm.Model(learners=["linear"], folds=1)}
TARGETS = {
    "sick": pm.Category(),
    "size": pm.Number(),
    "tags": pm.Multilabel(columns=("t1", "t2")),
    "survival": pm.Survival("days", "dead"),
}


def make(n=90, target="sick", **settings):
    random = np.random.default_rng(0)
    sick = np.arange(n) % 2
    frame = pd.DataFrame(
        {
            "age": random.normal(60 + 8 * sick, 8, n),
            "note": [f"{'chest pain' if s else 'cough and cold'} {i % 7}" for i, s in enumerate(sick)],
            "sick": np.where(sick, "yes", "no"),
            "size": sick + random.normal(0, 0.4, n),
            "t1": sick,
            "t2": random.integers(0, 2, n),
            "days": random.exponential(np.where(sick, 100, 600)) + 1,
            "dead": random.integers(0, 2, n),
            "ward": np.arange(n) // 3,
        }
    )
    frame.loc[random.random(n) < 0.2, "note"] = None
    sources = ["sick", "size", "t1", "t2", "days", "dead", "ward"]
    chosen = target if isinstance(target, dict) else {target: TARGETS[target]}
    used = {column for name, one in chosen.items() for column in one.sources(name)} | set(settings.values())
    ignored = [one for one in sources if one not in used]
    return pm.Table.read(frame, target=chosen, ignore=ignored, types={"note": "text"}, **settings)


@pytest.fixture
def fitted_with(monkeypatch):
    """What every fit was given: rows, settings, and the model."""
    calls, fit = [], pm.Model.fit

    def watched(self, table, **settings):
        calls.append((list(table.frame.index), settings, self))
        return fit(self, table, **settings)

    monkeypatch.setattr(pm.Model, "fit", watched)
    return calls


def test_every_kind_of_target_at_once():
    found = pm.compare(make(target=TARGETS), FAST, test=0.4, resamples=100)
    assert {name: one.metric for name, one in found.targets.items()} == {
        "sick": "auc", "size": "r2", "tags": "macro_auc", "survival": "c_index",
    }  # fmt: skip
    for one in found.targets.values():
        names = {line.name for line in one.lines}
        assert names == {"portfolio", "tabular alone", "note alone", "late averaging", "prior"}
        assert all(math.isfinite(line.score.value) for line in one.lines)
        assert one["prior"].score.value == pytest.approx(0.0 if one.kind == "number" else 0.5, abs=0.1)
    assert len(found.to_pandas()) == 20
    assert found["sick"].best_single == "note alone"


def test_same_rows_and_same_budget_for_everyone(fitted_with):
    models = {"portfolio": FAST["portfolio"], "a": pm.Model(learners=["linear"], folds=1, seed=3)}
    found = pm.compare(make(), models, budget="9s", splits=2, test=30, seed=5, resamples=50)
    rows = [tuple(rows) for rows, _, _ in fitted_with]
    assert rows[0] == rows[1] != rows[2] == rows[3]
    assert all(settings["budget"] == 9.0 for _, settings, _ in fitted_with)
    for split, seed in enumerate((5, 6)):
        assert list(make().split(30, seed)[0].frame.index) == list(rows[2 * split])
    assert found.n_test == (30, 30)
    assert found.budget == 9.0


def test_by_default_every_fusion_takes_part(monkeypatch):
    asked = []

    def refuse(self, table, **settings):
        asked.append((self.fusion, self.learners))
        raise FitError("not today")

    monkeypatch.setattr(pm.Model, "fit", refuse)
    with pytest.raises(FitError, match=r"none of the \d+ models could be fitted:\n  portfolio: not today"):
        pm.compare(make())
    fusions = [fusion for fusion, learners in asked if learners == ["network"]]
    assert {"late", "concat", "transformer", "mixture"} <= set(fusions)
    assert ("transformer", None) in asked


def test_the_models_given_stay_as_they_are():
    model = pm.Model(learners=["linear"], folds=1)
    pm.compare(make(), {"portfolio": model}, resamples=0)
    assert not model.is_fitted


def test_a_model_that_fails_is_a_line_and_the_others_go_on(fitted_with):
    class Broken(nn.Module):
        def forward(self, values):
            return values @ values

    models = FAST | {"bad fusion": pm.Model("lat"), "bad module": pm.Model(encoders={"note": Broken()}, epochs=1)}
    found = pm.compare(make(), models, splits=2, resamples=50)
    assert "Did you mean 'late'?" in found["sick"]["bad fusion"].error
    assert found["sick"]["bad module"].error.startswith("split 1 of 2: ")
    assert found["sick"]["portfolio"].score is not None
    assert len(fitted_with) == 4  # what failed on the first split is not tried on the second
    assert "bad fusion failed: split 1 of 2" in str(found)
    assert "bad fusion" in set(found.to_pandas()["line"])


def test_without_the_portfolio_there_is_no_modality_alone():
    models = {"portfolio": pm.Model("lat"), "a": FAST["portfolio"]}
    found = pm.compare(make(), models, resamples=50)["sick"]
    assert {line.name for line in found.lines} == {"portfolio", "a", "prior"}
    assert (found.best_single, found["a"].to_single) == (None, None)


def test_splits_may_be_folds_and_groups_stay_whole():
    table = make(group="ward")
    folds = table.fold_numbers(3)
    found = pm.compare(table, FAST, splits=[folds == k for k in range(3)], resamples=50)
    assert sum(found.n_test) == 90
    assert (found["sick"].drawn, found["sick"].n_drawn, found["sick"].n_rows) == ("groups", 30, 90)
    assert len(found["sick"]["portfolio"].by_split) == 3


def test_prints_plots_and_turns_into_tables_and_json(tmp_path):
    found = pm.compare(make(), FAST, test=0.4, resamples=200)
    text = str(found)
    assert "sick (category): 54 rows to learn from, 36 held out" in text
    assert max(map(len, text.splitlines())) <= 110
    assert "<table>" in found._repr_html_()
    found.plot("sick").savefig(tmp_path / "c.png", dpi=40)
    read = json.loads(to_json(found.to_dict()))
    assert read["targets"]["sick"]["lines"][0]["name"] == found["sick"].best
    frame = found.to_pandas()
    assert frame["value"].tolist() == sorted(frame["value"], reverse=True)
    with pytest.raises(SettingError, match="no result for target 'sik'"):
        found.plot("sik")


def test_the_same_seed_compares_alike():
    first, again = (pm.compare(make(), FAST, resamples=50).to_pandas() for _ in range(2))
    clocks = ["fit_seconds", "answer_seconds"]
    pd.testing.assert_frame_equal(first.drop(columns=clocks), again.drop(columns=clocks))


def test_baselines_are_what_they_say():
    table = make()
    train, test = table.split(0.4)
    model = pm.Model(learners=["linear"], folds=1).fit(train)
    shares = prior_answers(train, 3)["sick"]
    labels = train.labels("sick").values
    assert shares == pytest.approx(np.tile([(labels == 0).mean(), (labels == 1).mean()], (3, 1)), abs=0.01)
    lattice = model.lattice(test)
    found = single_answers(model, test)
    for place, name in enumerate(lattice.modalities):
        alone = lattice.of("sick")[lattice.index(np.arange(2) == place)]
        assert found[f"{name} alone"]["sick"] == pytest.approx(alone)
    both = lattice.present.all(axis=1)
    mean = (found["tabular alone"]["sick"] + found["note alone"]["sick"]) / 2
    assert found["late averaging"]["sick"][both] == pytest.approx(mean[both])
    bare = ~lattice.present[:, list(lattice.modalities).index("note")]
    assert found["late averaging"]["sick"][bare] == pytest.approx(found["tabular alone"]["sick"][bare])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"models": ["lat"]}, "Did you mean 'late'"),
        ({"models": []}, "not empty"),
        ({"models": {"prior": pm.Model()}}, "name of a baseline"),
        ({"models": {"note alone": pm.Model()}}, "name of a baseline"),
        ({"models": {"a": "late"}}, r"models\['a'\] is a pm.Model; str came"),
        ({"models": {1: pm.Model()}}, "named by strings"),
        ({"budget": "soon"}, "is no time"),
        ({"splits": 0}, "splits is a count from 1"),
        ({"splits": []}, "empty list"),
        ({"splits": [np.ones(90, dtype=bool)]}, "rows on both sides"),
        ({"splits": [np.arange(45)]}, "bool mask"),
        ({"splits": 2, "by": "time"}, "only one split by time"),
        ({"test": 2.0}, "share between 0 and 1"),
        ({"metric": "r2"}, "no metric 'r2'"),
        ({"metric": {"sik": "auc"}}, "unknown target 'sik'"),
        ({"resamples": -1}, "resamples=-1"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_fitted(settings, says, fitted_with):
    with pytest.raises(SettingError, match=says):
        pm.compare(make(), **settings)
    assert not fitted_with


def test_only_a_table_with_labels_can_be_compared_on():
    with pytest.raises(SettingError, match="takes a Table, str came"):
        pm.compare("patients.csv")
    with pytest.raises(DataError, match="no target with a label"):
        pm.compare(pm.Table.read({"x": [1.0, 2.0]}))
