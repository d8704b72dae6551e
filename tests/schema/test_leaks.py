import numpy as np
import pandas as pd
import pytest

import polymodal as pm
from polymodal.schema.leaks import find_leaks

N = 120
RANDOM = np.random.default_rng(0)
CLASSES = np.arange(N) % 3
NOISE = RANDOM.normal(size=N)
TIME = RANDOM.exponential(size=N) + 0.1
EVENT = (RANDOM.random(N) < 0.6).astype(int)


def leaks(columns, target, **declared):
    table = pm.Table.read({"noise": NOISE, "ward": list("xyzw") * (N // 4), **columns}, target=target, **declared)
    return {(leak.column, leak.target): leak for leak in find_leaks(table)}


@pytest.mark.parametrize(
    ("column", "how"),
    [
        (CLASSES * 10 + NOISE / 10, "its values part the classes"),
        (np.where(np.arange(N) == 5, np.nan, -CLASSES + 0.5), "its values part the classes"),
        ([f"code {c} {n % 4}" for n, c in enumerate(CLASSES)], "its values part the classes"),
        ([f"c{c}" for c in CLASSES], "it equals"),
    ],
)
def test_columns_that_tell_the_class(column, how):
    found = leaks({"t": [f"c{c}" for c in CLASSES], "x": column}, "t", types={"x": "tabular"})
    assert set(found) == {("x", "t")}
    assert how in found["x", "t"].how
    assert found["x", "t"].score >= 0.99


def test_presence_that_tells_the_class():
    died = [int(c == 0) for c in CLASSES]
    date = np.where(CLASSES == 0, NOISE, np.nan)
    note = [f"note of {n}" if c == 0 else None for n, c in enumerate(CLASSES)]
    found = leaks({"died": died, "date": date, "note": note}, "died")
    assert set(found) == {("date", "died"), ("note", "died")}
    assert "whether it is filled" in found["date", "died"].how
    assert "whether it is there" in found["note", "died"].how


@pytest.mark.parametrize("column", [np.exp(NOISE * 2), -NOISE])
def test_columns_in_the_order_of_a_number(column):
    found = leaks({"t": NOISE, "noise": RANDOM.normal(size=N), "x": column}, "t")
    assert set(found) == {("x", "t")}


def test_category_that_tells_a_number():
    level = np.repeat(np.arange(12.0), 10)
    found = leaks(
        {"t": level + NOISE / 1000, "x": [f"level {chr(97 + int(one))}" for one in level]}, "t", types={"x": "tabular"}
    )
    assert set(found) == {("x", "t")}


def test_columns_that_tell_survival():
    columns = {"days": TIME, "dead": EVENT, "risk": -TIME, "copy": EVENT, "last_seen": np.where(EVENT, np.nan, TIME)}
    found = leaks(columns, pm.Survival("days", "dead"))
    assert found["risk", "survival"].measure == "concordance"
    assert found["copy", "survival"].how == "it equals 'dead' wherever both are filled"
    assert found["last_seen", "survival"].how == "it equals 'days' wherever both are filled"
    assert {column for column, _ in found} == {"risk", "copy", "last_seen"}


def test_multilabel_leaks_name_the_label():
    a, b = CLASSES == 0, RANDOM.random(N) < 0.5
    tags = [[label for label, has in (("a", x), ("b", y)) if has] for x, y in zip(a, b, strict=True)]
    found = leaks({"tags": tags, "x": a.astype(float) + NOISE / 100}, {"tags": pm.Multilabel()})
    assert set(found) == {("x", "tags: a")}


def test_a_wide_panel_of_noise_tells_nothing():
    random = np.random.default_rng(1)
    panel = {f"g_{n}": random.normal(size=40) for n in range(2000)}
    for target in ([0, 1] * 20, random.normal(size=40)):
        assert find_leaks(pm.Table.read({**panel, "t": target}, target="t")) == []


def test_small_tables_and_rare_classes_are_not_judged():
    assert find_leaks(pm.Table.read({"x": [1.5, 2.5, 9.5, 8.5], "t": list("aabb")}, target="t")) == []
    rare = pd.DataFrame({"x": np.arange(50) / 7, "t": ["a"] * 48 + ["b"] * 2})
    assert find_leaks(pm.Table.read(rare, target="t")) == []
