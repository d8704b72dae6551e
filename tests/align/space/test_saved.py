"""Transforms and registrations as files: read with care."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from polymodal.align.space import Affine, Displacement, Frame, Registration, Spread, Transform, Verdict, _documents
from polymodal.errors import ArtifactError, DataError


def affine() -> Affine:
    return Affine([[1, 0.25, 3], [0, 1, 1 / 3]], Frame("a", size=(4, 3), resolution=0.5), Frame("b"))


def field() -> Displacement:
    return Displacement(np.random.default_rng(0).normal(size=(20, 20, 2)), Frame("a"), Frame("b"), spacing=3)


def test_saved_and_loaded(tmp_path: Path) -> None:
    for transform in (affine(), field(), field().inverse(), field().then(Affine(np.eye(3), Frame("b"), Frame("c")))):
        transform.save(tmp_path / "new" / "way.json")
        assert Transform.load(tmp_path / "new" / "way.json") == transform


def test_a_registration_keeps_all_but_its_pictures(tmp_path: Path) -> None:
    verdict = Verdict.of("pixel", 100.0, residual=Spread(1, 9, 10), overlap=0.9, doubts=["odd"])
    found = Registration(affine(), verdict, 1.5, "by hand")
    found.save(tmp_path / "found.json")
    again = Registration.load(tmp_path / "found.json")
    assert (again.transform, again.verdict, again.seconds, again.method) == (affine(), verdict, 1.5, "by hand")
    assert Transform.load(tmp_path / "found.json") == affine()
    with pytest.raises(DataError, match="nothing to draw"):
        again.plot()


def changed(**fields: object) -> str:
    return json.dumps({**field().to_dict(), **fields})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a saved transform"),
        ("{", "not a saved transform"),
        ("[1]", "JSON of something else"),
        ('{"polymodal": "model"}', "it is a saved model"),
        (changed(version=2), "install a newer"),
        (changed(version="1"), "its version is '1'"),
        (changed(version=True), "its version is True"),
        (changed(kind="afine"), "Did you mean 'affine'"),
        (changed(kind=3), "which kind"),
        (changed(kind="affine"), "without 'matrix'"),
        (changed(kind="affine", matrix=[[1, 2], [3, 4]]), r"\[2, 3\]"),
        (changed(kind="affine", matrix="eye"), "array of numbers"),
        (changed(kind="affine", matrix=[[1, 2, None], [3, 4, 5]]), "not finite"),
        (changed(source=None), "a frame is told"),
        (changed(source={"name": "a", "unit": "inch"}), "inch"),
        (changed(offsets={"shape": [20, 20, 2], "float64": "AAAA"}), "asks for 6,400"),
        (changed(offsets={"shape": [20, 20, 2], "float64": "?"}), "damaged"),
        (changed(offsets={"shape": [-1], "float64": ""}), "not an array"),
        (changed(offsets={"shape": [1, 1, 2], "float64": base64.b64encode(b"\xff" * 16).decode()}), "not finite"),
        (changed(offsets={"shape": [10**12, 1, 2], "float64": ""}), "asks for"),
        (changed(spacing=0), "axes"),
        (changed(spacing=[0]), "more than 0"),
        (changed(kind="chain", parts=[]), "at least one"),
        (changed(kind="chain", parts={}), "list of transforms"),
        (changed(kind="chain", parts=[affine().to_dict(), affine().to_dict()]), "cannot go on"),
        (changed(kind="inverse", of=None), "that of a transform"),
        (changed(offsets=float("nan")), "NaN is no number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"polymodal": "registration", "version": 1}', "which kind"),
    ],
    ids=range(29),
)
def test_damaged_files_are_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "way.json").write_text(text)
    with pytest.raises(ArtifactError, match=words):
        Transform.load(tmp_path / "way.json")


def test_deep_nesting_is_refused() -> None:
    document: dict = affine().to_dict()
    for _ in range(100):
        document = {**affine().to_dict(), "kind": "inverse", "of": document}
    assert Transform.from_json(json.dumps(document)).points([[0, 0]]).shape == (1, 2)
    text = json.dumps(affine().to_dict())
    head = '{"polymodal": "transform", "version": 1, "kind": "inverse", "of": '
    with pytest.raises(ArtifactError, match="nested too deeply"):
        Transform.from_json(head * 5000 + text + "}" * 5000)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArtifactError, match="cannot read"):
        Transform.load(tmp_path / "gone.json")
    with pytest.raises(ArtifactError, match="cannot read"):
        Transform.load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ArtifactError, match="not JSON"):
        Transform.load(tmp_path / "binary")
    affine().save(tmp_path / "way.json")
    monkeypatch.setattr(_documents, "_LARGEST", 100)
    with pytest.raises(ArtifactError, match="at most"):
        Transform.load(tmp_path / "way.json")


@pytest.mark.parametrize(
    "damage",
    [{"verdict": None}, {"verdict": {"level": "fine"}}, {"verdict": {"level": "good", "reasons": [], "luck": 1}},
     {"verdict": {"level": "good"}}, {"seconds": "long"}, {"method": None}, {"transform": 3},
     {"verdict": {"level": "good", "reasons": [], "residual": {"mean": 1}}}],
    ids=range(8),
)  # fmt: skip
def test_damaged_registrations_are_refused(damage: dict) -> None:
    whole = Registration(affine(), Verdict.of("pixel", 1.0), 1.0, "by hand").to_dict()
    with pytest.raises(ArtifactError):
        Registration.from_json(json.dumps({**whole, **damage}))
