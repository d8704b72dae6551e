"""One file of tensors and a record: as a whole or not at all, and back bit for bit."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from polymodal.artifact import Artifact, prefixed
from polymodal.errors import ArtifactError
from polymodal.schema.writing import write_atomically

TENSORS = {
    "half": torch.randn(3, dtype=torch.float16),
    "double": torch.tensor([1e-300, float("inf"), float("nan")], dtype=torch.float64),
    "whole": torch.arange(4).view(2, 2),
    "yes": torch.tensor([True, False]),
    "none": torch.zeros(0, 3),
    "one": torch.tensor(7.0),
    "turned": torch.randn(2, 3).T,
}
finite = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | finite | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.contiguous().numpy().tobytes()


def test_tensors_come_back_bit_for_bit(tmp_path: Path) -> None:
    Artifact({}, TENSORS).write(tmp_path / "a.pm")
    again = Artifact.read(tmp_path / "a.pm").tensors
    assert set(again) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert (again[name].dtype, again[name].shape) == (tensor.dtype, tensor.shape)
        assert bits(again[name]) == bits(tensor)


@given(record=st.dictionaries(st.text().filter(lambda name: name not in ("format", "sum")), plain, max_size=4))
def test_records_come_back(tmp_path_factory, record):  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("artifact") / "a.pm"
    Artifact(record, {}).write(path)
    assert Artifact.read(path).record == {"format": 1, **record}


def test_a_bit_that_flipped_is_told_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pm"
    Artifact({"mean": 0.5}, {"w": torch.tensor([1.0, -2.0]), "b": torch.tensor(True)}).write(path)
    content, whole = path.read_bytes(), Artifact.read(path)
    for bit in range(0, 8 * len(content), 7):
        broken = bytearray(content)
        broken[bit // 8] ^= 1 << bit % 8
        path.write_bytes(broken)
        try:
            again = Artifact.read(path)
        except ArtifactError:
            continue
        assert again.record.items() >= whole.record.items()  # where the name of the sum itself is hit, it is one more
        assert all(bits(again.tensors[name]) == bits(one) for name, one in whole.tensors.items())


def test_shared_tensors_are_written_under_each_name(tmp_path: Path) -> None:
    shared = torch.randn(3)
    Artifact({}, {"a": shared, "b": shared, "c": shared[1:]}).write(tmp_path / "a.pm")
    again = Artifact.read(tmp_path / "a.pm").tensors
    assert torch.equal(again["a"], again["b"])
    assert torch.equal(again["c"], shared[1:])


def test_below_takes_the_prefix_off() -> None:
    tensors = prefixed("net/0/", {"weight": torch.ones(1)}) | prefixed("net/10/", {"weight": torch.zeros(1)})
    below = Artifact({}, tensors).below("net/0/")
    assert {name: value.item() for name, value in below.items()} == {"weight": 1.0}


def test_a_write_that_fails_leaves_the_former_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pm"
    write_atomically(path, b"former")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError):
        write_atomically(tmp_path, b"new")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes of a name here")
def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ArtifactError, match="a device or a pipe; give the name of a file"):
        write_atomically(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()
