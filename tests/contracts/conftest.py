"""Networks of everything registered, with weights that make every input count, for the laws to be held against."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, settings

import polymodal as pm
from polymodal.portfolio.portfolio import Portfolio
from polymodal.registry import FUSIONS, LEARNERS, MODALITIES, OBJECTIVES
from polymodal.schema.cells import is_absent
from polymodal.schema.target import TARGETS, Survival, Target
from polymodal.store.preprocessing import Preprocessor
from polymodal.testing import random_frame, random_table
from polymodal.training.build import build

settings.register_profile(
    "laws",
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("laws")

EVERY_KIND = "transformer of every kind"
PORTFOLIO = "portfolio of every kind"
MEMBERS = "portfolio of few kinds"  # few enough for each to have learners of its own
SEVERAL = "several networks"
FEW = ("clinic", "image", "series", "text", "wide")  # a token or many, gaps inside cells and none
SEVERAL_ITEMS = {"notes": pm.Text(many=True), "pictures": pm.Image(many=True)}
Untrained = Callable[..., pm.Model]


def every_target() -> dict[str, Target]:
    """One target for each registered objective, of a kind that it learns."""
    found = {}
    for name in OBJECTIVES.names():
        kind = TARGETS[OBJECTIVES.get(name).kinds[0]]
        if kind is Survival:
            found[f"to {name}"] = Survival(f"time {name}", f"event {name}", objective=name)
        else:
            found[f"to {name}"] = kind(objective=name)
    return found


def every_kind(rows: int = 24, missing: float = 0.4, seed: int = 0, targets: dict[str, Target] | None = None):
    """A table of every registered modality, two of several items a cell, groups of columns and every target."""
    random = np.random.default_rng(seed)
    kinds = {kind: kind for kind in MODALITIES.names()} | SEVERAL_ITEMS
    drawn = random_table(random, kinds, rows, missing, every_target() if targets is None else targets)
    frame = drawn.frame.copy()
    clinic = {"age": "tabular", "dose": "tabular"}
    wide = {f"lab {number}": "tabular" for number in range(10)}
    for column, cells in random_frame(random, {**clinic, **wide}, rows, missing).items():
        frame[column] = cells
    frame["vitals"] = random_frame(np.random.default_rng(seed), {"vitals": "series"}, rows, missing)["vitals"]
    for column, values in {"ward": ["A", "B", "ß"], "sex": ["f", "m"]}.items():
        frame[column] = [str(random.choice(values)) if random.random() >= missing else None for _ in range(rows)]
    types = {
        **kinds,
        "clinic": pm.Tabular(columns=("age", "dose", "ward", "sex"), categories=("ward", "sex")),
        "wide": pm.Tabular(columns=tuple(wide)),
        "vitals": pm.Series(irregular=True, rate=2.0),
    }
    return pm.Table.read(frame, target=drawn.schema.targets, types=types)


def untrained(table: pm.Table, fusion: str = "transformer", seed: int = 0, width: int = 8) -> pm.Model:
    """A model with random weights, none of them zero, that answers as if it had been fitted on `table`."""
    model = pm.Model(fusion, width=width, seed=seed)
    model._preprocessor = Preprocessor.measure(table, {})
    memory = model.preprocessor.prepare(table)
    network = build(
        memory.collate,
        table.schema.targets,
        fusion=fusion,
        width=width,
        dropout=0.1,
        encoders={},
        features={},
        seed=seed,
    )
    for name, objective in network.objectives.items():
        objective.measure(memory.labels[name], None)
        if isinstance(table.schema.targets[name], Survival):
            objective.set_baseline(np.zeros(len(table)), memory.labels[name])
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    model._portfolio = Portfolio.of_networks(table.schema.targets, [network.eval()])
    return model


@pytest.fixture(scope="session")
def make_table() -> Callable[..., pm.Table]:
    """Makes a table of everything registered; see `every_kind`."""
    return every_kind


@pytest.fixture(scope="session")
def make_model() -> Untrained:
    """Makes a model with random weights; see `untrained`."""
    return untrained


@pytest.fixture(scope="session")
def everything() -> pm.Table:
    """24 rows of everything registered, half of it missing; row 0 is complete, row 1 has nothing."""
    full, gappy = every_kind(missing=0.0), every_kind(missing=0.5)
    frame = gappy.frame.copy()
    for name, modality in gappy.schema.modalities.items():
        empty = {1} | {"clinic": {2, 3, 4}, "wide": {4, 5, 6}}.get(name, set())
        for column in modality.sources(name):
            cells = [None if row in empty else cell for row, cell in enumerate(frame[column].astype(object))]
            cells[0] = full.frame[column].iloc[0]
            frame[column] = pd.Series(cells, index=frame.index, dtype=object)
    return pm.Table(frame, gappy.schema)


@pytest.fixture(scope="session")
def few(everything: pm.Table) -> pm.Table:
    """The same rows with the modalities of FEW alone."""
    schema = everything.schema
    kept = {name: schema.modalities[name] for name in FEW}
    others = [c for n, one in schema.modalities.items() if n not in kept for c in one.sources(n)]
    return pm.Table(everything.frame.drop(columns=others), schema.model_copy(update={"modalities": kept}))


@pytest.fixture(scope="session")
def models(everything: pm.Table, few: pm.Table) -> Callable[[str], pm.Model]:
    """Makes, once each, a network of a fusion over few kinds or of every kind, or a fitted one of several members."""

    @functools.cache
    def made(name: str) -> pm.Model:
        if name in (PORTFOLIO, MEMBERS):
            members = ["network", *LEARNERS.names()]
            return pm.Model(learners=members, folds=1, epochs=1, width=8).fit(everything if name == PORTFOLIO else few)
        if name == SEVERAL:
            one, other = untrained(few), untrained(few, seed=1)
            one._portfolio = Portfolio.of_networks(few.schema.targets, [*one.networks, *other.networks])
            return one
        return untrained(everything) if name == EVERY_KIND else untrained(few, name)

    return made


@pytest.fixture(scope="session", params=[*FUSIONS.names(), SEVERAL, MEMBERS, EVERY_KIND, PORTFOLIO])
def subject(request: pytest.FixtureRequest) -> str:
    """What a law is held against: a fusion sees tokens, whatever kind of cell they came from, so few kinds will do;
    every kind of cell is read by one network, and by every registered learner."""
    return str(request.param)


@pytest.fixture(scope="session")
def model(subject: str, models: Callable[[str], pm.Model]) -> pm.Model:
    """The model of the subject."""
    return models(subject)


@pytest.fixture(scope="session")
def table(subject: str, everything: pm.Table, few: pm.Table) -> pm.Table:
    """The table that `model` was made for."""
    return everything if subject in (EVERY_KIND, PORTFOLIO) else few


@pytest.fixture(scope="session")
def several(models: Callable[[str], pm.Model]) -> pm.Model:
    """Two networks of the table `few`, whose answers are averaged."""
    return models(SEVERAL)


@pytest.fixture(scope="session")
def of_every_kind(models: Callable[[str], pm.Model]) -> pm.Model:
    """A network with an encoder of every kind, for the table `everything`."""
    return models(EVERY_KIND)


@pytest.fixture(scope="session", params=[EVERY_KIND, PORTFOLIO])
def reader(request: pytest.FixtureRequest, models: Callable[[str], pm.Model]) -> pm.Model:
    """For laws on each kind of cell, on the table `everything`."""
    return models(request.param)


@pytest.fixture(scope="session")
def answers() -> Callable[..., np.ndarray]:
    """All answers of a model side by side `[N, O]`."""

    def ask(model: pm.Model, rows: object) -> np.ndarray:
        return np.concatenate(list(model.predict(rows).outputs.values()), axis=1)

    return ask


@pytest.fixture(scope="session")
def as_row() -> Callable[[pm.Table, int], dict]:
    """One row of a table as a dict of the columns that modalities read, the absent ones left out."""

    def row_of(table: pm.Table, row: int) -> dict:
        sources = [source for name, one in table.schema.modalities.items() for source in one.sources(name)]
        cells = {column: table.frame[column].iloc[row] for column in sources}
        return {column: cell for column, cell in cells.items() if not is_absent(cell)}

    return row_of
