"""Faults that libraries of this kind have had, each as a test of what happens here.

Two more are laws: that every setting is read by something (`contracts/test_every_setting_counts.py`), and that what
works for two modalities works for four (`contracts/test_any_number.py`).
"""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

import polymodal as pm
from polymodal.errors import PolymodalError, SettingError
from polymodal.registry import MODALITIES
from polymodal.schema.batch import Tokens
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import random_table
from polymodal.training.patterns import uniform_patterns

SMALL = {"folds": 1, "epochs": 2, "width": 8}


@pytest.fixture(scope="module")
def table() -> pm.Table:
    kinds = {kind: kind for kind in MODALITIES.names()}
    return random_table(np.random.default_rng(0), kinds, rows=24, missing=0.4)


@pytest.fixture(scope="module", params=["transformer", "late"])  # the laws look at every fusion
def model(request, table) -> pm.Model:
    return pm.Model(request.param, **SMALL).fit(table)


class Shade:
    """A frozen encoder of pictures whose vector says how red they are."""

    width, fingerprint = 1, "shade"

    def embed(self, samples):
        return np.array([[sample[..., 0].mean()] for sample in samples], dtype=np.float32)

    def export(self):
        return {}, {}


@pytest.mark.parametrize("frozen", [False, True])
def test_a_corrupt_file_does_not_shift_the_rows_after_it(tmp_path, monkeypatch, frozen):
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    for row in range(10):
        Image.new("RGB", (8, 8), (20 * row, 0, 0)).save(tmp_path / f"{row}.png")
    (tmp_path / "4.png").write_bytes(b"cut short")
    table = pm.Table.read({"photo": [f"{row}.png" for row in range(10)]}, files=tmp_path)
    preprocessor = Preprocessor.measure(table, {"photo": Shade()} if frozen else {})
    memory = preprocessor.prepare(table)
    assert [fault.row for fault in memory.faults] == [4]
    for row, array in enumerate(memory.arrays["photo"]):
        if row == 4:
            assert array is None
            continue
        mean, std = preprocessor.statistics["photo"].mean[0], preprocessor.statistics["photo"].std[0]
        shade = float(array[0]) * std + mean if frozen else float(array[0, 0, 0])
        assert shade == pytest.approx(20 * row, abs=1e-3)


def test_what_training_hides_is_what_prediction_lacks(model, table):
    """A hidden modality and one that was never there are one and the same to the network, in training mode too."""
    network = model.networks[0]
    memory = model.preprocessor.prepare(table)
    name, position = "text", table.schema.names.index("text")
    rows = np.flatnonzero(memory.present[:, position] & (memory.present.sum(axis=1) > 1))
    batch = memory.batch(rows)
    kept = torch.from_numpy(memory.present[rows]).clone()
    kept[:, position] = False
    with torch.no_grad():
        tokens = network.encode(batch)
        hidden = network.fuse_under(tokens, kept[None])
        never = network.fuse({other: one for other, one in tokens.items() if other != name}, len(rows))
    torch.testing.assert_close(hidden.values, never.values, atol=1e-5, rtol=0)
    assert torch.equal(hidden.known, never.known)


def test_what_is_hidden_in_training_is_drawn_for_each_row():
    present = torch.ones(64, 4, dtype=torch.bool)
    kept = uniform_patterns(present, torch.Generator().manual_seed(0))
    assert len({tuple(row) for row in kept.tolist()}) > 8
    assert kept.any(dim=1).all()


def test_two_evaluations_are_equal(model, table):
    one, two = model.lattice(table).values, model.lattice(table).values
    np.testing.assert_array_equal(one, two)
    assert str(model.evaluate(table, resamples=20)) == str(model.evaluate(table, resamples=20))
    assert not any(module.training for network in model.networks for module in network.modules())


def test_watching_the_network_changes_nothing(model, table):
    """Hooks that look at every activation, as loggers do, leave the answers as they are."""
    before, seen = model.predict(table).outputs["target"], []
    hooks = [module.register_forward_hook(lambda *_: seen.append(1)) for module in model.networks[0].modules()]
    after = model.predict(table).outputs["target"]
    for hook in hooks:
        hook.remove()
    assert seen
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"vector": [1.0] * 5}, "6 numbers were learnt, 5 came"),
        ({"vector": [1.0] * 7}, "6 numbers were learnt, 7 came"),
        ({"series": np.zeros((9, 3))}, "2 channels were learnt, 3 came"),
        ({"series": np.zeros(9)}, "2 channels were learnt, 1 came"),
    ],
)
def test_a_cell_of_another_width_is_never_cut_or_stretched(model, row, reason):
    found = model.predict(row)
    assert reason in str(found.faults[0])
    assert not found.used.any()


def test_forward_leaves_its_containers_alone(model, table):
    network = model.networks[0]
    batch = model.preprocessor.prepare(table).batch(np.arange(len(table)))
    kept = {name: (one.values.clone(), one.rows.clone()) for name, one in batch.fields.items()}
    fields = dict(batch.fields)
    with torch.no_grad():
        tokens = network.encode(batch)
        before = {name: (one.values.clone(), one.mask.clone(), one.rows.clone()) for name, one in tokens.items()}
        mapping: dict[str, Tokens] = dict(tokens)
        network.answer(network.fuse(mapping, batch.size))
    assert list(mapping) == list(tokens)
    assert all(mapping[name] is tokens[name] for name in tokens)
    for name, one in tokens.items():
        assert all(torch.equal(a, b) for a, b in zip(before[name], (one.values, one.mask, one.rows), strict=True))
    assert dict(batch.fields) == fields
    assert all(torch.equal(kept[n][0], one.values) and torch.equal(kept[n][1], one.rows) for n, one in fields.items())


def test_all_zero_in_training_is_not_absent():
    """A modality that is zero wherever it is there still tells that it is there."""
    rows = 80
    there = np.arange(rows) % 2 == 0
    columns = {
        "v": [[0.0, 0.0, 0.0] if here else None for here in there],
        "noise": np.random.default_rng(0).normal(size=rows),
        "y": np.where(there, "there", "gone"),
    }
    model = pm.Model(folds=1, epochs=30, width=16).fit(pm.Table.read(columns, target="y", types={"v": "vector"}))
    answers = model.predict([{"v": [0.0, 0.0, 0.0], "noise": 0.1}, {"noise": 0.1}])
    assert answers.values().tolist() == ["there", "gone"]


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_a_misspelt_setting_is_refused(kind):
    with pytest.raises(SettingError, match="colour"):
        MODALITIES.get(kind)(colour=3)
    with pytest.raises(PolymodalError, match="colour"):
        pm.Table.read({"x": [1.0, 2.0]}, types={"x": {"kind": kind, "colour": 3}})
    with pytest.raises(TypeError, match="colour"):
        pm.Model(colour=3)


def test_a_row_with_nothing_is_answered_by_the_prior_everywhere(model, table):
    lattice = model.lattice([{}, {}])
    assert np.isfinite(lattice.values).all()
    np.testing.assert_array_equal(lattice.values, np.broadcast_to(lattice.values[:1, :1], lattice.values.shape))
    prior = model.predict({}).outputs["target"]
    np.testing.assert_array_equal(lattice.values[0], np.repeat(prior, 2, axis=0))


def test_explanations_belong_to_the_rows_they_were_asked_for(model, table):
    """Tables of one shape, asked in turn, each get their own."""
    first, second = table.take(np.arange(12)), table.take(np.arange(12, 24))
    one, two, again = (model.explain(part) for part in (first, second, first))
    assert str(one) == str(again)
    assert str(one) != str(two)
    alone = np.stack([model.lattice(first.take(np.array([row]))).values[:, 0] for row in range(12)], axis=1)
    np.testing.assert_allclose(alone, model.lattice(first).values, atol=1e-5)


ELSEWHERE = """
import socket, sys
def refuse(*_, **__):
    raise AssertionError("the network was reached for")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
import numpy as np, torch
import polymodal as pm
torch.set_num_threads(1)
model = pm.load(sys.argv[1])
np.save(sys.argv[2], model.predict([{"text": text} for text in sys.argv[3:]]).outputs["target"])
"""


def test_loaded_elsewhere_it_reads_cells_in_the_same_way(table, tmp_path):
    """In another process, with another hash seed, from another folder and without a network."""
    model = pm.Model(**SMALL).fit(table)
    path, found = model.save(tmp_path / "model.pm"), tmp_path / "found.npy"
    texts = ["storm and rain", "łódź 雨 🌧", "never seen before", ""]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", ELSEWHERE, str(path), str(found), *texts]
    (tmp_path / "empty").mkdir()
    run = subprocess.run(command, env=environment, cwd=tmp_path / "empty", capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    np.testing.assert_array_equal(np.load(found), model.predict([{"text": text} for text in texts]).outputs["target"])


def test_rows_of_one_entity_stay_on_one_side(monkeypatch):
    """Several rows of one patient are never both learnt from and validated on, in a split and inside `fit`."""
    random = np.random.default_rng(0)
    who = np.repeat([f"p{number}" for number in range(20)], 3)
    columns = {"who": who, "x": random.normal(size=60), "y": np.where(np.arange(60) // 3 % 2, "a", "b")}
    table = pm.Table.read(columns, target="y", id="who")
    train, test = table.split(0.3)
    assert not set(train.frame["who"]) & set(test.frame["who"])
    for part, rest in table.folds(5):
        assert not set(part.frame["who"]) & set(rest.frame["who"])

    import polymodal.training.ensemble as ensemble

    sides = []
    real = ensemble.fit

    def spy(network, train_rows, validation, *rest, **named):
        held = {tuple(array) for array in validation.arrays["tabular"]}
        learnt = {tuple(array) for array in train_rows.arrays["tabular"]}
        sides.append((learnt, held))
        return real(network, train_rows, validation, *rest, **named)

    monkeypatch.setattr(ensemble, "fit", spy)
    model = pm.Model(folds=3, epochs=1, width=8).fit(table)
    owner = {
        tuple(array): one for array, one in zip(model.preprocessor.prepare(table).arrays["tabular"], who, strict=True)
    }
    assert len(sides) == 3
    for learnt, held in sides:
        assert held
        assert not {owner[one] for one in learnt} & {owner[one] for one in held}
