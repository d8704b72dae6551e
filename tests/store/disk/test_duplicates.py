"""Rows that are there twice are dropped or linked when asked, also when only their pictures look alike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from polymodal.errors import ArtifactError
from polymodal.store.disk.duplicates import Seen


def brute_force(contents, near):
    """For each the first one before it that is the same, each compared with all that are like none before."""
    firsts, found = [], []
    for row, (digest, bits) in enumerate(contents):
        same = [
            first for first, other, hashes in firsts
            if other == digest and all((a ^ b).bit_count() <= near for a, b in zip(bits, hashes, strict=True))
        ]  # fmt: skip
        found.append(same[0] if same else None)
        if not same:
            firsts.append((row, digest, bits))
    return found


@given(
    st.integers(0, 7),
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(0, 2**12 - 1)), max_size=30),
)
def test_as_comparing_all_with_all(near, drawn):
    scattered = [
        (digest, (word * 0x9E3779B97F4A7C15 + low * 0x0001000100010001) % 2**64) for digest, word, low in drawn
    ]
    contents = [(bytes([digest]) * 16, [value, value ^ 1]) for digest, value in scattered]
    seen = Seen(near)
    found = [
        seen.before(digest + b"".join(one.to_bytes(8, "big") for one in bits), row)
        for row, (digest, bits) in enumerate(contents)
    ]
    assert found == brute_force(contents, near)


def test_rows_of_the_same_content(make):
    frame = pd.DataFrame(
        {
            "id": list("abcdefg"),
            "note": ["x y", "x y", None, None, "z", "x y", "x y"],
            "age": [1.0, 1.0, None, None, 1.0, 2.0, 1.0],
            "ill": [0, 0, 1, 1, 0, 0, 1],
        }
    )
    how = {"target": "ill", "id": "id", "types": {"note": "text"}, "shuffle": False}
    dropped = make(frame, name="dropped.lance", duplicates="drop", **how)
    # b repeats a; c and d hold nothing and are like nothing; g has another label
    assert dropped.table().row_names().tolist() == ["a", "c", "d", "e", "f", "g"]
    linked = make(frame, name="linked.lance", duplicates="link", **how)
    assert len(linked) == 7
    assert linked.report().duplicates == 1
    assert "1 rows are linked" in str(linked.report())
    assert linked.table(where="_same_as = 0").row_names().tolist() == ["b"]
    assert make(frame, name="kept.lance", **how).report().duplicates == 0


@pytest.mark.parametrize("how", ["drop", "link"])
def test_pictures_that_look_alike(make, tmp_path, how):
    random = np.random.default_rng(0)
    folder = tmp_path / "alike"
    folder.mkdir()
    rows = []
    for number in range(6):
        picture = Image.fromarray(random.integers(0, 256, (6, 8, 3), dtype=np.uint8)).resize((80, 60))
        picture.save(folder / f"{number}.png")
        picture.resize((64, 48)).save(folder / f"{number}.jpg", quality=60)
        rows += [{"photo": f"{number}.png", "place": "here"}, {"photo": f"{number}.jpg", "place": "here"}]
    rows[3]["place"] = "there"
    settings = {"files": folder, "types": {"place": "text"}, "shuffle": False}
    exact = make(rows, name="exact.lance", duplicates=how, **settings)
    assert len(exact) == 12
    near = make(rows, name="near.lance", duplicates=how, near=5, **settings)
    if how == "drop":
        assert near.table().frame.index.tolist() == [0, 2, 3, 4, 6, 8, 10]
    else:
        assert near.table(where="_same_as IS NOT NULL").frame.index.tolist() == [1, 5, 7, 9, 11]


def test_cut_off_it_goes_on_with_what_it_has_seen(make, monkeypatch):
    import lance.fragment

    frame = pd.DataFrame({"x": [float(row % 10) for row in range(60)]})
    real, written = lance.fragment.write_fragments, []

    def write(*arguments, **settings):
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(1)
        return real(*arguments, **settings)

    with monkeypatch.context() as patched:
        patched.setattr(lance.fragment, "write_fragments", write)
        with pytest.raises(ArtifactError):
            make(frame, duplicates="drop", rows_per_fragment=8)
    store = make(frame, duplicates="drop", rows_per_fragment=8)
    assert sorted(store.table().frame["x"]) == list(range(10))
    whole = make(frame, name="whole.lance", duplicates="drop")
    assert store.table().frame.index.tolist() == whole.table().frame.index.tolist()
