"""What other libraries saved, their readers stood in for."""

import sys
from types import SimpleNamespace

import pytest

from polymodal.errors import DataError, MissingExtraError
from polymodal.store.disk.sources.saved import reopened


@pytest.fixture
def readers(monkeypatch):
    """Modules whose readers say what they were asked for."""
    said = lambda path, **how: (str(path), how)  # noqa: E731
    monkeypatch.setitem(sys.modules, "anndata", SimpleNamespace(read_h5ad=said))
    monkeypatch.setitem(sys.modules, "mudata", SimpleNamespace(read_h5mu=said))
    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_from_disk=said))


def saved_set(folder):
    folder.mkdir()
    for name in ("state.json", "dataset_info.json"):
        (folder / name).write_text("{}")
    return folder


def test_files_of_matrices_stay_on_disk(readers, tmp_path):
    for name in ("cells.h5ad", "cells.H5MU"):
        path = tmp_path / name
        assert reopened(path) == path  # which is not there, as whoever reads tables says
        path.touch()
        assert reopened(path) == (str(path), {"backed": "r"})


def test_folders_of_data_sets(readers, tmp_path):
    path = saved_set(tmp_path / "train")
    assert reopened(str(path)) == (str(path), {})
    (tmp_path / "dataset_dict.json").write_text("{}")
    with pytest.raises(DataError, match=r"several data sets; give one of them: train$"):
        reopened(tmp_path)


def test_all_else_is_left_alone(tmp_path):
    for source in (tmp_path, "rows.csv", {"a": [1]}, None):
        assert reopened(source) is source


@pytest.mark.parametrize(("package", "extra"), [("anndata", "annotated"), ("datasets", "datasets")])
def test_without_the_package(monkeypatch, tmp_path, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "cells.h5ad").touch()
    source = tmp_path / "cells.h5ad" if package == "anndata" else saved_set(tmp_path / "train")
    with pytest.raises(MissingExtraError, match=rf"polymodal\[{extra}\]"):
        reopened(source)


def test_a_damaged_file(monkeypatch, tmp_path):
    def fails(path, backed):
        raise OSError("Unable to open file (file signature not found)")

    monkeypatch.setitem(sys.modules, "anndata", SimpleNamespace(read_h5ad=fails))
    (tmp_path / "cells.h5ad").touch()
    with pytest.raises(DataError, match=r"cells\.h5ad cannot be read: Unable to open file"):
        reopened(tmp_path / "cells.h5ad")
