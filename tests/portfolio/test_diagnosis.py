"""How much of a modality is used, by hand on rows whose answers are known, and through a whole fit."""

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.fusion._fusion import pooled
from polymodal.portfolio.diagnosis import HEAD, diagnose
from polymodal.portfolio.jury import Jury
from polymodal.schema.target import Labels
from polymodal.training.alone import alone_outputs

N = 100
TRUE = np.arange(N) % 4
PATTERNS = np.array([[True, False], [False, True], [True, True]])


def jury(present: np.ndarray | None = None) -> Jury:
    target = pm.Category(classes=tuple("abcd"))
    labels = Labels(TRUE, np.ones(N, dtype=bool))
    here = np.ones((N, 2), dtype=bool) if present is None else present
    return Jury(target, np.log(np.full(4, 0.25)), here, PATTERNS, labels, np.ones(N))


def says(right: float) -> np.ndarray:
    """`[N, R]` evidence for the true class in the first share of each four rows in turn, else for the next class."""
    said = np.where(np.arange(N) // 4 < right * (N // 4), TRUE, (TRUE + 1) % 4)
    return np.eye(4)[said]


def under(*each: np.ndarray) -> np.ndarray:
    return np.stack([*each, np.ones((N, 4))])


def test_used_by_hand() -> None:
    evidence = {
        "linear:v": under(says(0), says(0.64)),
        "trees:v": under(says(0), says(1)),
        "linear:x": under(says(0.8), says(0)),
    }
    heads = np.exp(np.stack([says(0.96), says(0.2)]))
    found = diagnose(
        jury(), ["x", "v"], evidence, under(says(0.6), says(0.64)), heads / heads.sum(axis=2, keepdims=True)
    )
    nothing = 0.25
    assert [(one.modality, one.best, one.rows, one.metric) for one in found] == [
        ("x", HEAD, N, "accuracy"),
        ("v", "trees", N, "accuracy"),
    ]
    assert [one.alone for one in found] == pytest.approx([0.96, 1.0])
    assert [one.joint for one in found] == pytest.approx([0.6, 0.64])
    assert [one.used for one in found] == pytest.approx([(0.6 - nothing) / (0.96 - nothing), (0.64 - nothing) / 0.75])


def test_a_modality_that_tells_nothing_has_nothing_to_use() -> None:
    evidence = {"linear:x": under(says(0.28), says(0)), "linear:v": under(says(0), says(0.9))}
    nothing, ignored = diagnose(jury(), ["x", "v"], evidence, under(says(0.28), says(0.1)))
    assert nothing.used is None
    assert ignored.used == 0.0


def test_only_rows_that_have_it_count() -> None:
    present = np.ones((N, 2), dtype=bool)
    present[40:, 0] = False
    present[:, 1] = False
    some, none = diagnose(jury(present), ["x", "v"], {"linear:x": under(says(0.4), says(0))}, under(says(0.2), says(0)))
    assert (some.rows, some.alone, some.joint) == (40, 1.0, 0.5)
    assert (none.rows, none.alone, none.joint, none.used) == (0, None, None, None)


@pytest.fixture(scope="module")
def table() -> pm.Table:
    random = np.random.default_rng(0)
    x, v = random.normal(size=60), random.normal(size=(60, 3))
    frame = {
        "x": [None if row % 5 == 0 else x[row] for row in range(60)],
        "v:": list(v),
        "y": np.where(v[:, 0] > 0, "a", "b"),
        "z": v[:, 1],
        "t": random.exponential(np.exp(v[:, 0])),
        "e": [1, 1, 0] * 20,
    }
    return pm.Table.read(frame, target={"s": pm.Survival("t", "e"), "y": pm.Category(), "z": pm.Number()})


@pytest.mark.parametrize("learners", [["network"], ["network", "linear"], ["linear"]], ids=str)
def test_after_a_fit_and_saved(table, learners, tmp_path) -> None:
    model = pm.Model(learners=learners, folds=2, epochs=2, width=8).fit(table)
    found = model.diagnosis()
    assert list(zip(found["target"], found["modality"], strict=True)) == [
        (target, name) for target in "syz" for name in model.schema.names
    ]
    assert found[["nothing", "alone", "joint"]].notna().all(axis=None)
    assert set(found["best"]) <= {HEAD, "linear"} - ({HEAD} if learners == ["linear"] else set())
    assert found["rows"].tolist() == [int(60 * share) for share in np.tile(table.present().mean(axis=0), 3)]
    again = pm.load(model.save(tmp_path / "m.pm")).diagnosis()
    assert again.equals(found)


def test_what_own_heads_say(table) -> None:
    model = pm.Model(learners=["network"], folds=1, epochs=1, width=8).fit(table)
    [network], memory = model.networks, model.preprocessor.prepare(table)
    found = alone_outputs(network, memory)
    assert found.shape == (2, 60, 4)
    batch = memory.batch(np.arange(60))
    with torch.no_grad():
        for place, (name, tokens) in enumerate(network.encode(batch).items()):
            raw = network.alone[name]["y"].head(pooled(tokens))
            np.testing.assert_allclose(found[place, tokens.rows, 1:3], raw.softmax(dim=1), atol=1e-6)
    absent = ~memory.present[:, list(network.encoders).index("tabular")]
    prior = network.objectives["y"].prior.softmax(dim=0).numpy()
    np.testing.assert_allclose(
        found[list(network.encoders).index("tabular"), absent, 1:3], np.tile(prior, (12, 1)), atol=1e-6
    )
    np.testing.assert_allclose(
        [one[here, 0].mean() for one, here in zip(found, memory.present.T, strict=True)], 0, atol=1e-12
    )
