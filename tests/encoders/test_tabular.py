"""Numbers bend between training quantiles; an empty column has no token."""

import numpy as np
import torch

from polymodal.encoders.tabular import MOST_TOKENS, TabularEncoder
from polymodal.modalities.tabular import Tabular
from polymodal.schema.batch import Field

WIDTH = 8


def encoder(columns: int, samples: list[tuple[float | str | None, ...]], categories: int = 0) -> tuple:  # type: ignore[type-arg]
    names = tuple(f"c{i}" for i in range(columns))
    kind = Tabular(columns=names, categories=names[columns - categories :])
    statistics = kind.measure(samples)
    torch.manual_seed(0)
    return kind, statistics, TabularEncoder(kind, statistics, WIDTH, 0.0).eval()


def test_piecewise_linear_encoding_is_numpys() -> None:
    random = np.random.default_rng(0)
    numbers = random.lognormal(size=200)
    _, _, made = encoder(1, [(one,) for one in numbers])
    edges = (np.quantile(numbers, np.linspace(0, 1, 17)) - numbers.mean()) / numbers.std()
    asked = np.concatenate([random.uniform(edges[0] - 1, edges[-1] + 1, 50), edges])
    filled = np.clip((asked[:, None] - edges[:-1]) / (edges[1:] - edges[:-1]), 0, 1)
    weight, slope = made.number.detach().numpy()[0], made.slope.detach().numpy()[0]
    expected = filled @ weight + asked[:, None] * slope
    tokens = made._number_tokens(torch.tensor(asked[:, None], dtype=torch.float32)).detach().numpy()
    np.testing.assert_allclose(tokens[:, 0], expected, atol=1e-4)


def test_one_token_for_each_filled_column() -> None:
    kind, statistics, made = encoder(3, [(1.0, 2.0, "a"), (2.0, 1.0, "b")], categories=1)
    arrays = [kind.prepare(one, statistics) for one in [(1.0, None, "b"), (None, None, "z")]]
    values, mask = kind.collate(arrays, statistics)
    tokens = made(Field(values, torch.arange(2), mask))
    assert tokens.values.shape == (2, 3, WIDTH)
    assert tokens.mask.tolist() == [[True, False, True], [False, False, True]]


def test_many_columns_are_gathered_into_few_tokens_and_gaps_cannot_be_seen() -> None:
    columns = MOST_TOKENS + 4
    samples = [tuple(np.random.default_rng(i).normal(size=columns)) for i in range(20)]
    _, _, made = encoder(columns, samples)
    values, mask = torch.randn(5, columns), torch.rand(5, columns) < 0.5
    mask[:, 0] = True
    tokens = made(Field(values, torch.arange(5), mask))
    assert tokens.values.shape == (5, 4, WIDTH)
    assert tokens.mask.all()
    other = torch.where(mask, values, torch.full((), 7.0))
    torch.testing.assert_close(made(Field(other, torch.arange(5), mask)).values, tokens.values)


def test_a_constant_column_is_finite() -> None:
    _, _, made = encoder(1, [(3.0,)] * 5)
    tokens = made(Field(torch.tensor([[0.0], [10.0]]), torch.arange(2), None))
    assert torch.isfinite(tokens.values).all()
