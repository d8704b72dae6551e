"""Optional packages that are absent or do not fit are named, with what to do."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from polymodal.errors import MissingExtraError, PolymodalError
from polymodal.pretrained import _hub
from polymodal.registry import EMBEDDERS


@pytest.mark.parametrize(("kind", "package"), [("text", "transformers"), ("image", "timm")])
def test_absent_package(kind: str, package: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    embedder = EMBEDDERS.get(kind)
    for attempt in (lambda: embedder.load(str(tmp_path)), lambda: embedder.restore({}, {})):
        with pytest.raises(MissingExtraError, match=rf"pip install 'polymodal\[{kind}\]'") as caught:
            attempt()
        assert caught.value.extra == kind


def test_torchvision_made_for_another_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> Any:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(_hub, "find_spec", lambda name: types.SimpleNamespace(name=name))
    monkeypatch.setattr(_hub.importlib, "import_module", fail)
    with pytest.raises(PolymodalError, match=r"does not work with torch .*Install the torchvision made for that torch"):
        _hub.require("timm", "pretrained='resnet18'", "image")
