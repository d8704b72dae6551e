"""Law 9: what is saved loads with the network blocked and without unpickling anything, and answers bit for bit."""

import pickle
import socket

import numpy as np
import pytest
import torch

import polymodal as pm


@pytest.fixture
def sealed(monkeypatch):
    """Any attempt to reach the network or to unpickle is an error."""

    def refuse(*_, **__):
        raise AssertionError("the network or an unpickler was reached for")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    for name in ("load", "loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)


@pytest.mark.usefixtures("sealed")
def test_loaded_answers_bit_for_bit(model, table, answers, tmp_path):
    loaded = pm.load(model.save(tmp_path / "model.pm"))
    np.testing.assert_array_equal(answers(loaded, table), answers(model, table))
    np.testing.assert_array_equal(answers(loaded, {}), answers(model, {}))
    np.testing.assert_array_equal(loaded.lattice(table, samples=8).values, model.lattice(table, samples=8).values)
    assert loaded.schema == model.schema
    assert loaded.preprocessor.statistics == model.preprocessor.statistics


@pytest.mark.usefixtures("sealed")
def test_curves_and_labels_are_kept(model, table, tmp_path):
    one, two = model.predict(table), pm.load(model.save(tmp_path / "model.pm")).predict(table)
    for name, target in one.targets.items():
        np.testing.assert_array_equal(one.values(name), two.values(name))
        if target.kind == "survival":
            np.testing.assert_array_equal(one.curves(name), two.curves(name))
    assert str(one) == str(two)


def test_every_weight_is_in_the_file(model, tmp_path):
    loaded = pm.load(model.save(tmp_path / "model.pm"))
    before, after = model.networks[0].state_dict(), loaded.networks[0].state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) and before[name].dtype == after[name].dtype for name in before)


def test_saved_again_is_the_same_file(model, tmp_path):
    first = model.save(tmp_path / "one.pm")
    second = pm.load(first).save(tmp_path / "two.pm")
    assert first.read_bytes() == second.read_bytes()


def test_no_code_is_in_the_file(model, tmp_path):
    content = model.save(tmp_path / "model.pm").read_bytes()
    assert int.from_bytes(content[:8], "little") < len(content)  # safetensors: the length of the JSON header
    assert content[8:9] == b"{"
    assert b"polymodal.encoders" not in content  # parts go by registered name, not by path of import
