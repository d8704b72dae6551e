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
    with pytest.raises(SettingError, match="leave examples out"):
        pm.zero_shot(test, ["a", "b"], model=model, examples=test)
    with pytest.raises(SettingError, match="'panel' is no text column of the model"):
        pm.zero_shot(test, ["a", "b"], model=model, modality="panel")
    with pytest.raises(FitError, match="not fitted yet"):
        pm.zero_shot(test, ["a", "b"], model=pm.Model(objective="align"))


def test_of_several_texts_one_is_named() -> None:
    colours = ["red", "green", "blue"] * 20
    rows = {
        "panel": [[float(one == other) for other in ("red", "green", "blue")] for one in colours],
        "title": [f"a {one} thing" for one in colours],
        "review": [f"it came in {one} as I hoped" for one in colours],
    }
    table = pm.Table.read(rows, types={"panel": pm.Vector(), "title": "text", "review": "text"})
    two = pm.Model(objective="align", width=8, epochs=2, learners=["network"]).fit(table, progress=False)
    with pytest.raises(SettingError, match="it has 'review', 'title'; say which by modality="):
        pm.zero_shot(table, ["red", "blue"], model=two)
    found = pm.zero_shot(table, ["red", "blue"], model=two, modality="title", prompt="a {} thing")
    assert set(found.modalities) == {"panel", "review"}
