"""Killed, resumed, refused, damaged: what becomes of a run that writes its state."""

import errno
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.errors import ArtifactError, FitError
from polymodal.training.checkpoint import place_of

SETTINGS = {"learners": ["network"], "folds": 1, "epochs": 15, "patience": 15, "width": 8, "batch_size": 8}

RUN = """
import sys
import numpy as np, torch
import polymodal as pm
torch.set_num_threads(1)
random = np.random.default_rng(0)
frame = {"x": random.normal(size=40), "v": list(random.normal(size=(40, 3))), "y": ["a", "b"] * 20}
table = pm.Table.read(frame, target="y")
pm.Model(**SETTINGS).fit(table, checkpoint=sys.argv[1])
"""


@pytest.fixture(scope="module")
def table() -> pm.Table:
    random = np.random.default_rng(0)
    frame = {"x": random.normal(size=40), "v": list(random.normal(size=(40, 3))), "y": ["a", "b"] * 20}
    return pm.Table.read(frame, target="y")


def weights(model):
    return [network.state_dict() for network in model.networks]


def assert_same_weights(one, two):
    for here, there in zip(weights(one), weights(two), strict=True):
        assert list(here) == list(there)
        assert all(torch.equal(here[name], there[name]) for name in here)


def test_killed_and_resumed_is_as_never_stopped(table, tmp_path):
    path = tmp_path / "run"
    code = RUN.replace("SETTINGS", repr(SETTINGS))
    process = subprocess.Popen([sys.executable, "-c", code, str(path)])
    written = path.with_name("run.0")
    deadline = time.monotonic() + 60
    while not written.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the run was over before it could be killed"
    resumed = pm.Model(**SETTINGS).fit(table, checkpoint=path)
    unbroken = pm.Model(**SETTINGS).fit(table)
    assert_same_weights(resumed, unbroken)
    assert resumed.histories == unbroken.histories


def test_stopped_between_members_goes_on(table, tmp_path):
    settings = {**SETTINGS, "folds": 2, "epochs": 4}
    whole = pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")
    (tmp_path / "run.1").unlink()  # as if killed before the second member had begun
    assert_same_weights(pm.Model(**settings).fit(table, checkpoint=tmp_path / "run"), whole)


def test_writing_a_checkpoint_changes_nothing(table, tmp_path):
    settings = {**SETTINGS, "epochs": 4}
    assert_same_weights(pm.Model(**settings).fit(table, checkpoint=tmp_path / "run"), pm.Model(**settings).fit(table))


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"width": 12}, "network"),
        ({"fusion": "late"}, "network"),
        ({"dropout": 0.3}, "network"),
        ({"seed": 1}, "seed"),
        ({"learning_rate": 0.1}, "plan"),
    ],
    ids=str,
)
def test_other_settings_are_refused(table, tmp_path, other, named):
    settings = {**SETTINGS, "epochs": 2}
    pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")
    with pytest.raises(FitError, match=rf"run\.0 belongs to a run with other .*{named}.*; delete it or give another"):
        pm.Model(**{**settings, **other}).fit(table, checkpoint=tmp_path / "run")


def test_other_rows_are_refused(table, tmp_path):
    settings = {**SETTINGS, "epochs": 2}
    pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")
    changed = pm.Table(table.frame.assign(x=table.frame["x"] + 1.0), table.schema)
    with pytest.raises(FitError, match="other rows"):
        pm.Model(**settings).fit(changed, checkpoint=tmp_path / "run")


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint", None])
def test_a_damaged_checkpoint_is_named(table, tmp_path, damage):
    settings = {**SETTINGS, "epochs": 2}
    pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")
    written = tmp_path / "run.0"
    written.write_bytes(written.read_bytes()[:1000] if damage is None else damage)
    with pytest.raises(ArtifactError, match=r"run\.0 is no readable checkpoint .*delete it to start anew"):
        pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_former_state(table, tmp_path, monkeypatch, call):
    settings = {**SETTINGS, "epochs": 6}
    real, calls = getattr(os, call), []

    def full(*arguments):
        calls.append(arguments)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    monkeypatch.setattr(os, call, full)
    with pytest.raises(ArtifactError, match=r"cannot write .*run\.0: No space left on device; what was there before"):
        pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["run.0"]
    resumed = pm.Model(**settings).fit(table, checkpoint=tmp_path / "run")
    assert_same_weights(resumed, pm.Model(**settings).fit(table))


def test_a_folder_that_cannot_be_is_named(table, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArtifactError, match="cannot write"):
        pm.Model(**{**SETTINGS, "epochs": 1}).fit(table, checkpoint=tmp_path / "file" / "run")


def test_one_weight_in_two_places_is_kept(table, tmp_path):
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.there = torch.nn.Linear(3, 3)
            self.back = torch.nn.Linear(3, 3)
            self.back.weight = self.there.weight

        def forward(self, values):
            return self.back(self.there(values).tanh())

    model = pm.Model(encoders={"v": Tied()}, folds=1, epochs=2, width=8)
    first = model.fit(table, checkpoint=tmp_path / "run").predict(table).outputs["y"]
    again = model.fit(table, checkpoint=tmp_path / "run").predict(table).outputs["y"]
    np.testing.assert_array_equal(first, again)


def test_a_place_where_nothing_can_be_written_is_told_before_the_work(tmp_path):
    (tmp_path / "file").write_text("")
    assert place_of(tmp_path / "new" / "fit.part") == tmp_path / "new" / "fit.part"
    with pytest.raises(ArtifactError, match="is a folder; give the name of a file"):
        place_of(tmp_path)
    with pytest.raises(ArtifactError, match="is no folder in which anything may be written"):
        place_of(tmp_path / "file" / "fit.part")
