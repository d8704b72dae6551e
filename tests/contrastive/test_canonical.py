"""Directions against scikit-learn's canonical correlations; what they are worth is settled by rows held out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.cross_decomposition import CCA
from torch import Tensor
from torch.nn import functional as F

import polymodal as pm
from polymodal.contrastive._canonical import Canonical, Main, canonical_directions
from polymodal.contrastive._moments import Moments
from polymodal.schema.batch import Field


def views(n: int, *widths: int, seed: int = 0) -> list[np.ndarray]:
    """Panels that are mixtures of the same four numbers, and of some noise."""
    random = np.random.default_rng(seed)
    hidden = random.normal(size=(n, 4))
    mixing = np.random.default_rng(99)
    return [hidden @ mixing.normal(size=(4, width)) + 0.5 * random.normal(size=(n, width)) for width in widths]


def directions(panels: dict[str, np.ndarray], ridge: float) -> dict[str, tuple[Tensor, Tensor]]:
    pairs = [("a", "b"), ("a", "c"), ("b", "c")][: 1 if len(panels) == 2 else 3]
    moments = Moments({name: one.shape[1] for name, one in panels.items()}, pairs)
    rows = torch.arange(len(panels["a"]))
    for some in rows.split(70):
        moments.add({name: Field(torch.from_numpy(one)[some], some) for name, one in panels.items()})
    return canonical_directions(moments, {name: Main.of(moments.covariance(name)) for name in panels}, ridge)


def test_two_panels_go_together_as_in_canonical_correlation_analysis() -> None:
    x, y = views(300, 6, 5)
    found = directions({"a": x, "b": y}, ridge=0.0)
    first, second = (
        (torch.from_numpy(one) - mean) @ weights for one, (mean, weights) in zip((x, y), found.values(), strict=True)
    )
    told = np.array([np.corrcoef(u, v)[0, 1] for u, v in zip(first.T.numpy(), second.T.numpy(), strict=True)])
    expected = CCA(5, scale=False, max_iter=5_000, tol=1e-10).fit(x, y).transform(x, y)
    correlations = [np.corrcoef(u, v)[0, 1] for u, v in zip(expected[0].T, expected[1].T, strict=True)]
    np.testing.assert_allclose(np.sort(told), np.sort(correlations), atol=1e-4)
    # A direction is as long as what it tells: half of the variance of each is that of one of unit variance.
    np.testing.assert_allclose(np.sort(first.std(dim=0, correction=0)), np.sort(told) / np.sqrt(2), atol=1e-6)


def test_moments_are_of_the_rows_that_have_both() -> None:
    x, y = views(9, 3, 2)
    mine, theirs = np.array([0, 1, 2, 4, 6]), np.array([1, 2, 3, 6, 8])
    moments = Moments({"a": 3, "b": 2}, [("a", "b")])
    for name, one, rows in (("a", x, mine), ("b", y, theirs)):
        moments.add({name: Field(torch.from_numpy(one[rows]), torch.from_numpy(rows))})
    assert not moments.across("a", "b").any()
    fields = [Field(torch.from_numpy(one[rows]), torch.from_numpy(rows)) for one, rows in ((x, mine), (y, theirs))]
    both = Moments({"a": 3, "b": 2}, [("a", "b")])
    both.add(dict(zip("ab", fields, strict=True)))
    shared = [1, 2, 6]
    expected = np.cov(x[shared].T, y[shared].T, bias=True)[:3, 3:]
    np.testing.assert_allclose(both.across("a", "b"), expected, atol=1e-12)
    np.testing.assert_allclose(both.covariance("a"), np.cov(x[mine].T, bias=True), atol=1e-12)


def test_three_panels_find_each_other() -> None:
    panels = dict(zip("abc", views(400, 8, 6, 7), strict=True))
    found = directions({name: one[:300] for name, one in panels.items()}, ridge=0.1)
    canonical = Canonical({name: one.shape[1] for name, one in panels.items()})
    canonical.set(found, 1.0)
    placed = {name: canonical.sides[name](torch.from_numpy(one[300:]).float()) for name, one in panels.items()}
    for first, second in (("a", "b"), ("b", "c"), ("c", "a")):
        near = placed[first] @ placed[second].T
        assert (near.argmax(dim=1) == torch.arange(100)).float().mean() > 0.2


def test_vectors_are_of_length_one_and_weighed_by_the_share() -> None:
    canonical = Canonical({"a": 3, "b": 2})
    assert not canonical.is_set
    canonical.set({"a": (torch.ones(3), torch.randn(3, 2)), "b": (torch.zeros(2), torch.randn(2, 2))}, 0.25)
    learnt, values = F.normalize(torch.randn(5, 4), dim=1), {"a": torch.randn(5, 3), "b": torch.randn(5, 2)}
    a, b = (canonical.beside(name, learnt, one) for name, one in values.items())
    torch.testing.assert_close(a.norm(dim=1), torch.ones(5))
    closed = canonical.sides["a"](values["a"]) @ canonical.sides["b"](values["b"]).T
    torch.testing.assert_close(a @ b.T, 0.75 * learnt @ learnt.T + 0.25 * closed)
    torch.testing.assert_close(canonical.beside("note", learnt, values["a"]).norm(dim=1), torch.ones(5))


def fitted(panels: list[np.ndarray], **settings: object) -> tuple[pm.Model, pm.Table]:
    columns = {name: list(one) for name, one in zip(("rna", "protein", "scan"), panels, strict=False)}
    table = pm.Table.read(columns | {"note": ["red", "blue"] * (len(panels[0]) // 2)}, types={"note": "text"})
    settings = {"objective": "align", "width": 8, "epochs": 2} | settings
    train = table.take(np.arange(len(table) - 60))
    return pm.Model(**settings).fit(train, progress=False), table.take(np.arange(len(table) - 60, len(table)))


def test_panels_are_found_that_a_network_would_need_longer_for(tmp_path: Path) -> None:
    model, test = fitted(views(200, 12, 10))
    canonical = model.space.canonical
    assert canonical.is_set
    found = model.retrieval(test)["rna", "protein"].recall[1]
    again = pm.load(model.save(tmp_path / "space.pm"))
    assert again.retrieval(test).to_dict() == model.retrieval(test).to_dict()
    assert (again.vectors(test).values["note"] == model.vectors(test).values["note"]).all()
    hits = again.index(test).search(rna=test.frame["rna"].iloc[7], k=60, among="protein")[0]
    assert len(hits) == 60
    canonical.share.zero_()
    assert found > 2 * model.retrieval(test)["rna", "protein"].recall[1]


def test_what_goes_together_along_a_curve_is_found(tmp_path: Path) -> None:
    hidden = np.random.default_rng(0).uniform(-1, 1, (360, 2))
    bent = np.stack([hidden[:, 0] ** 2, hidden[:, 1] ** 2, hidden[:, 0] * hidden[:, 1]], axis=1)  # none correlated
    model, test = fitted([hidden, bent])
    assert len(model.space.canonical.sides["rna"].around) > 0
    found = model.retrieval(test)["rna", "protein"].recall[5]
    assert found > 4 * 5 / 60
    again = pm.load(model.save(tmp_path / "space.pm"))
    assert (again.vectors(test).values["rna"] == model.vectors(test).values["rna"]).all()
    alone = [again.vectors(test.take(np.array([row]))).values["rna"] for row in range(3)]
    np.testing.assert_allclose(np.concatenate(alone), again.vectors(test).values["rna"][:3], atol=1e-5)


@pytest.mark.parametrize("settings", [{"hub": "note"}, {"contrast": "total_correlation"}], ids=["hub", "joint"])
def test_what_is_no_pair_of_panels_is_left_to_the_network(settings: dict[str, str]) -> None:
    model, test = fitted(views(100, 4, 4), **settings)
    assert model.space.canonical is None or not model.space.canonical.is_set
    assert model.vectors(test).values["rna"].shape == (60, 8)


def test_beside_a_target(tmp_path: Path) -> None:
    x, y = views(150, 6, 6)
    table = pm.Table.read({"rna": list(x), "protein": list(y), "ill": ["yes", "no"] * 75}, target="ill")
    settings = {"objective": "align", "width": 8, "epochs": 2, "learners": ["network"]}
    model = pm.Model(**settings).fit(table, progress=False)
    assert model.space.canonical.is_set
    again = pm.load(model.save(tmp_path / "both.pm"))
    assert (again.predict(table).values() == model.predict(table).values()).all()
