import numpy as np
import pandas as pd

from polymodal.demos.miniacc import _ASSAYS, _CLINICAL, assemble

# How many of the 92 patients have each assay, as the source says.
HAVE = {"rna": (198, 79), "cnv": (198, 90), "protein": (33, 46), "mutation": (97, 90), "mirna": (471, 80)}


def present(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: frame.filter(like=f"{name}:").notna().any(axis=1) for name in _ASSAYS})


def test_counts_are_those_of_the_source() -> None:
    frame = assemble()
    assert len(frame) == 92
    assert frame["patient"].is_unique
    assert frame["vital_status"].sum() == 34
    for name, (n_features, n_patients) in HAVE.items():
        assay = frame.filter(regex=f"^{name}:")
        assert assay.shape[1] == n_features
        assert assay.notna().all(axis=1).sum() == n_patients  # a patient has the whole assay ...
        assert assay.isna().all(axis=1).sum() == 92 - n_patients  # ... or nothing of it
    assert present(frame).all(axis=1).sum() == 43


def test_nothing_of_the_follow_up_is_left() -> None:
    frame = assemble()
    columns = {column for column in frame if ":" not in column}
    assert columns == {"patient", "days", "vital_status", *_CLINICAL.values()}


def test_reads_of_a_patient_are_per_million() -> None:
    mirna = assemble().filter(regex="^mirna:").dropna()
    np.testing.assert_allclose(mirna.sum(axis=1), 1e6)


def test_the_same_each_time() -> None:
    pd.testing.assert_frame_equal(assemble(), assemble())
