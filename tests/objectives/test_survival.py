"""Cox and Breslow against their definitions and against scikit-survival."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polymodal.objectives.survival import SurvivalObjective, breslow, cox_loss, survival_curves
from polymodal.schema.batch import Fused, KnownLabels
from polymodal.schema.target import Survival


def draw(seed: int, n: int, *, ties: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Risk, time, event, weight of n rows."""
    random = np.random.default_rng(seed)
    time = random.integers(1, 5, n).astype(float) if ties else random.permutation(n) + 1.0
    return random.normal(size=n), time, (random.random(n) < 0.6).astype(float), random.integers(1, 4, n).astype(float)


def brute_force(risk: np.ndarray, time: np.ndarray, event: np.ndarray, weight: np.ndarray) -> float:
    total = 0.0
    for i in np.flatnonzero(event):
        at_risk = time >= time[i]
        total -= weight[i] * (risk[i] - np.log((weight * np.exp(risk))[at_risk].sum()))
    return float(total / max((weight * event).sum(), 1e-12))


@given(seed=st.integers(0, 2**16), n=st.integers(1, 30), ties=st.booleans(), weighted=st.booleans())
def test_cox_loss_is_its_definition(seed, n, ties, weighted):  # type: ignore[no-untyped-def]
    risk, time, event, weight = draw(seed, n, ties=ties)
    given_weight = torch.from_numpy(weight) if weighted else None
    loss = cox_loss(torch.from_numpy(risk), torch.from_numpy(time), torch.from_numpy(event), given_weight)
    expected = brute_force(risk, time, event, weight if weighted else np.ones(n))
    np.testing.assert_allclose(loss.item(), expected, atol=1e-10)


def test_a_weight_of_two_is_the_row_twice() -> None:
    risk, time, event, weight = (torch.from_numpy(one) for one in draw(1, 20))
    again = torch.repeat_interleave(torch.arange(20), weight.long())
    torch.testing.assert_close(cox_loss(risk, time, event, weight), cox_loss(risk[again], time[again], event[again]))


def test_no_event_is_no_loss_and_still_has_a_gradient() -> None:
    risk = torch.zeros(3, requires_grad=True)
    loss = cox_loss(risk, torch.ones(3), torch.zeros(3))
    loss.backward()
    assert loss.item() == 0.0
    assert risk.grad is not None


def test_large_risks_stay_finite() -> None:
    loss = cox_loss(torch.tensor([500.0, -500.0]), torch.tensor([1.0, 2.0]), torch.ones(2))
    assert torch.isfinite(loss)


def test_the_optimum_is_that_of_scikit_survival() -> None:
    linear_model = pytest.importorskip("sksurv.linear_model")
    random = np.random.default_rng(0)
    features = random.normal(size=(80, 2))
    time = random.exponential(np.exp(-features @ [1.0, -0.5])).round(1) + 0.1
    event = random.random(80) < 0.7
    outcome = np.array(list(zip(event, time, strict=True)), dtype=[("event", bool), ("time", float)])
    theirs = linear_model.CoxPHSurvivalAnalysis(ties="breslow", tol=1e-12).fit(features, outcome)
    slope = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([slope], max_iter=100, tolerance_grad=1e-12, line_search_fn="strong_wolfe")
    inputs, times, events = torch.from_numpy(features), torch.from_numpy(time), torch.from_numpy(event).double()

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = cox_loss(inputs @ slope, times, events)
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[arg-type]
    np.testing.assert_allclose(slope.detach().numpy(), theirs.coef_, atol=1e-5)
    risk = features @ theirs.coef_
    at, hazard = breslow(risk, time, event.astype(float))
    expected = theirs.cum_baseline_hazard_
    np.testing.assert_allclose(hazard, np.interp(at, expected.x, expected.y), rtol=1e-8)
    curves = survival_curves(risk[:5], at, hazard, at)
    for row, function in zip(curves, theirs.predict_survival_function(features[:5]), strict=True):
        np.testing.assert_allclose(row, function(at), rtol=1e-8)


def test_without_risks_the_hazard_is_nelson_aalens() -> None:
    times, hazard = breslow(np.zeros(4), np.array([1.0, 2.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0, 0.0]))
    np.testing.assert_allclose(times, [1, 2])
    np.testing.assert_allclose(hazard, [1 / 4, 1 / 4 + 2 / 3])


@given(seed=st.integers(0, 2**16))
def test_curves_start_at_one_and_fall(seed):  # type: ignore[no-untyped-def]
    risk, time, event, weight = draw(seed, 15)
    times, hazard = breslow(risk, time, event, weight)
    curves = survival_curves(risk, times, hazard, np.array([0.0, 0.5, 1.0, 2.0, 3.5, 99.0]))
    assert (curves[:, 0] == 1).all()
    assert (np.diff(curves, axis=1) <= 0).all()
    assert ((curves >= 0) & (curves <= 1)).all()
    assert (np.diff(curves[np.argsort(risk)], axis=0) <= 1e-12).all()  # more risk, less survival, at all times


def test_rows_without_a_label_or_without_anything_there_add_nothing() -> None:
    objective = SurvivalObjective(Survival(time="days", event="dead"), 4)
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(6, 4, generator=generator)
    time, event = torch.arange(1.0, 7.0), torch.ones(6)
    known, present = torch.tensor([1, 1, 0, 1, 1, 1]).bool(), torch.tensor([1, 1, 1, 1, 0, 1]).bool()
    labels = KnownLabels(torch.stack([time, event], dim=1), known)
    both = known & present
    alone = KnownLabels(labels.values[both], known[both])
    loss = objective(Fused(values, present), labels).loss
    torch.testing.assert_close(loss, objective(Fused(values[both], present[both]), alone).loss)
