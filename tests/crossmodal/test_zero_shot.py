"""Classes that are only said, by a space of one's own."""

import pytest

import polymodal as pm
from polymodal.errors import FitError, SettingError


def test_panels_are_told_apart_by_words(model: pm.Model, test: pm.Table) -> None:
    letters = ("l2", "l4", "l7")
    rows = test.take(test.frame["letter"].isin(letters).to_numpy().nonzero()[0])
    said = {one: [f"letter{one[1]} shade{k}" for k in range(4)] for one in letters}
    found = pm.zero_shot(rows, said, model=model)
    assert found.modalities == ("panel",)
    has = rows.frame["panel"].notna().to_numpy()
    assert (found.values()[has] == rows.frame["letter"].to_numpy()[has]).mean() > 0.8
    chances = found.outputs["class"]
    assert chances[~has] == pytest.approx(1 / 3)
    assert chances.sum(axis=1) == pytest.approx(1)


def test_what_cannot_be_asked_of_a_space(model: pm.Model, test: pm.Table) -> None:
    with pytest.raises(SettingError, match="leave modality and examples out"):
        pm.zero_shot(test, ["a", "b"], model=model, modality="note")
    with pytest.raises(FitError, match="not fitted yet"):
        pm.zero_shot(test, ["a", "b"], model=pm.Model(objective="align"))
