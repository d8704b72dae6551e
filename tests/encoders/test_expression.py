"""A sum over genes: what is missing is not read, and a panel of half the genes is as loud as a full one."""

import numpy as np
import pandas as pd
import pytest
import torch

import polymodal as pm
from polymodal.encoders.expression import ExpressionEncoder
from polymodal.modalities.expression import Expression
from polymodal.schema.batch import Field

RANDOM = np.random.default_rng(0)
GENES = [f"g{place}" for place in range(40)]
CELLS = [dict(zip(GENES, RANDOM.poisson(5, 40).tolist(), strict=True)) for _ in range(6)]


@pytest.fixture(scope="module")
def field() -> Field:
    kind = Expression()
    samples = kind.read("x", pd.DataFrame({"x": CELLS}), None).samples
    statistics = kind.measure(samples)
    values, mask = kind.collate([kind.prepare(one, statistics) for one in samples], statistics)
    mask[0, 1::2] = False
    return Field(values, torch.arange(6), mask)


@pytest.fixture(scope="module")
def encoder() -> ExpressionEncoder:
    torch.manual_seed(0)
    kind = Expression()
    statistics = kind.measure(kind.read("x", pd.DataFrame({"x": CELLS}), None).samples)
    return ExpressionEncoder(kind, statistics, 8, 0.0).eval()


@torch.no_grad()
def test_neighbours_and_what_lies_in_gaps_change_nothing(encoder: ExpressionEncoder, field: Field) -> None:
    together = encoder(field).values
    assert together.shape == (6, 2, 8)
    spoilt = field.values.masked_fill(~field.mask, 9.0)
    torch.testing.assert_close(encoder(Field(spoilt, field.rows, field.mask)).values, together)
    for row in range(6):
        alone = encoder(Field(field.values[row : row + 1], torch.zeros(1, dtype=torch.long), field.mask[row : row + 1]))
        torch.testing.assert_close(alone.values[0], together[row])


@torch.no_grad()
def test_the_sum_as_written_out(encoder: ExpressionEncoder, field: Field) -> None:
    known = field.mask[0, 1:]
    told = encoder.genes.weight[:, known] @ field.values[0, 1:][known] * (40 / known.sum()) ** 0.5
    told = told + encoder.whole(torch.stack([field.values[0, 0], known.float().mean() - 1]))
    torch.testing.assert_close(encoder.hidden(told).view(2, 8), encoder(field).values[0])


def test_learns_over_two_panels_that_share_some_genes() -> None:
    random = np.random.default_rng(0)
    cells, labels = [], []
    for row in range(80):
        counts = random.poisson([20, 20, 20, 20, 20, 20])
        counts[2:4] = random.poisson(20 * (1 + 2 * (row % 2)), 2)
        part = slice(0, 4) if row % 4 < 2 else slice(2, 6)
        cells.append(dict(zip("abcdef"[part], counts[part].tolist(), strict=True)))
        labels.append("high" if row % 2 else "low")
    table = pm.Table.read({"rna": cells, "y": labels}, target="y", types={"rna": "expression"})
    settings = {"folds": 1, "epochs": 8, "width": 8, "learning_rate": 0.02}
    model = pm.Model(learners=["network"], **settings).fit(table, progress=False)
    right = model.predict(table).outputs["y"].argmax(axis=1) == np.array([row % 2 == 0 for row in range(80)])
    assert right.mean() >= 0.95
