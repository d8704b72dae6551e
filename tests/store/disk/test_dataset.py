"""Where stores are, and what is said of those that are not there; an object store is stood in for by local files."""

import pytest

import polymodal as pm
from polymodal.errors import ArtifactError
from polymodal.store.disk import dataset as disk


@pytest.fixture
def remote(monkeypatch, tmp_path):
    """An address that is read and written as one elsewhere is."""
    monkeypatch.setattr(disk, "_REMOTE", ("file-object-store://",))
    return f"file-object-store://{tmp_path}/rows.lance"


ROWS = {"age": [1.0, 2.0, 8.0, 9.0] * 5, "ill": ["no", "no", "yes", "yes"] * 5}
QUICK = pm.Model(learners=["prototypes"])


def test_a_store_elsewhere_is_taken_by_its_address(remote):
    pm.Store.create(remote, ROWS, target="ill")
    answers = QUICK.fit(remote, progress=False).predict(remote).values()
    assert answers.tolist() == pm.Store.open(remote).table().frame["ill"].tolist()
    with pytest.raises(ArtifactError, match=r"has no version 9; .* the last one is 3"):
        pm.Store.open(remote, version=9)


def test_no_store_elsewhere(remote):
    for asks in (pm.Store.open, QUICK.fit):
        with pytest.raises(ArtifactError, match=r"^no store at file-object-store://.*rows\.lance$"):
            asks(remote)


def test_a_path_is_fitted_like_its_store(make):
    store = make(ROWS, target="ill")
    assert len(QUICK.fit(store.uri, progress=False).predict({"age": 9.0})) == 1
