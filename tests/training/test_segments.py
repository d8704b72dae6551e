"""Parts of cells hidden in training: where and how much, that nobody sees them, and what it is good for."""

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.errors import SettingError
from polymodal.schema.batch import Batch, Field
from polymodal.training.segments import hide_segments, spans


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


def runs(hidden: torch.Tensor) -> torch.Tensor:
    """How many runs of True each row has."""
    before = torch.cat([torch.zeros(len(hidden), 1, dtype=torch.bool), hidden[:, :-1]], dim=1)
    return (hidden & ~before).sum(dim=1)


@pytest.mark.parametrize("most", [0.2, 0.5, 0.9])
def test_one_run_of_even_length_anywhere(most: float) -> None:
    hidden = spans(torch.ones(20_000, 100, dtype=torch.bool), most)
    size = hidden.sum(dim=1).double()
    assert (runs(hidden) <= 1).all()
    assert size.max() <= 100 * most
    assert size.mean() == pytest.approx(50 * most, rel=0.03)
    assert size.std() == pytest.approx(100 * most / np.sqrt(12), rel=0.03)
    np.testing.assert_allclose(hidden.double().mean(dim=0), hidden.flip(1).double().mean(dim=0), atol=0.02)


def test_padding_is_no_part_of_a_cell() -> None:
    mask = torch.arange(40) < torch.tensor([4, 20, 40])[:, None].repeat(500, 1)
    hidden = spans(mask[:, :, None], 0.5)
    assert not (hidden & ~mask).any()
    assert (hidden.sum(dim=1) <= 0.5 * mask.sum(dim=1)).all()


def test_hidden_is_gone_and_something_stays() -> None:
    values, mask = torch.rand(300, 6, 2) + 1, torch.rand(300, 6, 2) < 0.3
    mask[:, 2, 0] = True
    batch = Batch({"s": Field(values, torch.arange(300), mask), "v": Field(values, torch.arange(300), mask)}, 300)
    found = hide_segments(batch, {"s"}, 0.9)
    kept = found.fields["s"].mask
    assert not (kept & ~mask).any()
    assert kept.flatten(1).any(dim=1).all()
    assert not torch.equal(kept, mask)
    torch.testing.assert_close(found.fields["s"].values, torch.where(kept, values, 0.0))
    assert found.fields["v"] is batch.fields["v"]
    assert torch.equal(batch.fields["s"].mask, mask)


@pytest.mark.parametrize("kind", ["series", "vector", "tabular"])
def test_what_is_hidden_cannot_be_seen(kind: str, monkeypatch) -> None:
    """Two batches that differ only where the span lies train to the same loss."""
    table = pm.Table.read(
        {"x": [list(row) for row in np.random.default_rng(0).normal(size=(12, 8))], "y": ["a", "b"] * 6}
        if kind != "tabular"
        else {**dict(zip("efghijkl", np.random.default_rng(0).normal(size=(8, 12)), strict=True)), "y": ["a", "b"] * 6},
        target="y",
        types={"x": kind} if kind != "tabular" else {},
    )
    model = pm.Model(learners=["network"], folds=1, epochs=1, width=8).fit(table)
    batch = model.preprocessor.prepare(table).batch(np.arange(12))
    [name] = batch.fields
    hidden = hide_segments(batch, {name}, 0.9).fields[name]
    others = Field(batch.fields[name].values.masked_fill(~hidden.mask, 7.0), hidden.rows, hidden.mask)
    network = model.networks[0]
    for one, two in zip(
        network.encode(Batch({name: hidden}, 12)).values(),
        network.encode(Batch({name: others}, 12)).values(),
        strict=True,
    ):
        assert torch.equal(one.values, two.values)


def test_embeddings_and_pictures_have_no_parts() -> None:
    assert [kind for kind in (pm.Series, pm.Vector, pm.Tabular, pm.Image, pm.Text) if kind.has_parts] == [
        pm.Series,
        pm.Vector,
        pm.Tabular,
    ]


@pytest.mark.parametrize("share", [-0.1, 0.95, "much", True])
def test_a_share_that_cannot_be(share) -> None:
    with pytest.raises(SettingError, match=r"segments is a share from 0 to 0\.9"):
        pm.Model(segments=share).fit(pm.Table.read({"x": [0.0, 1.0] * 8, "y": ["a", "b"] * 8}, target="y"))


def test_trains_repeats_and_resumes(broken_off, tmp_path) -> None:
    broken_off({"segments": 0.6}, tmp_path / "run")


def test_answers_from_part_of_a_panel_are_better() -> None:
    """Two columns tell it plainly, two by their product: who never missed the plain ones does not learn the others."""
    random = np.random.default_rng(0)
    others = random.normal(size=(600, 2))
    y = (others.prod(axis=1) > 0).astype(int)
    panel = np.column_stack([y[:, None] + 0.05 * random.normal(size=(600, 2)), others])
    table = pm.Table.read({"v": [list(row) for row in panel[:400]], "y": y[:400]}, target="y")
    asked = [{"v": [None, None, *row]} for row in others[400:]]
    surprise = []
    for segments in (0.0, 0.9):
        model = pm.Model(learners=["network"], folds=1, epochs=12, width=16, segments=segments).fit(table)
        said = model.predict(asked).outputs["y"][np.arange(200), y[400:]]
        surprise.append(-np.log(said).mean())
    assert surprise[1] < 0.5 * surprise[0]
