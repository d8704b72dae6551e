"""TF-IDF against scikit-learn's, on the same words, pairs and letter groups."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from polymodal.features.text import TextFeatures
from polymodal.modalities.text import Text

NOTES = [
    "chest pain, chest pain and cough",
    "no pain",
    "cough and cold",
    "",
    "fever and cough and fever and cough and fever",
    "Łódź łódź 🌧 rain",
]


def fitted(notes: list[str]):
    kind = Text()
    statistics = kind.measure(notes)

    def prepare(others: list[str]) -> list[np.ndarray]:
        return [kind.prepare(one, statistics) for one in others]

    return TextFeatures.measure(prepare(notes), statistics, 0), prepare


def alike(found: np.ndarray, expected: np.ndarray) -> None:
    """The same columns in any order."""
    assert found.shape == expected.shape
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-6)
    np.testing.assert_allclose(np.sort(found.ravel()), np.sort(expected.ravel()), atol=1e-6)


def test_words_and_pairs_are_weighed_as_scikit_learn_weighs_them():
    features, prepare = fitted(NOTES)
    peer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), token_pattern=r"\w+|[^\w\s]")
    n_words = len(features.words)
    alike(features.wide(prepare(NOTES)).toarray()[:, :n_words], peer.fit_transform(NOTES).toarray())
    new = ["cough and pain and nothing known", "never met"]
    alike(features.wide(prepare(new)).toarray()[:, :n_words], peer.transform(new).toarray())


def test_letter_groups_are_weighed_as_scikit_learn_weighs_them():
    features, prepare = fitted(NOTES)

    def groups(note: str) -> list[int]:
        codes = prepare([note])[0][1:, 2:].ravel()
        return codes[codes > 0].tolist()

    peer = TfidfVectorizer(sublinear_tf=True, analyzer=groups, min_df=2)
    alike(features.wide(prepare(NOTES)).toarray()[:, len(features.words) : -1], peer.fit_transform(NOTES).toarray())


def test_length_is_the_last_column():
    features, prepare = fitted(NOTES)
    counts = np.log1p([len(array) - 1 for array in prepare(NOTES)])
    expected = 0.1 * (counts - counts.mean()) / counts.std()
    np.testing.assert_allclose(features.wide(prepare(NOTES)).toarray()[:, -1], expected, atol=1e-6)


def test_texts_all_of_one_length_do_not_make_another_length_huge():
    features, prepare = fitted(["two words"] * 29)
    assert np.abs(features.wide(prepare(["a much longer text than any"])).toarray()[:, -1]).max() < 1


def test_compact_keeps_how_alike_texts_are():
    features, prepare = fitted(NOTES)
    wide = features.wide(prepare(NOTES)).toarray()
    compact = features.compact(prepare(NOTES))
    np.testing.assert_allclose(compact @ compact.T, wide @ wide.T, atol=1e-4)


@pytest.mark.parametrize("notes", [["", "", ""], [""], ["🌧"]])
def test_texts_of_no_or_one_word(notes):
    features, prepare = fitted(notes)
    for asked in (notes, ["", "words never met"]):
        assert np.isfinite(features.wide(prepare(asked)).toarray()).all()
        assert np.isfinite(features.compact(prepare(asked))).all()


def test_exported_and_restored_is_the_same():
    features, prepare = fitted(NOTES)
    again = TextFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(prepare(NOTES)), features.compact(prepare(NOTES)))
