"""Vectors of a pretrained encoder as columns: made once, found by every fit, made anew where a cell has changed."""

import lance
import numpy as np
import pytest

import polymodal as pm
from polymodal.errors import ArtifactError, SettingError
from polymodal.registry import EMBEDDERS


class Letters:
    """How often each vowel stands in a text; counts what it is given."""

    width, loaded = 5, {}

    def __init__(self, name):
        self.fingerprint, self.given = name, []

    @classmethod
    def load(cls, name, device="cpu"):
        return cls.loaded.setdefault(name, cls(name))

    def suited(self, modality):
        return modality

    def export(self):
        return {}, {}

    def embed(self, samples):
        self.given += samples
        return np.array([[sample.count(vowel) for vowel in "aeiou"] for sample in samples], dtype=np.float32)


@pytest.fixture
def letters(monkeypatch, tmp_path):
    """The encoder "letters", in place of `transformers`; nothing is kept outside the store."""
    monkeypatch.setitem(EMBEDDERS._parts, "text", Letters)
    monkeypatch.setattr(Letters, "loaded", {})
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))
    return Letters.load("letters")


@pytest.fixture
def store(make):
    return make(rows_per_fragment=15, types={"note": "text"})


@pytest.fixture
def notes(make):
    """A store of nothing but notes and a target."""
    rows = {"note": ["calm seas", "storm at sea", "a storm", "calm"] * 10, "y": ["c", "s", "s", "c"] * 10}
    return make(rows, target="y", types={"note": "text"}, name="notes.lance")


def kept(store):
    """The one column of vectors."""
    (vectors,) = store.table(embedded=True).embedded.values()
    return vectors


def test_a_vector_for_every_note(store, letters):
    more = store.embed({"note": "letters"})
    table = pm.Store.open(store.uri).table(embedded=True)
    for note, vector in zip(table.cells("note").samples, kept(more), strict=True):
        assert (vector is None) == (note is None)
        assert note is None or vector.tolist() == letters.embed([note])[0].tolist()
    assert more.columns == store.columns
    assert not store.table(embedded=True).embedded  # the version before
    assert more.table(columns=["photo"], embedded=True).embedded == {}
    assert [one.change.partition(",")[0] for one in more.versions()[1:]] == ["a column begun"] + 3 * [
        "note embedded by letters"
    ]


def test_a_fit_finds_them(notes, letters):
    store = notes.embed({"note": "letters"})
    letters.given.clear()
    model = pm.Model(encoders={"note": "letters"}, learners=["linear"]).fit(store, progress=False)
    model.predict(store)
    assert letters.given == []
    elsewhere = pm.Model(encoders={"note": "letters"}, learners=["linear"]).fit(store.table(), progress=False)
    assert letters.given
    np.testing.assert_array_equal(model.predict(store).to_pandas(), elsewhere.predict(store).to_pandas())


def test_a_fit_that_reads_batch_by_batch_finds_them(notes, letters):
    store = notes.embed({"note": "letters"})
    letters.given.clear()
    model = pm.Model(encoders={"note": "letters"}, learners=["network"], folds=1, epochs=2)
    model.fit(store, memory="1KB", progress=False)
    assert any("batch by batch" in one for one in model.limitations)
    assert letters.given == []


def test_other_weights_and_other_settings_are_not_mixed_up(store, letters):
    store = store.embed({"note": "letters"}).embed({"note": "other"})
    assert len(Letters.load("other").given) == 26
    assert {key for _, key in store.table(embedded=True).embedded} == {one.key for one in store.vectors.kept}
    assert [(one["encoder"], one["rows"]) for one in store.report().embedded] == [("letters", 40), ("other", 40)]
    letters.given.clear()
    assert store.embed({"note": "letters"}).version == store.version
    assert letters.given == []


def test_equal_cells_go_through_once(notes, letters):
    store = notes.embed({"note": "letters"})
    assert sorted(letters.given) == ["a storm", "calm", "calm seas", "storm at sea"]
    assert kept(store)[0].tolist() == letters.embed([store.table().frame["note"].iloc[0]])[0].tolist()


def test_a_changed_cell_is_embedded_again(store, letters):
    """An added column has no sums of its own to hold it against, so it can be changed."""
    notes = [f"report {row}" for row in range(40)]
    store = store.add_column("second", notes, type="text").embed({"second": "letters"})
    lance.dataset(store.uri).update({"second": "'an aria'"}, "second = 'report 7'")
    changed = pm.Store.open(store.uri)
    assert sum(vector is None for vector in kept(changed)) == 1
    letters.given.clear()
    again = changed.embed({"second": "letters"})
    assert "an aria" in letters.given
    for note, vector in zip(again.table().frame["second"], kept(again), strict=True):
        assert vector.tolist() == letters.embed([note])[0].tolist()
    assert again.table().frame.drop(columns="second").equals(changed.table().frame.drop(columns="second"))


def test_info(store, letters):
    report = str(store.embed({"note": "letters"}).report())
    assert "Embedded\n  note  letters  5 numbers  40 of 40 rows" in report
    assert "note_by_letters" in report


@pytest.mark.parametrize(
    ("encoders", "says"),
    [
        ({"notes": "letters"}, "Did you mean 'note'"),
        ({"tabular": "letters"}, "'tabular' is tabular"),
        ("letters", "embed takes a dict of modality to encoder"),
    ],
)
def test_what_cannot_be_embedded(store, letters, encoders, says):
    with pytest.raises(SettingError, match=says):
        store.embed(encoders)
    assert len(store.versions()) == 1


def test_only_the_last_version(store, letters):
    store.embed({"note": "letters"})
    with pytest.raises(ArtifactError, match="not the last one"):
        store.embed({"note": "other"})


def test_cut_off_it_goes_on(store, letters):
    def stop(done, total):
        if done > 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.embed({"note": "letters"}, progress=stop)
    store = pm.Store.open(store.uri)
    assert sorted(store.table().frame.index) == list(range(40))
    assert [one["rows"] for one in store.report().embedded] == [15]
    letters.given.clear()
    more = store.embed({"note": "letters"})
    assert len(letters.given) == store.table().cells("note").present[15:].sum()
    assert [one["rows"] for one in more.report().embedded] == [40]


def test_deleted_rows_keep_their_place(store, letters):
    lance.dataset(store.uri).delete("ward = 'A'")
    more = pm.Store.open(store.uri).embed({"note": "letters"})
    for note, vector in zip(more.table().cells("note").samples, kept(more), strict=True):
        assert (vector is None) if note is None else vector.tolist() == letters.embed([note])[0].tolist()


@pytest.fixture
def visits(make):
    """A store whose cells hold several notes, with gaps."""
    cells = [["calm seas", None, "storm"], ["a storm"], None, ["calm", "calm seas", "rain"], [None]] * 8
    rows = {"notes": cells, "y": ["c", "s", "s", "c", "s"] * 8}
    return make(rows, target="y", types={"notes": pm.Text(many=True)}, rows_per_fragment=15, name="visits.lance")


def test_a_vector_for_every_item(visits, letters):
    table = visits.embed({"notes": "letters"}).table(embedded=True)
    for sample, vectors in zip(table.cells("notes").samples, table.embedded.popitem()[1], strict=True):
        there = [one for one in sample or () if one is not None]
        assert (vectors is None) == (not there)
        assert vectors is None or vectors.tolist() == letters.embed(there).tolist()


@pytest.mark.parametrize("settings", [{"learners": ["linear"]}, {"learners": ["network"], "folds": 1, "epochs": 2}])
def test_a_fit_finds_those_of_items(visits, letters, settings):
    store = visits.embed({"notes": "letters"})
    letters.given.clear()
    memory = "1KB" if "epochs" in settings else "2GB"
    model = pm.Model(encoders={"notes": "letters"}, **settings).fit(store, memory=memory, progress=False)
    answers = model.predict(store).to_pandas()
    assert letters.given == []
    np.testing.assert_array_equal(answers, model.predict(visits).to_pandas())
    assert letters.given


def test_rows_that_came_later_are_embedded_alone(visits, letters):
    store = visits.embed({"notes": "letters"})
    more = store.append({"notes": [["an aria", "calm"], None], "y": ["c", "s"]})
    assert more.report().embedded[0]["rows"] == 40
    letters.given.clear()
    whole = more.embed({"notes": "letters"})
    assert sorted(letters.given) == ["an aria", "calm"]
    assert whole.report().embedded[0]["rows"] == 42
