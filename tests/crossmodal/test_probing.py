"""How much of an index is looked into: enough for vectors that lie in no clusters, little for those that do."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from polymodal.crossmodal import shelf
from polymodal.crossmodal.probing import GroundTruth, Probing, measured
from polymodal.crossmodal.shelf import NAME, Shelf, listed
from polymodal.errors import ArtifactError

ROWS, WIDTH, K = 2000, 16, 10
RANDOM = np.random.default_rng(0)


def unit(values: np.ndarray) -> np.ndarray:
    return (values / np.linalg.norm(values, axis=1, keepdims=True)).astype(np.float32)


CENTRES = RANDOM.normal(size=(80, WIDTH))


def cloud(n: int, spread: float) -> np.ndarray:
    """Around 80 centres as far from the origin as clouds are wide by `spread`."""
    return unit(CENTRES[RANDOM.integers(0, 80, n)] + spread * RANDOM.normal(size=(n, WIDTH)))


def shelf_of(vectors: np.ndarray, path: Path) -> Shelf:
    n = len(vectors)
    kind = pa.list_(pa.float32(), WIDTH)
    schema = pa.schema([pa.field(NAME, pa.int64()), pa.field("price", pa.float64()), pa.field("_cell_0", kind)])
    prices = np.random.default_rng(1).uniform(0, 100, n)
    batch = pa.record_batch([np.arange(n), prices, listed(vectors, np.arange(n), n)], schema=schema)
    return Shelf.create(path, [batch], schema, {})


@pytest.mark.parametrize(("spread", "is_wide"), [(0.05, False), (3.0, True)])
def test_nearly_all_are_found_however_wide_clouds_are(
    spread: float, is_wide: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "EXACT", 1000)
    monkeypatch.setattr(shelf, "QUERIES", 40)
    monkeypatch.setattr(shelf, "_FEW", 100)
    vectors = cloud(ROWS, spread)
    found = shelf_of(vectors, tmp_path / "rows.index")
    probing = Probing.of(Shelf.open(found.path).told["probing"]["_cell_0"])
    assert (probing.probes(K) > 16) == is_wide
    prices = np.random.default_rng(1).uniform(0, 100, ROWS)
    for where, kept in ((None, prices < 101), ("price < 20", prices < 20), ("price < 2", prices < 2)):
        shares = []
        for query in cloud(25, spread):
            right = np.argsort(-np.where(kept, vectors @ query, -2))[:K]
            shares.append(np.isin(found.near("_cell_0", query, K, where, [NAME])[NAME].to_numpy(), right).sum() / K)
        assert np.mean(shares) >= 0.99


def test_rows_that_came_are_probed_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "EXACT", 300)
    monkeypatch.setattr(shelf, "QUERIES", 10)
    first = shelf_of(cloud(310, 0.05), tmp_path / "rows.index")
    batch = pa.record_batch(
        [np.arange(310, 960), np.zeros(650), listed(cloud(650, 3.0), np.arange(650), 650)],
        schema=first.dataset.schema,
    )
    later = first.appended([batch])
    assert later.told["probing"] != first.told["probing"]
    assert later.told["probing"]["_cell_0"]["parts"] == 31


def test_the_fewest_probes_that_are_enough() -> None:
    vectors = unit(RANDOM.normal(size=(400, 8)))
    truth = GroundTruth.of(vectors[:20], np.ones(20, dtype=bool), [vectors[:150], vectors[150:]])
    far = 2 - 2 * vectors[:20] @ vectors.T
    assert np.allclose(truth.distances[:, :50], np.sort(far, axis=1)[:, :50], atol=1e-5)

    def near(vector: np.ndarray, k: int, probes: int, refine: int) -> np.ndarray:
        """All that are near once there are more probes than half of k, and refined by ten."""
        exact = np.sort(2 - 2 * vectors @ vector)[:k]
        return exact if probes > k / 2 and refine >= 10 else exact + 1

    found = measured(truth, near, parts=300)
    assert found == Probing(steps=((10, 16), (100, 64)), refine=10, parts=300)
    assert [found.probes(depth) for depth in (1, 100, 101, 900)] == [16, 64, 65, 300]
    assert Probing.of(found.to_dict()) == found


@pytest.mark.parametrize(
    "told", [None, {"steps": [[10]], "refine": 5, "parts": 3}, {"steps": [], "refine": 5, "parts": 3}]
)
def test_what_was_not_written_by_us_is_refused(told: object) -> None:
    with pytest.raises(ArtifactError, match="the index is damaged"):
        Probing.of(told)
