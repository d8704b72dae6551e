"""Texts of a row read as one: against naive Bayes features and scikit-learn's logistic regression by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

import polymodal as pm
from polymodal.features.text import TextFeatures
from polymodal.learners._design import Design
from polymodal.learners._evidence import outputs_of, prior_of
from polymodal.learners._learner import Task
from polymodal.learners.texts import Texts
from polymodal.modalities.text import Text
from polymodal.schema.target import Category, Labels, Multilabel

WORDS = np.array(["soft", "warm", "torn", "itchy", "red", "long", "not", "so"])
BOTH, YES_OR_NO = np.array([[True, True]]), Category(classes=("no", "yes"))


def draw(n: int = 80) -> tuple[list[str], list[str], np.ndarray]:
    """Titles and notes of words drawn at random; what is good of them says what is bought."""
    random = np.random.default_rng(0)
    titles = [" ".join(random.choice(WORDS, random.integers(1, 4))) for _ in range(n)]
    notes = [" ".join(random.choice(WORDS[:6], random.integers(2, 8))) for _ in range(n)]
    good = [sum(word in ("soft", "warm") for word in f"{a} {b}".split()) for a, b in zip(titles, notes, strict=True)]
    return titles, notes, (np.array(good) + random.normal(size=n) > 2).astype(np.int64)


def design_of(**columns: list[str | None]) -> Design:
    arrays, features = {}, {}
    for name, cells in columns.items():
        known = [cell for cell in cells if cell is not None]
        statistics = Text().measure(known)
        arrays[name] = [None if cell is None else Text().prepare(cell, statistics) for cell in cells]
        features[name] = TextFeatures.measure([one for one in arrays[name] if one is not None], statistics, 0)
    present = np.array([[cell is not None for cell in cells] for cells in columns.values()]).T
    return Design.of(features, arrays, present)


def task_of(labels: np.ndarray, target: Category | Multilabel = YES_OR_NO) -> Task:
    known, share = Labels(labels, np.ones(labels.shape, dtype=bool)), np.ones(len(labels))
    return Task(target, known, share, prior_of(target, known, share))


def weighed_by_hand(titles: list[str], notes: list[str], bought: np.ndarray) -> np.ndarray:
    """Damped counts times the log of how much oftener in either class, with one row more of each; of unit length."""
    together = [f"{title} | {note}" for title, note in zip(titles, notes, strict=True)]
    counted = CountVectorizer(ngram_range=(1, 2), token_pattern=r"[\w|]+").fit(together)
    within = sorted(place for words, place in counted.vocabulary_.items() if "|" not in words)
    times = counted.transform(together).toarray()[:, within]
    yes, no = (((times[bought == code] > 0).sum(axis=0) + 1) / ((bought == code).sum() + 1) for code in (1, 0))
    damped = np.where(times > 0, 1 + np.log(np.maximum(times, 1)), 0)
    return normalize(damped * np.abs(np.log(yes / no)))


def test_all_texts_are_one_text_weighed_by_naive_bayes():
    titles, notes, bought = draw()
    design, task = design_of(title=titles, note=notes), task_of(bought)
    [model] = Texts.path(design, ["title", "note"], task, [1.0])
    x = weighed_by_hand(titles, notes, bought)
    assert x.shape[1] == len(model.keys)
    expected = LogisticRegression(C=1.0, tol=1e-8, max_iter=5000).fit(x, bought).predict_proba(x)
    found = outputs_of(YES_OR_NO, model.answer(design, BOTH)[0], task.prior)
    np.testing.assert_allclose(found, expected, atol=0.02)


def test_a_word_is_the_same_word_in_every_text():
    titles, notes, bought = draw()
    task = task_of(bought)
    [model] = Texts.path(design_of(title=titles, note=notes), ["title", "note"], task, [12.0])
    moved = (
        [[*titles[:79], None], [*notes[:79], "soft torn warm"]],
        [[*titles[:79], "soft torn warm"], [*notes[:79], None]],
    )
    there, here = (model.answer(design_of(title=a, note=b), BOTH)[0, 79] for a, b in moved)
    np.testing.assert_allclose(there, here)
    assert there.any()


def test_only_texts_that_are_asked_for_are_read():
    titles, notes, bought = draw()
    notes[::3] = [None] * len(notes[::3])
    design = design_of(title=titles, note=notes)
    [model] = Texts.path(design, ["title", "note"], task_of(bought), [12.0])
    alone, both, none = model.answer(design, np.array([[True, False], [True, True], [False, False]]))
    assert not none.any()
    np.testing.assert_array_equal(alone[::3], both[::3])
    assert (alone != both).any()


def test_several_labels_share_the_words_that_tell():
    titles, notes, bought = draw()
    labels = np.stack([bought, np.roll(bought, 7)], axis=1).astype(float)
    design, task = design_of(title=titles, note=notes), task_of(labels, Multilabel(classes=("yes", "noise")))
    [model] = Texts.path(design, ["title", "note"], task, [12.0])
    chances = outputs_of(task.target, model.answer(design, BOTH)[0], task.prior)
    assert np.corrcoef(chances[:, 0], labels[:, 0])[0, 1] > 0.5
    squares = [
        Texts.path(design, ["title", "note"], task_of(labels[:, k].astype(int)), [1.0])[0].weights for k in (0, 1)
    ]
    np.testing.assert_allclose(model.weights, np.sqrt((squares[0] ** 2 + squares[1] ** 2) / 2), rtol=1e-5)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"title": ["so warm", "torn"] * 5, "note": ["not so long", "red"] * 5}, True),
        ({"title": ["so warm", "torn"] * 5}, False),
        ({"title": ["so warm", None] * 5, "note": [None, "red"] * 5}, False),
    ],
)
def test_it_is_for_rows_of_several_texts(columns, expected):
    design = design_of(**columns)
    assert Texts.suits(design, list(columns), task_of(np.arange(10) % 2)) == expected
    assert (len(columns) > 1) == bool(design.counts)


def test_texts_without_words_say_next_to_nothing():
    design = design_of(title=["", ""] * 10, note=["", ""] * 10)
    [model] = Texts.path(design, ["title", "note"], task_of(np.arange(20) % 2), [12.0])
    assert np.abs(model.answer(design, BOTH)).max() < 0.1


def test_a_model_with_two_texts_has_it_and_is_saved_with_it(tmp_path):
    titles, notes, bought = draw(120)
    table = pm.Table.read(
        pd.DataFrame({"title": titles, "note": notes, "bought": bought}),
        target={"bought": pm.Category()},
        types={"title": "text", "note": "text"},
    )
    model = pm.Model(learners=["texts"]).fit(table)
    assert list(model.leaderboard().member) == ["texts", "together"]
    model.save(tmp_path / "bought.pm")
    again = pm.load(tmp_path / "bought.pm")
    np.testing.assert_array_equal(again.predict(table).outputs["bought"], model.predict(table).outputs["bought"])
