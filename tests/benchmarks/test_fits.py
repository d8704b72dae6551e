import pytest
from benchmarks.accuracy.fits import Fits


def test_the_longest_fit_is_told_and_held_to_what_it_may_take() -> None:
    fits = Fits()
    fits.minutes = [2.0, 9.96]
    assert fits.said() == "A fit took 10.0 minutes of processor time at most (of 2), within the 10 it may take."
    fits.minutes.append(12.0)
    assert "12.0 minutes of processor time at most (of 3), **over** the 10" in fits.said()


def test_a_fit_is_timed_and_gets_its_seed_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Stand:
        def __init__(self, seed: int, **settings: object) -> None:
            asked.append((seed, settings))

        def fit(self, table: object, progress: bool) -> str:
            return f"fitted to {table}"

    monkeypatch.setattr("benchmarks.accuracy.fits.model", Stand)
    fits = Fits()
    assert fits("rows", 3, fusion="late") == "fitted to rows"
    assert asked == [(3, {"fusion": "late"})]
    assert len(fits.minutes) == 1
