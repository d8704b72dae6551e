"""What is kept of the answers of each model."""

import numpy as np

import polymodal as pm
from polymodal.comparison.entrants import PORTFOLIO, PRIOR
from polymodal.comparison.runs import run_all
from polymodal.metrics import find


def test_each_model_answers_by_its_own_threshold():
    random = np.random.default_rng(0)
    x = random.normal(size=200)
    ill = np.where(x + random.normal(size=200) > 1.5, "yes", "no")
    target = pm.Category(decide="recall>=0.95", class_weight="balanced")
    table = pm.Table.read({"x": x, "ill": ill}, target={"ill": target})
    mask = np.arange(200) % 2 == 0
    models = {PORTFOLIO: pm.Model(learners=["linear"], folds=2)}
    settings = {"budget": None, "max_unreadable": 0.1, "progress": False}
    kept = {}
    for name in ("balanced_accuracy", "auc"):
        metrics = {"ill": find(table.schema.targets["ill"], name)}
        runs = {one.name: one for one in run_all(table, models, [mask], metrics, **settings)}
        kept[name] = runs[PORTFOLIO].answers[0]["ill"]
    model = models[PORTFOLIO].fit(table.take(~mask), progress=False)
    answers = model.predict(table.take(mask))
    np.testing.assert_array_equal(kept["auc"], answers.outputs["ill"])
    np.testing.assert_array_equal(kept["balanced_accuracy"][:, 1] == 1, answers.values() == "yes")
    assert (kept["balanced_accuracy"].argmax(axis=1) != kept["auc"].argmax(axis=1)).any()
    assert runs[PRIOR].answers[0]["ill"][0, 0] > 0.8, "the majority, whatever the classes weigh in a fit"
