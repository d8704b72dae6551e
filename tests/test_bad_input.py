"""Tables that are hard to learn from: a fit that answers and says what it cannot, or an error."""

import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import FitError, SchemaError

ROWS = 40
RANDOM = np.random.default_rng(0)
Y = np.array(["a", "b"] * (ROWS // 2))
X = (Y == "b") * 2.0 + RANDOM.normal(size=ROWS)
TIME = RANDOM.exponential(np.exp(-X))
PAIRS = [[one, 1.0] for one in X]
HALVES = np.arange(ROWS) // (ROWS // 2)
PANEL = RANDOM.normal(size=(90, 10_000))
PANEL[:, 0] += 20 * (np.arange(90) % 2)


def only(rows, cell):
    """A column of cells that only the given rows have."""
    return [cell(row) if row in rows else None for row in range(ROWS)]


CASES = {  # columns, how they are read, folds, what the model says of itself
    "fewer rows than folds": (
        {"x": X[:10], "y": Y[:10], "ward": np.arange(10) // 2},
        {"target": "y", "group": "ward"},
        12,
        "12 folds became 5: there are only 5 groups of rows to hold out",
    ),
    "a class with one row": (
        {"x": X, "y": ["c", *Y[1:]]},
        {"target": "y"},
        3,
        "target 'y': no row of 'c' could be held out while another of the same class was learnt from",
    ),
    "a class with fewer rows than folds": (
        {"x": X, "y": ["c", "c", *Y[2:]]},
        {"target": "y"},
        3,
        "target 'y': 'c' has fewer rows than there are folds (3)",
    ),
    "a class in one group only": (
        {"x": X, "y": ["c"] * 4 + list(Y[4:]), "ward": np.arange(ROWS) // 4},
        {"target": "y", "group": "ward"},
        3,
        "no row of 'c' could be held out",
    ),
    "a class that is constant in a fold": (
        {"x": X, "y": np.array(["a", "b"])[HALVES], "ward": HALVES},
        {"target": "y", "group": "ward"},
        2,
        "target 'y' does not vary over the rows that 2 of 2 folds learn from",
    ),
    "a number that is constant in a fold": (
        {"x": X, "z": [0.0] * (ROWS - 1) + [1.0]},
        {"target": {"z": pm.Number()}},
        2,
        "target 'z' does not vary over the rows that 1 of 2 folds learn from",
    ),
    "survival without event in a fold": (
        {"x": X, "t": TIME, "e": [1] + [0] * (ROWS - 1)},
        {"target": pm.Survival("t", "e")},
        2,
        "target 'survival' does not vary over the rows that 1 of 2 folds",
    ),
    "a label that never varies": (
        {"x": X, "p": 1 * (Y == "a"), "q": [1] * ROWS},
        {"target": {"y": pm.Multilabel(columns=("p", "q"))}},
        2,
        "target 'y': 'q' never varies",
    ),
    "a modality in three rows": (
        {"x": X, "v": only({3, 10, 30}, lambda row: [1.0, row]), "y": Y},
        {"target": "y", "types": {"v": "vector"}},
        2,
        "modality 'v' is in 3 of 40 rows",
    ),
    "identical modalities": (
        {"a": PAIRS, "b": PAIRS, "y": Y},
        {"target": "y", "types": {"a": "vector", "b": "vector"}},
        2,
        "modalities 'a' and 'b' hold the same in every row: .* nothing is lost with ignore=['b']",
    ),
    "far more columns than rows": (
        {"v": list(PANEL), "y": ["a", "b"] * 45},
        {"target": "y", "types": {"v": "vector"}},
        2,
        "modality 'v' has 10000 numbers for 90 rows",
    ),
    "a column of unique strings": (
        {"s": [f"id{row}" for row in range(ROWS)], "x": X, "y": Y},
        {"target": "y", "types": {"s": "tabular"}},
        2,
        "column 's' of 's' has another category in every row",
    ),
}


@pytest.mark.parametrize("preset", ["fast", "good"])
@pytest.mark.parametrize("case", CASES)
def test_a_working_fit_that_says_what_it_cannot(case: str, preset: str) -> None:
    columns, read, folds, said = CASES[case]
    table = pm.Table.read(columns, **read)
    model = pm.Model(preset=preset, folds=folds, epochs=1, width=8).fit(table, progress=False)
    assert all(part in " ".join(model.limitations) for part in said.split(" .* "))
    for rows in (table.take(np.arange(8)), {}):
        found = model.predict(rows)
        for name, target in model.schema.targets.items():
            assert np.isfinite(found.outputs[name]).all()
            if target.kind == "category":
                np.testing.assert_allclose(found.outputs[name].sum(axis=1), 1.0)


def test_a_sound_table_has_no_limitation() -> None:
    assert pm.Model(preset="fast", folds=2).fit(pm.Table.read({"x": X, "y": Y}, target="y")).limitations == []


def test_what_it_says_is_kept_in_the_file_and_on_the_page(tmp_path) -> None:
    table = pm.Table.read({"x": X, "y": ["c", *Y[1:]]}, target="y")
    model = pm.Model(preset="fast", folds=2).fit(table)
    again = pm.load(model.save(tmp_path / "model.pm"))
    assert again.limitations == model.limitations != []
    assert "no row of &#39;c&#39; could be held out" in again.report(tmp_path / "page.html", table).read_text()


@pytest.mark.parametrize("preset", ["fast", "good"])
def test_one_class_only(preset: str) -> None:
    with pytest.raises(SchemaError, match="target 'y' has one class only, 'a'; a category needs at least two"):
        pm.Model(preset=preset).fit(pm.Table.read({"x": X, "y": ["a"] * ROWS}, target="y"))


def test_a_class_of_which_one_row_can_be_learnt_from_is_left_at_its_share() -> None:
    """Beside many rows of others its probability stays small where nothing speaks for it."""
    table = pm.Table.read({"x": X, "y": ["c", *Y[1:]]}, target="y")
    model = pm.Model(preset="fast", folds=5).fit(table)
    far = model.predict([{"x": float(X.max())}, {"x": float(np.median(X))}]).outputs["y"][:, 2]
    assert (far < 0.2).all()


def test_a_modality_in_training_that_no_row_has_later_is_told() -> None:
    table = pm.Table.read({"x": X, "n": [f"word {y}" for y in Y], "y": Y}, target="y", types={"n": "text"})
    model = pm.Model(preset="fast", folds=2).fit(table)
    notes = model.predict({"x": [0.0, 1.0], "n": [None, None]}).notes
    assert notes == ["no row has 'n', which the model learnt from; all are answered without it"]
    assert model.predict({"x": [0.0, 1.0], "n": [None, "word a"]}).notes == []


def test_a_modality_that_only_later_rows_have_is_refused() -> None:
    with pytest.raises(FitError, match="modality 'n' has no readable cell in the training rows"):
        pm.Model(preset="fast").fit(
            pm.Table.read({"x": X, "n": [None] * ROWS, "y": Y}, target="y", types={"n": "text"})
        )


def test_thousands_of_columns_one_by_one() -> None:
    """Neither what each column is inferred to be nor attention between all of them may take for ever."""
    columns = {f"c{place}": column for place, column in enumerate(PANEL.T[:600])}
    table = pm.Table.read({**columns, "y": ["a", "b"] * 45}, target="y")
    model = pm.Model(learners=["network"], folds=1, epochs=1, width=8).fit(table)
    assert np.isfinite(model.predict({"c0": 20.0}).outputs["y"]).all()
