"""Law 8, second half: every setting changes something or is an error; a new one without a witness fails here."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from torch import nn

import polymodal as pm
from polymodal.errors import PolymodalError
from polymodal.registry import MODALITIES
from polymodal.schema.many import per_cell
from polymodal.schema.target import TARGETS
from polymodal.testing import random_table

BASE = {"width": 8, "folds": 1, "epochs": 6, "learning_rate": 0.05, "accelerator": "cpu"}


class Halves(nn.Module):
    """Somebody's own encoder."""

    def forward(self, values):
        return values[:, :3]


MODEL = {
    "fusion": "late",
    "encoders": {"v": Halves()},
    "width": 12,
    "dropout": 0.5,
    "preset": "fast",
    "learners": ["network"],
    "folds": 2,
    "seed": 1,
    "epochs": 1,
    "batch_size": 5,
    "learning_rate": 0.001,
    "weight_decay": 5.0,
    "patience": 1,
    "precision": "bf16-mixed",
    "accelerator": "abacus",
    "patterns": "curriculum",
    "balance": "pareto",
    "pretrain": 2,
    "segments": 0.5,
    "curriculum": "difficulty",
    "objective": "align",
    "contrast": "infonce",
    "hub": "v",
    "same": "v",
    "rows_at_once": 5,
}


def outcome(table: pm.Table, **settings: Any) -> list[Any]:
    """What came of a fit: the loss of each epoch and the answers, or what it was refused with."""
    try:
        model = pm.Model(**settings).fit(table)
    except PolymodalError as error:
        return [str(error)]
    return [[one.losses for one in model.histories], model.predict(table).outputs["target"].tolist()]


@pytest.fixture(scope="module")
def small() -> pm.Table:
    return random_table(np.random.default_rng(0), {"v": "vector", "x": "tabular"}, rows=24, missing=0.2)


@pytest.fixture(scope="module")
def usual(small) -> list[Any]:
    return outcome(small, **BASE)


def test_every_setting_of_a_model_has_a_witness():
    asked = list(inspect.signature(pm.Model.__init__).parameters)[1:]
    assert asked == list(MODEL)


@pytest.mark.parametrize("setting", MODEL)
def test_setting_of_a_model(setting, small, usual):
    assert outcome(small, **{**BASE, setting: MODEL[setting]}) != usual


def test_the_same_settings_give_the_same(small, usual):
    assert outcome(small, **BASE) == usual


@functools.cache
def trace(kind: str, modality: Any) -> list[str]:
    """Everything that a modality makes of the column `x` of its frame, or what it refuses it with."""
    name, frame = "x", FRAMES[kind]
    try:
        modality = per_cell(modality).resolve(name, frame)
        cells = modality.read(name, frame, None)
        samples = [sample for sample, here in zip(cells.samples, cells.present, strict=True) if here]
        statistics = modality.measure(samples)
        arrays = [modality.prepare(sample, statistics) for sample in samples]
        values, mask = modality.collate(arrays, statistics)
        shown = [modality.html(sample) for sample in samples]
        table = pm.Table.read(frame.assign(y=["a", "b"] * (len(frame) // 2)), target="y", types={name: modality})
        fitted = pm.Model(folds=1, epochs=1, width=8).fit(table)
        answers = fitted.predict(table).outputs["y"]
    except PolymodalError as error:
        return [type(error).__name__]
    return [repr(part) for part in (cells.state, samples, statistics, values, mask, shown, answers.tolist())]


RANDOM = np.random.default_rng(0)
ROWS = 20
WORDS = pd.DataFrame({"x": ["one two three"] * (ROWS // 2) + ["three two one"] * (ROWS // 2)})
NUMBERS = pd.DataFrame({"x": RANDOM.integers(0, 4, ROWS).astype(float), "z": RANDOM.integers(0, 3, ROWS).astype(float)})
PANEL = pd.DataFrame({f"g{place}": RANDOM.normal(size=ROWS) ** 2 for place in range(4)})
PICTURES = pd.DataFrame({"x": [RANDOM.integers(0, 256, (20, 20, 3), dtype=np.uint8) for _ in range(ROWS)]})
CLOCK = 5.0 + np.arange(12)
WAVES = pd.DataFrame({"x": [{"time": CLOCK, "a": RANDOM.normal(size=12), "b": CLOCK**0.5} for _ in range(ROWS)]})
LETTERS = pd.DataFrame({"x": ["ACACACACacgt"] * (ROWS // 2) + ["TTGCA"] * (ROWS // 2)})
MOMENTS = pd.DataFrame(
    {"x": [f"2024-{1 + row % 12:02}-03 10:00+03:00" for row in range(ROWS - 1)] + [86_400]}, dtype=object
)
PLACES = pd.DataFrame({axis: RANDOM.uniform(-80, 80, ROWS) for axis in ("lat", "lon")})
BASKETS = pd.DataFrame({"x": ["milk|eggs", "milk, rye|tea", "tea|milk|tea", "rye"] * (ROWS // 4)})
SOUNDS = pd.DataFrame({"x": [RANDOM.normal(size=1600) for _ in range(ROWS)]})
CLOUDS = pd.DataFrame({"x": [RANDOM.normal(size=(12, 3)) for _ in range(ROWS)]})
NETS = pd.DataFrame({"x": [{"nodes": 4, "edges": [[0, 1], [1, 0], [1, 2 + row % 2]]} for row in range(ROWS)]})
DRUGS = pd.DataFrame({"x": ["CCO", "CC(=O)Oc1ccccc1C(=O)O", "c1ccccc1", "CN"] * (ROWS // 4)})
COUNTS = pd.DataFrame({f"g{place}": RANDOM.poisson(5, ROWS).astype(float) for place in range(3)})
COUNTS.loc[3:6, "g0"] = None
SCANS = pd.DataFrame({"x": [RANDOM.normal(size=(9, 7, 5)) for _ in range(ROWS)]})
CLIPS = pd.DataFrame({"x": [(RANDOM.integers(0, 256, (6, 12, 12, 3), dtype=np.uint8), 2.0) for _ in range(ROWS)]})
FRAMES = {
    "audio": SOUNDS,
    "expression": COUNTS,
    "graph": NETS,
    "image": PICTURES,
    "molecule": DRUGS,
    "moment": MOMENTS,
    "place": PLACES,
    "points": CLOUDS,
    "sequence": LETTERS,
    "series": WAVES,
    "tabular": NUMBERS,
    "text": WORDS,
    "tokens": BASKETS,
    "vector": PANEL,
    "video": CLIPS,
    "volume": SCANS,
}
NOWHERE = "./no such folder"

MODALITY: dict[str, dict[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    "audio": {
        "columns": ({}, {"columns": ("x",)}),
        "rate": ({}, {"rate": 8000}),
        "max_seconds": ({}, {"max_seconds": 0.05}),
        "n_mels": ({}, {"n_mels": 16}),
        "of": ({}, {"of": "clip"}),
    },
    "expression": {
        "columns": ({"columns": ("g0", "g1")}, {"columns": ("g0", "g1", "g2")}),
        "prefix": ({"prefix": "g"}, {"prefix": "g1"}),
        "max_genes": ({"prefix": "g"}, {"prefix": "g", "max_genes": 2}),
        "gaps": ({"prefix": "g"}, {"prefix": "g", "gaps": "zero"}),
    },
    "graph": {"columns": ({}, {"columns": ("x",)}), "directed": ({}, {"directed": True})},
    "image": {"columns": ({}, {"columns": ("x",)}), "size": ({}, {"size": 8})},
    "molecule": {"columns": ({}, {"columns": ("x",)})},
    "moment": {
        "columns": ({}, {"columns": ("x",)}),
        "zone": ({}, {"zone": "Asia/Tokyo"}),
        "format": ({}, {"format": "%Y-%d-%m %H:%M%z"}),
        "unit": ({}, {"unit": "s"}),
    },
    "place": {"columns": ({"columns": ("lat", "lon")}, {"columns": ("lon", "lat")})},
    "points": {"columns": ({}, {"columns": ("x",)}), "max_points": ({}, {"max_points": 8})},
    "sequence": {
        "columns": ({}, {"columns": ("x",)}),
        "k": ({}, {"k": 2}),
        "pieces": ({}, {"pieces": True}),
        "max_length": ({}, {"max_length": 2}),
        "max_vocabulary": ({}, {"max_vocabulary": 1}),
        "case": ({}, {"case": "upper"}),
    },
    "series": {
        "columns": ({}, {"columns": ("x",)}),
        "rate": ({}, {"rate": 2}),
        "irregular": ({}, {"irregular": True}),
        "relative": ({"irregular": True}, {"irregular": True, "relative": False}),
        "channels": ({}, {"channels": ("a",)}),
        "time": ({"irregular": True}, {"irregular": True, "time": "b"}),
        "unit": ({}, {"unit": "ms"}),
        "max_length": ({}, {"max_length": 8}),
        "patch": ({}, {"patch": 4}),
    },
    "tabular": {
        "columns": ({"columns": ("x",)}, {"columns": ("x", "z")}),
        "categories": ({"columns": ("x", "z")}, {"columns": ("x", "z"), "categories": ("z",)}),
        "max_categories": (
            {"columns": ("x",), "categories": ("x",)},
            {"columns": ("x",), "categories": ("x",), "max_categories": 2},
        ),
    },
    "text": {
        "columns": ({}, {"columns": ("x",)}),
        "max_words": ({}, {"max_words": 1}),
        "max_vocabulary": ({}, {"max_vocabulary": 1}),
    },
    "tokens": {
        "columns": ({}, {"columns": ("x",)}),
        "delimiter": ({}, {"delimiter": ","}),
        "max_vocabulary": ({}, {"max_vocabulary": 1}),
        "buckets": ({}, {"buckets": 2}),
    },
    "vector": {
        "columns": ({"columns": ("g0", "g1")}, {"columns": ("g0", "g1", "g2")}),
        "prefix": ({"prefix": "g"}, {"prefix": "g1"}),
        "scale": ({"prefix": "g", "scale": "log"}, {"prefix": "g", "scale": "standard"}),
    },
    "video": {
        "columns": ({}, {"columns": ("x",)}),
        "frames": ({}, {"frames": 2}),
        "size": ({}, {"size": 8}),
        "clip": ({}, {"clip": 1.0}),
    },
    "volume": {
        "columns": ({}, {"columns": ("x",)}),
        "size": ({"size": 8}, {"size": 9}),
        "spacing": ({"size": 8}, {"size": 8, "spacing": 2.0}),
    },
}
for _witnesses in MODALITY.values():
    _plain = _witnesses["columns"][0]
    _witnesses["encoder"] = (_plain, {**_plain, "encoder": "abacus"})
    _witnesses["pretrained"] = (_plain, {**_plain, "pretrained": NOWHERE})
    _witnesses["many"] = (_plain, {**_plain, "many": True})


@pytest.mark.parametrize("kind", MODALITIES.names())
def test_every_setting_of_a_modality_has_a_witness(kind):
    assert set(MODALITIES.get(kind).model_fields) == set(MODALITY.get(kind, ()))


@pytest.mark.parametrize(("kind", "setting"), [(kind, setting) for kind in MODALITY for setting in MODALITY[kind]])
def test_setting_of_a_modality(kind, setting):
    one, two = (MODALITIES.get(kind)(**settings) for settings in MODALITY[kind][setting])
    first, second = trace(kind, one), trace(kind, two)
    assert len(first) > 1, "the witness starts from settings that work"
    assert first != second


LABELS = pd.DataFrame(
    {
        "v": [list(RANDOM.normal(size=3)) for _ in range(ROWS)],
        "c": ["a", "b"] * (ROWS // 2),
        "d": [1, 0] * (ROWS // 2),
        "e": [0, 0, 1, 1] * (ROWS // 4),
        "n": RANDOM.normal(size=ROWS),
        "t": RANDOM.exponential(size=ROWS),
        "u": RANDOM.exponential(size=ROWS),
        "lists": [["p"], ["q"], ["p", "q"], []] * (ROWS // 4),
    }
)
SURVIVAL = {"time": "t", "event": "d"}
TARGET: dict[str, dict[str, tuple[str, dict[str, Any], dict[str, Any]]]] = {
    "category": {
        "objective": ("c", {}, {"objective": "number"}),
        "classes": ("c", {}, {"classes": ("a", "b", "x")}),
        "class_weight": ("c", {}, {"class_weight": {"a": 9.0}}),
        "decide": ("c", {}, {"decide": 0.999}),
        "thresholds": ("c", {}, {"thresholds": (0.999,)}),
    },
    "number": {"objective": ("n", {}, {"objective": "category"})},
    "multilabel": {
        "objective": ("lists", {}, {"objective": "category"}),
        "classes": ("lists", {}, {"classes": ("p", "q", "r")}),
        "columns": ("m", {"columns": ("d", "e")}, {"columns": ("e", "d")}),
        "class_weight": ("lists", {}, {"class_weight": {"p": 9.0}}),
        "decide": ("lists", {}, {"decide": 0.999}),
        "thresholds": ("lists", {}, {"thresholds": (0.999, 0.001)}),
    },
    "ordinal": {
        "objective": ("d", {}, {"objective": "category"}),
        "levels": ("d", {}, {"levels": (1, 0)}),
        "class_weight": ("d", {}, {"class_weight": {1: 9.0}}),
    },
    "survival": {
        "objective": ("s", SURVIVAL, {**SURVIVAL, "objective": "category"}),
        "time": ("s", SURVIVAL, {**SURVIVAL, "time": "u"}),
        "event": ("s", SURVIVAL, {**SURVIVAL, "event": "e"}),
        "event_values": ("s", SURVIVAL, {**SURVIVAL, "event_values": (0,)}),
    },
}


def learnt(name: str, target: Any) -> list[str]:
    try:
        table = pm.Table.read(LABELS, target={name: target}, types={"v": "vector"})
        model = pm.Model(folds=1, epochs=1, width=8).fit(table)
    except PolymodalError as error:
        return [type(error).__name__]
    return [model.predict({"v": [0.1, 0.2, 0.3]}).to_pandas().to_string()]


@pytest.mark.parametrize("kind", TARGETS)
def test_every_setting_of_a_target_has_a_witness(kind):
    assert set(TARGETS[kind].model_fields) == set(TARGET.get(kind, ()))


@pytest.mark.parametrize(("kind", "setting"), [(kind, setting) for kind in TARGET for setting in TARGET[kind]])
def test_setting_of_a_target(kind, setting):
    name, one, two = TARGET[kind][setting]
    first, second = learnt(name, TARGETS[kind](**one)), learnt(name, TARGETS[kind](**two))
    assert first[0][-5:] != "Error", "the witness starts from settings that work"
    assert first != second


FIT: dict[str, Callable[[pm.Table, Any], bool]] = {
    "table": lambda table, _: pm.Model(**BASE).fit(table).is_fitted,
    "budget": lambda table, _: len(pm.Model(**BASE).fit(table, budget=1e-6).histories[0].losses) == 1,
    "checkpoint": lambda table, folder: (
        pm.Model(**BASE).fit(table, checkpoint=folder / "run") and any(folder.iterdir())
    ),
    "max_unreadable": lambda table, _: _refuses(lambda: pm.Model(**BASE).fit(table, max_unreadable=-1.0)),
    "memory": lambda table, _: _refuses(lambda: pm.Model(**BASE).fit(table, memory="a lot")),
    "progress": lambda table, _: True,  # what it shows, and that it changes nothing else: the law on evaluation
}


def _refuses(call: Callable[[], object]) -> bool:
    with pytest.raises(PolymodalError):
        call()
    return True


def test_every_argument_of_fit_has_a_witness(small, tmp_path):
    assert list(inspect.signature(pm.Model.fit).parameters)[1:] == list(FIT)
    for name, witness in FIT.items():
        assert witness(small, tmp_path), name
