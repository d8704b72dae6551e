"""What retrieval says of vectors made by hand, and that it can be read, drawn and sent."""

import json

import numpy as np
import pytest

from polymodal.crossmodal.retrieval import Retrieval, retrieval
from polymodal.crossmodal.vectors import Vectors
from polymodal.errors import FitError, SettingError


def vectors(**columns: tuple[list[int], np.ndarray]) -> Vectors:
    values = {name: np.float32(one / np.linalg.norm(one, axis=1, keepdims=True)) for name, (_, one) in columns.items()}
    rows = {name: np.array(rows) for name, (rows, _) in columns.items()}
    keys = {name: np.arange(len(one)) for name, one in rows.items()}
    return Vectors(np.arange(20), values, rows, keys)


@pytest.fixture(scope="module")
def found() -> Retrieval:
    random = np.random.default_rng(0)
    photo = random.normal(size=(20, 4))
    note = photo[5:] + 0.4 * random.normal(size=(15, 4))
    return retrieval(vectors(photo=([*range(20)], photo), note=([*range(5, 20)], note), sound=([0], photo[:1])))


def test_recall_is_of_the_rows_that_have_both(found: Retrieval) -> None:
    assert {(one.query, one.found) for one in found.findings} == {("photo", "note"), ("note", "photo")}
    one = found["photo", "note"]
    assert (one.rows, one.by_chance[1]) == (15, pytest.approx(1 / 15))
    random = np.random.default_rng(0)
    photo = random.normal(size=(20, 4))
    note = photo[5:] + 0.4 * random.normal(size=(15, 4))
    photo, note = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (photo[5:], note))
    near = photo @ note.T
    places = (near > np.diag(near)[:, None]).sum(axis=1)
    assert one.recall == {k: pytest.approx((places < k).mean()) for k in (1, 5, 10)}
    assert one.median_rank == np.median(places) + 1
    assert one.alignment == pytest.approx(((photo - note) ** 2).sum(axis=1).mean(), rel=1e-5)
    assert one.gap == pytest.approx(np.linalg.norm(photo.mean(axis=0) - note.mean(axis=0)), rel=1e-5)


def test_it_is_read_drawn_and_sent(found: Retrieval) -> None:
    assert "photo → note" in str(found)
    assert "Uniformity" in str(found)
    assert "<table" in found._repr_html_()
    frame = found.to_pandas()
    assert frame[["query", "found"]].to_numpy().tolist() == [["photo", "note"], ["note", "photo"]]
    assert {"recall@1", "chance@10", "median_rank", "alignment", "gap"} <= set(frame.columns)
    assert json.loads(json.dumps(found.to_dict()))["findings"][0]["recall"]["1"] == found["photo", "note"].recall[1]
    recall, apart, spread = found.plot().axes
    assert len(recall.lines) == 4
    assert len(apart.patches) == 2
    assert len(spread.patches) == 3


def test_nothing_together_is_nothing_to_look_for() -> None:
    one = np.ones((2, 3))
    with pytest.raises(FitError, match="no two modalities are there together"):
        retrieval(vectors(photo=([0, 1], one), note=([2, 3], one)))


def test_a_pair_that_was_not_looked_for_is_told(found: Retrieval) -> None:
    with pytest.raises(SettingError, match=r"\('note', 'sound'\) is no query .* Allowed: \('photo', 'note'\)"):
        found["note", "sound"]
