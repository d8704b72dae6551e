"""One model of two targets answers each about as well as a model of its own."""

import numpy as np

import polymodal as pm

ROWS, HELD_OUT = 500, 500
TARGETS = {"side": pm.Category(), "height": pm.Number()}


def drawn(rows, seed, unknown):
    """Two panels; the side goes by the first, the height, which is in large units, by both; each with its own gaps."""
    random = np.random.default_rng(seed)
    left, right = random.normal(size=(2, rows, 3))
    side = np.where(left[:, 0] + 0.4 * random.normal(size=rows) > 0, "up", "down").astype(object)
    height = 1e4 * (left[:, 1] + right[:, 0] + 0.4 * random.normal(size=rows))
    gaps = random.random((2, rows)) < unknown
    return {
        "left": list(left.tolist()),
        "right": list(right.tolist()),
        "side": np.where(gaps[0], None, side),
        "height": np.where(gaps[1], np.nan, height),
    }


def scores(*names):
    """By target the metric that matters, of one network for these targets."""
    asked = {"target": {name: TARGETS[name] for name in names}, "ignore": [one for one in TARGETS if one not in names]}
    model = pm.Model(learners=["network"], folds=1, epochs=12, width=16, learning_rate=0.01)
    model.fit(pm.Table.read(drawn(ROWS, 0, 0.3), **asked), progress=False)
    found = model.evaluate(pm.Table.read(drawn(HELD_OUT, 100, 0.0), **asked), resamples=0)
    return {name: one.scores[one.metric].value for name, one in found.targets.items()}


def test_two_targets_are_told_as_well_as_one():
    both, apart = scores("side", "height"), {**scores("side"), **scores("height")}
    assert apart["side"] > 0.9
    assert apart["height"] > 0.7
    assert all(both[name] > apart[name] - 0.05 for name in TARGETS), (both, apart)
