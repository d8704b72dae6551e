"""Networks of several fusions in one model: each a member, weighed, saved and resumed like the others."""

import json

import numpy as np
import pytest

import polymodal as pm
from polymodal.artifact import Artifact
from polymodal.errors import SettingError
from polymodal.learners._design import Design
from polymodal.learners._evidence import evidence_of, outputs_of
from polymodal.portfolio.portfolio import NETWORK
from polymodal.portfolio.preset import PRESETS, networks_of
from polymodal.registry import FUSIONS
from polymodal.sweep import mean_outputs

RANDOM = np.random.default_rng(0)
LABELS = ["a", "b"] * 20
FRAME = {"x": RANDOM.normal(size=40), "v": list(RANDOM.normal(size=(40, 3))), "y": LABELS}
TABLE = pm.Table.read(FRAME, target="y")
TINY = {"epochs": 2, "width": 8, "folds": 2}
ROWS = {"x": 0.5, "v": [1.0, 0.0, 2.0]}


@pytest.fixture(scope="module")
def model() -> pm.Model:
    return pm.Model(learners=["network", "late", "linear"], **TINY).fit(TABLE, progress=False)


def test_every_network_is_a_member_with_a_weight(model):
    assert {member: len(some) for member, some in model.portfolio.networks.items()} == {NETWORK: 2, "late": 2}
    assert {type(one.fusion) for one in model.networks} == {FUSIONS.get("transformer"), FUSIONS.get("late")}
    assert len(model.histories) == 4
    assert {"network", "late", "linear"} < set(model.leaderboard()["member"])
    assert model.portfolio.describe(model.fusion) == "transformer network x 2, late network x 2, linear"


def test_the_answer_is_the_weighed_sum_of_what_each_says(model):
    portfolio, memory = model.portfolio, model.preprocessor.prepare(TABLE)
    full = np.ones((1, 2), dtype=bool)
    stack, target = portfolio.stacks["y"], portfolio.targets["y"]
    design = Design.of(portfolio.features, memory.arrays, memory.present)
    total = 0.0
    for member, weight in zip(stack.members, stack.weights[-1], strict=True):
        if member in portfolio.networks:
            said = mean_outputs(portfolio.networks[member], memory, full)
            total = total + weight * evidence_of(target, said, stack.prior)
        elif weight:
            total = total + weight * portfolio.learners["y"][member].answer(design, full)
    expected = outputs_of(target, total, stack.prior)
    np.testing.assert_allclose(portfolio.answer(memory, full), expected, atol=1e-12)


def test_saved_and_loaded(model, tmp_path):
    loaded = pm.load(model.save(tmp_path / "two.pm"))
    assert list(loaded.portfolio.networks) == [NETWORK, "late"]
    np.testing.assert_array_equal(loaded.predict(ROWS).outputs["y"], model.predict(ROWS).outputs["y"])


def test_a_file_from_before_there_were_several(tmp_path):
    model = pm.Model(learners=["network"], **TINY).fit(TABLE, progress=False)
    artifact = Artifact.read(model.save(tmp_path / "one.pm"))
    old = json.loads(json.dumps(artifact.record)) | {"networks": 2}
    Artifact(old, artifact.tensors).write(tmp_path / "old.pm")
    answers = pm.load(tmp_path / "old.pm").predict(ROWS).outputs["y"]
    np.testing.assert_array_equal(answers, model.predict(ROWS).outputs["y"])


def test_a_fusion_alone_by_its_name_is_the_model_of_that_fusion(tmp_path):
    named = pm.Model(learners=["late"], **TINY).fit(TABLE, progress=False)
    own = pm.Model("late", learners=["network"], **TINY).fit(TABLE, progress=False)
    expected = own.predict(TABLE).outputs["y"]
    np.testing.assert_array_equal(named.predict(TABLE).outputs["y"], expected)
    np.testing.assert_array_equal(pm.load(named.save(tmp_path / "late.pm")).predict(TABLE).outputs["y"], expected)


def test_the_best_preset_has_a_late_network_and_not_the_same_one_twice():
    names = PRESETS["best"].learners
    assert networks_of(names, "transformer") == [NETWORK, "late"]
    assert networks_of(names, "late") == [NETWORK]


def test_each_keeps_its_own_checkpoint(tmp_path, model):
    settings = {"learners": ["network", "late", "linear"], **TINY}
    checked = pm.Model(**settings).fit(TABLE, checkpoint=tmp_path / "run", progress=False)
    np.testing.assert_array_equal(checked.predict(ROWS).outputs["y"], model.predict(ROWS).outputs["y"])


def test_a_learner_nobody_knows_is_told_of_fusions_too():
    with pytest.raises(SettingError, match=r"unknown learner 'lat'.*late"):
        pm.Model(learners=["lat"]).fit(TABLE)
