"""Settings as scikit-learn reads, changes and copies them."""

import numpy as np
import pytest
from sklearn.base import clone

import polymodal as pm
from polymodal.errors import FitError, SettingError


def test_a_clone_has_the_settings_and_nothing_learnt() -> None:
    table = pm.Table.read({"x": [0.0, 1.0] * 10, "y": ["a", "b"] * 10}, target="y")
    model = pm.Model("late", {"tabular": "tabular"}, learners=["linear"], folds=2).fit(table, progress=False)
    again = clone(model)
    assert not again.is_fitted
    assert again.get_params() == model.get_params()
    again.encoders["more"] = "text"
    assert "more" not in model.encoders
    answers = clone(model).fit(table, progress=False).predict(table).to_pandas()
    assert answers.equals(model.predict(table).to_pandas())


def test_probabilities_are_found_where_they_are_looked_for() -> None:
    table = pm.Table.read({"x": [0.0, 1.0] * 10, "y": ["a", "b"] * 10}, target="y")
    model = pm.Model(learners=["linear"], folds=2).fit(table, progress=False)
    found = model.predict_proba({"x": 1.0})
    assert list(found.columns) == ["a", "b"]
    np.testing.assert_allclose(found, model.predict({"x": 1.0}).probabilities())
    with pytest.raises(FitError, match="belong to what it learnt"):
        model.set_params(width=8)


def test_settings_are_set_by_name() -> None:
    model = pm.Model(width=32).set_params(fusion="late", learners="linear")
    assert (model.width, model.fusion, model.learners) == (32, "late", ["linear"])
    with pytest.raises(SettingError, match=r"no setting 'widht'. Did you mean 'width'"):
        model.set_params(widht=8)
