"""Chunked losses against the full ones written out; partly paired rows against the rows that are paired."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from polymodal.contrastive._contrast import Pair, Placed
from polymodal.contrastive.infonce import infonce_loss
from polymodal.contrastive.sigmoid import Sigmoid, sigmoid_loss
from polymodal.errors import SettingError
from polymodal.registry import CONTRASTS

NAMES = ("photo", "note", "sound")


def unit(n: int, width: int = 6, seed: int = 0) -> Tensor:
    return F.normalize(torch.randn(n, width, generator=torch.Generator().manual_seed(seed)), dim=1)


def full_sigmoid(x: Tensor, y: Tensor, factor: Tensor, offset: Tensor, alike: Tensor) -> Tensor:
    raw = factor * x @ y.T + offset
    sign = 2 * torch.eye(len(x)) - 1
    return (-F.logsigmoid(sign * raw) * ~alike).sum() / len(x)


def full_infonce(x: Tensor, y: Tensor, factor: Tensor, offset: Tensor, alike: Tensor) -> Tensor:
    raw = (factor * x @ y.T).masked_fill(alike, -torch.inf)
    rows = torch.arange(len(x))
    return (F.cross_entropy(raw, rows) + F.cross_entropy(raw.T, rows)) / 2


def values_and_slopes(loss: Tensor, of: list[Tensor]) -> list[Tensor]:
    return [loss, *torch.autograd.grad(loss, of, allow_unused=True, materialize_grads=True)]


@pytest.mark.parametrize("kind", ["sigmoid", "infonce"])
@given(n=st.integers(1, 9), at_once=st.integers(1, 100), repeats=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=25, deadline=None)
def test_a_stretch_at_a_time_is_all_at_once(kind: str, n: int, at_once: int, repeats: bool, seed: int) -> None:
    x, y = unit(n, seed=seed).requires_grad_(), unit(n, seed=seed + 1).requires_grad_()
    factor, offset = torch.tensor(3.0, requires_grad=True), torch.tensor(-1.0, requires_grad=True)
    keys = torch.randint(0, 3, (n,), generator=torch.Generator().manual_seed(seed)) if repeats else None
    alike = torch.zeros(n, n, dtype=torch.bool)
    if keys is not None:
        alike = (keys[:, None] == keys) & ~torch.eye(n, dtype=torch.bool)
    pair = Pair(x, y, keys, None)
    of = [x, y, factor, offset]
    if kind == "sigmoid":
        found = values_and_slopes(sigmoid_loss(pair, factor, offset, at_once), of)
        expected = values_and_slopes(full_sigmoid(x, y, factor, offset, alike), of)
    else:
        found = values_and_slopes(infonce_loss(pair, factor, at_once), of)
        expected = values_and_slopes(full_infonce(x, y, factor, offset, alike), of)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


def several_sigmoid(x: Tensor, y: Tensor, factor: Tensor, offset: Tensor, alike: Tensor, same: Tensor) -> Tensor:
    raw = factor * x @ y.T + offset
    right = -F.logsigmoid(raw) * same / same.sum(dim=1)
    return (right + -F.logsigmoid(-raw) * ~same * ~alike).sum() / len(x)


def several_infonce(x: Tensor, y: Tensor, factor: Tensor, offset: Tensor, alike: Tensor, same: Tensor) -> Tensor:
    """The outer sum of Khosla et al. 2020, both ways."""
    raw = (factor * x @ y.T).masked_fill(alike & ~same, -torch.inf)
    told = [(-one.log_softmax(dim=1)).masked_fill(~same, 0) * same / same.sum(dim=1) for one in (raw, raw.T)]
    return (told[0].sum() + told[1].sum()) / (2 * len(x))


@pytest.mark.parametrize("kind", ["sigmoid", "infonce"])
@given(n=st.integers(1, 9), at_once=st.integers(1, 100), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_rows_that_show_the_same_belong_together(kind: str, n: int, at_once: int, seed: int) -> None:
    x, y = unit(n, seed=seed).requires_grad_(), unit(n, seed=seed + 1).requires_grad_()
    factor, offset = torch.tensor(3.0, requires_grad=True), torch.tensor(-1.0, requires_grad=True)
    generator = torch.Generator().manual_seed(seed)
    keys, shown = (torch.randint(low, 3, (n,), generator=generator) for low in (0, -1))
    own = torch.eye(n, dtype=torch.bool)
    alike, same = keys[:, None] == keys, (shown[:, None] == shown) & (shown >= 0) | own
    pair, of = Pair(x, y, None, keys, shown), [x, y, factor, offset]
    if kind == "sigmoid":
        found = values_and_slopes(sigmoid_loss(pair, factor, offset, at_once), of)
        expected = values_and_slopes(several_sigmoid(*of, alike, same), of)
    else:
        found = values_and_slopes(infonce_loss(pair, factor, at_once), of)
        expected = values_and_slopes(several_infonce(*of, alike, same), of)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["sigmoid", "infonce"])
def test_partly_paired_rows_count_for_the_pairs_they_have(kind: str) -> None:
    contrast = CONTRASTS.get(kind)(NAMES, 6)
    rows = {"photo": [0, 1, 2, 4], "note": [1, 2, 3], "sound": [5]}
    placed = {name: Placed(unit(len(one), seed=len(name)), torch.tensor(one)) for name, one in rows.items()}
    both = {
        "photo": Placed(placed["photo"].values[1:3], torch.tensor([0, 1])),
        "note": Placed(placed["note"].values[:2], torch.tensor([0, 1])),
    }
    torch.testing.assert_close(contrast(placed), contrast(both))


@pytest.mark.parametrize("kind", CONTRASTS.names())
def test_nothing_paired_is_no_loss_and_still_has_a_gradient(kind: str) -> None:
    contrast = CONTRASTS.get(kind)(NAMES, 6)
    loss = contrast({"photo": Placed(unit(2), torch.tensor([0, 1])), "note": Placed(unit(1), torch.tensor([2]))})
    loss.backward()
    assert loss.item() == 0.0
    assert contrast({}).item() == 0.0


@pytest.mark.parametrize("kind", CONTRASTS.names())
def test_order_of_modalities_changes_nothing(kind: str) -> None:
    placed = {name: Placed(unit(5, seed=k), torch.arange(5)) for k, name in enumerate(NAMES)}
    loss = CONTRASTS.get(kind)(NAMES, 6)(placed)
    again = CONTRASTS.get(kind)(NAMES, 6)(dict(reversed(placed.items())))
    torch.testing.assert_close(loss, again)


@pytest.mark.parametrize("kind", ["sigmoid", "infonce"])
def test_a_hub_is_in_every_pair(kind: str) -> None:
    placed = {name: Placed(unit(5, seed=k), torch.arange(5)) for k, name in enumerate(NAMES)}
    star = CONTRASTS.get(kind)(NAMES, 6, hub="note")
    arms = [
        CONTRASTS.get(kind)(("note", other), 6)({name: placed[name] for name in ("note", other)})
        for other in ("photo", "sound")
    ]
    torch.testing.assert_close(star(placed), torch.stack(arms).mean())


def test_same_content_is_no_negative() -> None:
    x = unit(3)
    rows = torch.arange(3)
    same = torch.tensor([7, 7, 8])
    contrast = CONTRASTS.get("sigmoid")(("a", "b"), 6)
    known = contrast({"a": Placed(x, rows, same), "b": Placed(x, rows)})
    assert known < contrast({"a": Placed(x, rows), "b": Placed(x, rows)})


@pytest.mark.parametrize("kind", ["sigmoid", "infonce"])
def test_scores_are_mean_cosines(kind: str) -> None:
    query, candidates = {"photo": unit(2), "note": unit(2, seed=1)}, unit(4, seed=2)
    found = CONTRASTS.get(kind)(NAMES, 6).scores(query, "sound", candidates)
    torch.testing.assert_close(found, (query["photo"] + query["note"]) @ candidates.T / 2)


@pytest.mark.parametrize("kind", CONTRASTS.names())
def test_a_factor_stays_below_a_hundred_and_can_fall_again(kind: str) -> None:
    placed = {name: Placed(unit(4, seed=k), torch.arange(4)) for k, name in enumerate(("a", "b"))}
    contrast = CONTRASTS.get(kind)(("a", "b"), 6)
    losses = []
    for factor in (100.0, 1e4):
        with torch.no_grad():
            contrast.log_factor.fill_(torch.tensor(factor).log())
        losses.append(contrast(placed).item())
    assert losses[0] == losses[1]
    contrast(placed).backward()
    assert contrast.log_factor.grad.abs().sum() > 0


def test_what_cannot_be_paired_is_refused() -> None:
    with pytest.raises(SettingError, match="two modalities or more; 'photo' came"):
        CONTRASTS.get("sigmoid")(("photo",), 6)
    with pytest.raises(SettingError, match=r"hub='nota' is no modality. Did you mean 'note'"):
        CONTRASTS.get("infonce")(NAMES, 6, hub="nota")


@pytest.mark.parametrize("n", [2, 8, 64])
def test_the_sigmoid_starts_at_the_odds_of_chance(n: int) -> None:
    """Of vectors at right angles nothing is known: each pair is right with one chance in as many as there are."""
    both = torch.eye(2 * n)
    placed = {name: Placed(both[at : at + n], torch.arange(n)) for name, at in (("a", 0), ("b", n))}
    odds = 1 / (n - 1)
    expected = np.log1p(1 / odds) + (n - 1) * np.log1p(odds)
    assert Sigmoid(["a", "b"], 2 * n)(placed).item() == pytest.approx(expected, rel=1e-5)
