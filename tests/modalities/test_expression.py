"""Counts of genes: what they are read from, how they are normalised, and which genes are looked at."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

import polymodal as pm
from polymodal.modalities._profiles import Profile
from polymodal.modalities._variable_genes import most_variable
from polymodal.modalities.expression import Expression
from polymodal.schema.cells import State


def read(cells: list[object], **settings: object):
    kind = Expression(**settings)
    return kind.read("x", pd.DataFrame({"x": pd.Series(cells, dtype=object)}), None)


def test_columns_dicts_and_names_with_counts_are_one() -> None:
    frame = pd.DataFrame({"g:B": [2.0, 0.0, np.nan], "g:A": [1.0, np.nan, np.nan]})
    kind = Expression(prefix="g:").resolve("x", frame)
    columns = kind.read("x", frame, None)
    cells = read([{"A": 1, "B": 2}, {"B": 0}, None])
    pairs = read([(["B", "A"], [2, 1]), {"genes": ["B", "A"], "counts": np.array([0, np.nan])}, ([], [])])
    rows = read([pd.Series({"B": 2, "A": 1}), (pd.Index(["B", "A"]), csr_array([[0, 0]])[:, :2])])
    assert rows.samples == [cells.samples[0], Profile(("A", "B"), np.zeros(2))]
    for one in (columns, pairs):
        assert one.state[:2].tolist() == [State.PRESENT] * 2
        assert list(one.samples[:2]) == list(cells.samples[:2])
    assert columns.state[2] == State.ABSENT
    assert cells.samples[0] != cells.samples[1]


def test_samples_of_one_panel_share_its_names() -> None:
    given = [{"A": 1, "B": 2}, {"A": 0, "B": 5}, {"A": 3, "B": None}, (["A", "B"], np.array([4.0, np.nan]))]
    samples = read(given).samples
    assert all(one.genes is samples[0].genes for one in samples)
    assert samples[2] == Profile(("A",), np.array([3.0]))
    assert samples[3].n_known == 1


def test_a_gene_that_no_training_row_measured_is_not_looked_at() -> None:
    samples = read([{"A": 1, "B": None}, {"A": 3, "B": None}]).samples
    assert Expression().measure(samples).genes == ("A",)


def test_a_store_keeps_names_and_counts() -> None:
    for cell in ({"A": 1, "B": None}, (["B", "A"], [np.nan, 1])):
        stored = Expression().storable(cell, Path)
        assert stored["genes"] == ["A"]
        assert stored["counts"].dtype == np.uint8
        assert read([stored]).samples == read([cell]).samples
    for counts, kind in (
        ([300, 0], np.uint16),
        ([0.5, 1e6], np.float32),
        ([0.1, 1.0], np.float64),
        ([1e15, 1], np.uint64),
    ):
        stored = Expression().storable((["A", "B"], counts), Path)
        assert stored["counts"].dtype == kind
        assert stored["counts"].tolist() == counts
    assert Expression(columns=("g",)).storable(1.5, Path) == 1.5


def test_normalised_by_hand() -> None:
    cells = [{"A": 30, "B": 70}, {"A": 0, "B": 10}, {"A": 5}]
    kind, samples = Expression(), read(cells).samples
    statistics = kind.measure(samples)
    a = np.log1p([30 / 100 * 1e4, 0, 1e4])
    b = np.log1p([70 / 100 * 1e4, 1e4])
    sizes = np.log1p([100, 10, 5])
    assert statistics.genes == ("A", "B")
    np.testing.assert_allclose(statistics.mean, [a.mean(), b.mean()])
    np.testing.assert_allclose(statistics.std, [a.std(ddof=1), b.std(ddof=1)])
    arrays = np.stack([kind.prepare(sample, statistics) for sample in samples])
    np.testing.assert_allclose(arrays[:, 0], (sizes - sizes.mean()) / sizes.std(), rtol=1e-5)
    np.testing.assert_allclose(arrays[:, 1], (a - a.mean()) / a.std(ddof=1), rtol=1e-5)
    assert np.isnan(arrays[2, 2])
    values, mask = kind.collate(list(arrays), statistics)
    assert mask.tolist() == [[True, True, True], [True, True, True], [True, True, False]]
    assert values[2, 2] == 0


def test_a_deeper_sequenced_sample_differs_in_its_size_alone() -> None:
    kind, samples = Expression(), read([{"A": 3, "B": 7}, {"A": 300, "B": 700}, {"A": 1, "B": 1}]).samples
    statistics = kind.measure(samples)
    one, other = (kind.prepare(sample, statistics) for sample in samples[:2])
    np.testing.assert_allclose(one[1:], other[1:], rtol=1e-5)
    assert other[0] > one[0]


def test_a_gap_is_unknown_or_zero() -> None:
    cells = [{"A": 1, "B": 9}, {"A": 4}]
    for gaps, expected in (("unknown", np.nan), ("zero", 0.0)):
        kind = Expression(gaps=gaps)
        samples = read(cells).samples
        statistics = kind.measure(samples)
        found = kind.prepare(samples[1], statistics)[2] * statistics.std[1] + statistics.mean[1]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        open_one = Profile(("A", "B"), np.array([4.0, np.nan]))  # as columns give it
        np.testing.assert_array_equal(kind.prepare(open_one, statistics), kind.prepare(samples[1], statistics))


def test_the_genes_that_vary_more_than_their_mean_explains() -> None:
    """Poisson genes of all means, of which a few are drawn out into two states."""
    random = np.random.default_rng(0)
    means = np.exp(random.uniform(-1, 4, 300))
    planted = np.sort(random.choice(np.flatnonzero(means > 1), 15, replace=False))
    rates = np.tile(means, (200, 1))
    rates[:100, planted] *= 2.5
    counts = random.poisson(rates).astype(float)
    assert most_variable(lambda: [counts], 15).tolist() == planted.tolist()
    assert most_variable(lambda: np.array_split(counts, 7), 15).tolist() == planted.tolist()
    counts[random.random(counts.shape) < 0.2] = np.nan
    assert most_variable(lambda: [counts], 15).tolist() == planted.tolist()


def test_only_training_rows_choose_genes() -> None:
    random = np.random.default_rng(0)
    cells = [dict(zip("abcdef", random.poisson([5, 50, 5, 5, 5, 5]).tolist(), strict=True)) for _ in range(60)]
    for row in range(30):
        cells[row]["d"] *= 20
    kind, samples = Expression(max_genes=1), read(cells).samples
    assert kind.measure(samples[:60]).genes == ("d",)
    assert kind.measure(samples[30:]).genes != ("d",)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ({"A": -1}, "a count is a finite number from 0, -1 came for 'A'"),
        ({"A": np.inf}, "inf came"),
        ({"A": "many"}, "'many' came for 'A'"),
        ({1: 5}, "genes have names, 1 came"),
        ({"": 5}, "genes have names"),
        (([{}, "A"], [1, 1]), "genes have names, {} came"),
        ((["A", None], [1, 1]), "genes have names, None came"),
        ((["A", "A"], [1, 2]), "1 genes come twice, such as 'A'"),
        ((["A"], [1, 2]), "1 genes came with 2 counts"),
        ([1.0, 2.0], "list came"),
        ("A", "str came"),
    ],
)
def test_what_are_no_counts_is_unreadable(cell: object, said: str) -> None:
    cells = read([cell, {"A": None}, {}, {"A": 0}])
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.ABSENT, State.PRESENT]
    assert said in cells.faults[0].reason


def test_values_below_zero_in_columns_are_named_with_their_row() -> None:
    frame = pd.DataFrame({"g1": [1, -2.5, "x", 3], "g2": [None, 1, 2, 3]}, index=[*"abcd"])
    cells = Expression(columns=("g1", "g2")).read("x", frame, None)
    assert cells.state.tolist() == [State.PRESENT, State.UNREADABLE, State.UNREADABLE, State.PRESENT]
    assert [fault.row for fault in cells.faults] == ["b", "c"]
    assert "-2.5 came" in cells.faults[0].reason


def test_another_panel_is_read_and_one_of_other_genes_is_named() -> None:
    random = np.random.default_rng(0)
    cells = [{gene: int(random.poisson(1 + 9 * (row % 2))) for gene in "abc"} for row in range(30)]
    table = pm.Table.read({"rna": cells, "y": ["p", "q"] * 15}, target="y", types={"rna": "expression"})
    model = pm.Model(preset="fast", learners=["linear", "trees"]).fit(table, progress=False)
    found = model.predict([{"rna": {"a": 9, "x": 2}}, {"rna": {"x": 5}}])
    assert found.used[:, 0].tolist() == [True, False]
    assert "none of its 1 genes is among the 3 learnt" in str(found.faults[0])


def test_shown_and_written_out() -> None:
    sample = Profile(("A<b>", "C"), np.array([1.0, 5.0]))
    assert Expression().html(sample).startswith('<ul class="expression"><li>C 5</li><li>A&lt;b&gt; 1</li></ul>')
    many = [Profile(tuple(map(str, range(30))), np.arange(30.0) + shift) for shift in (0, 0, 1)]
    assert repr(many[0]) == repr(many[1]) != repr(many[2])
    assert many[0] == many[1] != many[2]
    assert hash(many[0]) == hash(many[1])
