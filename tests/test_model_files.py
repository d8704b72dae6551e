"""Saved models that are damaged, foreign, newer or in the way of a full disk."""

import errno
import json
import os

import numpy as np
import pytest
import torch
from safetensors.torch import save

import polymodal as pm
from polymodal.errors import ArtifactError


@pytest.fixture(scope="module")
def model() -> pm.Model:
    random = np.random.default_rng(0)
    table = pm.Table.read({"x": random.normal(size=20), "y": ["a", "b"] * 10}, target="y")
    return pm.Model(folds=2, epochs=1, width=8).fit(table)


def header(path):
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + size]), content[8 + size :]


def rewrite(path, change):
    """The same file with its description changed, as one of the first, which had no check sum."""
    told, tensors = header(path)
    record = json.loads(told["__metadata__"]["polymodal"])
    del record["sum"]
    change(record)
    told["__metadata__"]["polymodal"] = json.dumps(record)
    head = json.dumps(told).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + tensors)


def test_no_file(tmp_path):
    for path in (tmp_path / "gone.pm", tmp_path):
        with pytest.raises(ArtifactError, match="no model file at"):
            pm.load(path)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04", b"{}", b"\xff" * 1000])
def test_foreign_content(tmp_path, content):
    path = tmp_path / "model.pm"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match=r"model\.pm is damaged or no model file"):
        pm.load(path)


def test_a_bit_that_flipped_in_a_weight_is_no_other_answer(model, tmp_path):
    path = model.save(tmp_path / "model.pm")
    content = bytearray(path.read_bytes())
    for place in (-1, -len(content) // 4, -len(content) // 3):  # weights stand last
        content[place] ^= 1
        path.write_bytes(content)
        with pytest.raises(ArtifactError, match=r"model\.pm is damaged: its content is not what was saved"):
            pm.load(path)
        content[place] ^= 1


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99])
def test_cut_short(model, tmp_path, share):
    path = model.save(tmp_path / "model.pm")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ArtifactError, match="is damaged or no model file"):
        pm.load(path)


def test_somebody_elses_tensors(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(save({"weight": torch.zeros(2)}))
    with pytest.raises(ArtifactError, match="is a safetensors file, but not one that polymodal saved"):
        pm.load(path)


def test_from_a_later_version(model, tmp_path):
    path = model.save(tmp_path / "model.pm")
    rewrite(path, lambda record: record.update(format=99))
    with pytest.raises(ArtifactError, match=r"has format 99, this version reads up to \d+; install a newer polymodal"):
        pm.load(path)


@pytest.mark.parametrize("part", ["schema", "statistics", "settings", "own_encoders", "histories"])
def test_a_description_that_lacks_a_part(model, tmp_path, part):
    path = model.save(tmp_path / "model.pm")
    rewrite(path, lambda record: record.pop(part))
    with pytest.raises(ArtifactError, match="is damaged: its description lacks or misnames something"):
        pm.load(path)


def test_weights_of_another_network(model, tmp_path):
    path = model.save(tmp_path / "model.pm")
    rewrite(path, lambda record: record["settings"].update(width=12))
    with pytest.raises(ArtifactError, match="the weights do not fit the network that the file describes"):
        pm.load(path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_former_file(model, tmp_path, monkeypatch, call):
    path = model.save(tmp_path / "model.pm")
    before = path.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(
        ArtifactError, match=r"cannot write .*model\.pm: No space left on device; what was there before is unharmed"
    ):
        model.save(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["model.pm"]
    np.testing.assert_array_equal(
        pm.load(path).predict({"x": 1.0}).outputs["y"], model.predict({"x": 1.0}).outputs["y"]
    )


def test_a_place_that_cannot_be_written(model, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArtifactError, match="cannot write"):
        model.save(tmp_path / "file" / "model.pm")
    with pytest.raises(ArtifactError, match="cannot write"):
        model.save(tmp_path)


def test_folders_are_made(model, tmp_path):
    assert model.save(tmp_path / "a" / "b" / "model.pm").is_file()
