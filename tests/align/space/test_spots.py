from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import polymodal as pm
from polymodal.errors import DataError, SchemaError

space = pm.align.space
COUNTS = np.array([[3, 0, 1], [0, 2, 0]])
GENES = ["CD8A", "KRT5", "EPCAM"]


def test_an_annotated_matrix_is_taken_without_its_package():
    given = SimpleNamespace(
        X=None, layers={"counts": sparse.csr_matrix(COUNTS)}, var_names=pd.Index(GENES), obs_names=pd.Index(["a", "b"]),
        obsm={"spatial": np.array([[1, 2], [3, 4]])},
    )  # fmt: skip
    spots = space.Spots.of(given, space.Frame("slide", resolution=0.5), layer="counts")
    assert spots.names == ("a", "b")
    assert spots.positions.tolist() == [[1, 2], [3, 4]]
    assert spots.of_genes(["EPCAM", "CD8A"]).tolist() == [[1, 3], [0, 0]]
    with pytest.raises(SchemaError, match="X is empty"):
        space.Spots.of(given)
    with pytest.raises(SchemaError, match="Did you mean 'counts'"):
        space.Spots.of(given, layer="count")


def test_a_table_has_positions_names_and_counts():
    table = pd.DataFrame({"spot": ["a", "b"], "px": [1, 3], "py": [2, 4], **dict(zip(GENES, COUNTS.T, strict=True))})
    spots = space.Spots.of(table, x="px", y="py")
    assert spots.names == ("a", "b")
    assert spots.genes == tuple(GENES)
    assert spots.totals.tolist() == [4, 2]
    with pytest.raises(SchemaError, match="'x'"):
        space.Spots.of(table)


def test_sparse_counts_stay_sparse():
    spots = space.Spots(sparse.coo_matrix(COUNTS), GENES, [[0, 0], [1, 0]])
    assert sparse.issparse(spots.counts)
    assert spots.taken(np.array([1])).of_genes(["KRT5"]).tolist() == [[2]]


def test_all_faults_are_told_at_once():
    with pytest.raises(DataError) as caught:
        space.Spots([[1, -2], [np.nan, 0]], ["A", "A"], [[0, 0]])
    for told in ("1 positions", "named twice: 'A'", "absent or infinite", "negative"):
        assert told in str(caught.value)
