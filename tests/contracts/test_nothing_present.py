"""Law 4: a row with nothing present gets the prior, finite, and says so."""

import numpy as np
import pytest
import torch

from polymodal.learners._evidence import outputs_of


def test_the_prior_is_the_answer(model, table):
    answer = model.predict({})
    for name, objective in model.networks[0].objectives.items():
        prior = objective.outputs(objective.prior[None, :]).numpy()
        if name in model.portfolio.stacks:
            stack = model.portfolio.stacks[name]
            prior = outputs_of(model.schema.targets[name], np.zeros((1, len(stack.prior))), stack.prior)
        np.testing.assert_array_equal(answer.outputs[name], prior)
        assert np.isfinite(prior).all()
    assert not answer.used.any()
    assert answer.to_pandas()["used"].tolist() == ["nothing: prior"]
    assert "nothing: prior" in str(answer)


def test_the_prior_is_what_training_labels_say(model, table):
    outputs = model.predict({}).outputs
    if model.portfolio.stacks:  # it was fitted, and an empty row teaches nothing
        table = table.take(np.flatnonzero(table.present().any(axis=1)))
    labels = {name: table.labels(name) for name in table.schema.targets}
    counts = np.bincount(labels["to category"].values, minlength=3)
    np.testing.assert_allclose(outputs["to category"][0], (counts + 1 / 3) / (counts.sum() + 1), rtol=1e-6)
    share = (labels["to multilabel"].values.sum(axis=0) + 0.5) / (len(table) + 1)
    np.testing.assert_allclose(outputs["to multilabel"][0], share, rtol=1e-6)
    np.testing.assert_allclose(outputs["to number"][0, 0], labels["to number"].values.mean(), rtol=1e-6)
    assert outputs["to survival"][0, 0] == 0.0


@pytest.mark.parametrize("neighbours", [0, 3])
def test_among_others_and_alone(model, table, answers, neighbours):
    nothing = 1
    assert not table.present()[nothing].any()
    rows = np.array([nothing, *range(2, 2 + neighbours)])
    np.testing.assert_array_equal(answers(model, table.take(rows))[0], answers(model, {})[0])


def test_every_row_empty(model):
    found = model.predict([{}, {}, {}])
    assert all(np.isfinite(values).all() for values in found.outputs.values())
    assert len(found.to_pandas()) == 3


def test_an_empty_row_teaches_the_network_nothing(model, table):
    """The fused vector of such a row is zero and `known` is False, so no loss reaches a weight through it."""
    fused = model.networks[0].fuse({}, 2)
    assert not fused.known.any()
    assert torch.equal(fused.values, torch.zeros_like(fused.values))
    batch = model.preprocessor.prepare(table).batch(np.array([1]), with_labels=True)
    network = model.networks[0]
    loss = network.loss(network.fuse(network.encode(batch), 1), batch)
    assert loss.item() == 0.0
