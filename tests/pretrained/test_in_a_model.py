"""Frozen pretrained encoders on the whole road: fitted with, kept with the model, answering with no network."""

from __future__ import annotations

import gc
from pathlib import Path
from unittest import mock
from weakref import WeakValueDictionary

import numpy as np
import pytest

import polymodal as pm
from polymodal.pretrained.text import TextEmbedder
from polymodal.training import choice

FELT = {
    "glad": ("a joyful sunny morning", "we laughed and danced", "what a delightful surprise", "the kindest gift ever"),
    "sad": ("a bitter lonely night", "they wept at the grave", "everything was lost", "he mourned in silence"),
}


@pytest.fixture(scope="module")
def table() -> pm.Table:
    random = np.random.default_rng(0)
    rows = [
        {
            "note": note if number % 5 else None,
            "photo": random.integers(0, 256, (40, 60, 3), dtype=np.uint8) if number % 2 else None,
            "felt": felt,
        }
        for number, (felt, note) in enumerate((felt, note) for felt, notes in FELT.items() for note in notes * 3)
    ]
    return pm.Table.read(rows, target="felt", types={"note": "text", "photo": "image"})


def test_text_and_picture_together(
    table: pm.Table, minilm: Path, lite0: Path, tmp_path: Path, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    model = pm.Model(encoders={"note": str(minilm), "photo": lite0}, folds=1, epochs=12).fit(table)
    assert model.schema.modalities["photo"].size >= 224, "pictures keep the pixels that the encoder reads"
    words = {"note": "a wonderful cheerful party"}
    assert model.predict(words).values().tolist() == ["glad"], "words never seen in training"

    again = pm.load(model.save(tmp_path / "felt.pm"))
    assert np.array_equal(again.predict(table).outputs["felt"], model.predict(table).outputs["felt"])
    assert not attempts, "nothing reached for the network"


def test_embedded_once(table: pm.Table, minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path))
    notes = pm.Table.read(
        {"note": [f"note {n} on the weather" for n in range(24)], "y": [n % 2 for n in range(24)]},
        target="y",
        types={"note": pm.Text(pretrained=str(minilm))},
    )
    embed = TextEmbedder.embed
    with mock.patch.object(TextEmbedder, "embed", autospec=True, side_effect=embed) as spy:
        for seed in (0, 1):
            pm.Model(folds=1, epochs=1, seed=seed).fit(notes)
    assert sum(len(call.args[1]) for call in spy.call_args_list) == 24


def test_read_once_while_in_use(table: pm.Table, minilm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path))
    monkeypatch.setattr(choice, "_IN_USE", WeakValueDictionary())
    settings = {"encoders": {"note": str(minilm)}, "learners": ["gaussian"], "folds": 1}
    with mock.patch.object(TextEmbedder, "load", wraps=TextEmbedder.load) as spy:
        models = [pm.Model(**settings).fit(table) for _ in range(2)]
        assert spy.call_count == 1
        answers = [model.predict({"note": "a wonderful cheerful party"}).values().tolist() for model in models]
        assert answers == [["glad"], ["glad"]], "a head of its own on what the encoder gives"
        del models
        gc.collect()
        pm.Model(**settings).fit(table)
        assert spy.call_count == 2, "what nobody holds is given back"


@pytest.mark.parametrize("learner", ["linear", "prototypes"])
def test_a_probe_on_frozen_text_and_pictures(
    learner: str, table: pm.Table, minilm: Path, lite0: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    model = pm.Model(encoders={"note": minilm, "photo": lite0}, learners=[learner], folds=2).fit(table)
    assert not model.networks
    assert {"text", "image"} == {one.kind for one in model.schema.modalities.values()}
    assert {learner, f"{learner}:note"} < set(model.leaderboard()["member"])
    again = pm.load(model.save(tmp_path / "felt.pm"))
    words = {"note": "a wonderful cheerful party"}
    assert again.predict(words).values().tolist() == ["glad"]
    assert np.array_equal(again.predict(words).outputs["felt"], model.predict(words).outputs["felt"])
