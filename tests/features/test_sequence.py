"""Groups of letters against scikit-learn's TF-IDF; what repeats counts once."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from polymodal.features.sequence import SequenceFeatures
from polymodal.modalities.sequence import Sequence

DRUGS = ["CC(=O)Oc1ccccc1", "CCO", "C1=CC=CC=C1", "", "c1ccccc1C(=O)O", "N"]


def fitted(drugs: list[str]):
    kind = Sequence()
    statistics = kind.measure(drugs)

    def prepare(others: list[str]) -> list[np.ndarray]:
        return [kind.prepare(one, statistics) for one in others]

    return SequenceFeatures.measure(prepare(drugs), statistics, 0), prepare


def test_groups_are_weighed_as_scikit_learn_weighs_them():
    features, prepare = fitted(DRUGS)
    peer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False, sublinear_tf=True)
    expected = peer.fit_transform(DRUGS).toarray()
    found = features.wide(prepare(DRUGS)).toarray()[:, : len(features.groups)]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-6)
    new = features.wide(prepare(["CC=O", "COC"])).toarray()[:, : len(features.groups)]
    asked = peer.transform(["CC=O", "COC"]).toarray()
    np.testing.assert_allclose(new @ found.T, asked @ expected.T, atol=1e-6)


def test_a_string_many_times_is_measured_once():
    once, prepare = fitted(DRUGS)
    often, prepare_often = fitted([*DRUGS, "CCO", "CCO", "CCO"])
    n = len(once.groups)
    np.testing.assert_array_equal(often.groups, once.groups)
    np.testing.assert_allclose(
        often.wide(prepare_often(DRUGS)).toarray()[:, :n], once.wide(prepare(DRUGS)).toarray()[:, :n], atol=1e-6
    )


def test_what_repeats_has_a_column_and_a_category_of_its_own():
    features, prepare = fitted(["CCO", "CCO", "CCO", "N", "N", "N", "CC"])
    wide = features.wide(prepare(["CCO", "N", "CC"])).toarray()[:, -2:]
    assert sorted(map(tuple, wide)) == [(0, 0), (0, 1), (1, 0)]
    [column] = features.categorical
    codes = features.compact(prepare(["CCO", "N", "CC", "never met"]))[:, column]
    assert sorted(codes[:2]) == [1, 2]
    assert np.isnan(codes[2:]).all()


def test_compact_keeps_how_alike_strings_are():
    features, prepare = fitted(DRUGS)
    wide = features.wide(prepare(DRUGS)).toarray()[:, : len(features.groups) + 1]
    wide[:, -1] *= 10  # the length, in the same units
    compact = features.compact(prepare(DRUGS))
    np.testing.assert_allclose(compact @ compact.T, wide @ wide.T, atol=1e-4)


@pytest.mark.parametrize("drugs", [["", "", ""], [""], ["C"], ["CC"] * 40])
def test_strings_of_no_or_one_letter(drugs):
    features, prepare = fitted(drugs)
    for asked in (drugs, ["", "zzzz"]):
        assert np.isfinite(features.wide(prepare(asked)).toarray()).all()
        numbers = features.compact(prepare(asked))[:, : features.directions.shape[1] + 1]
        assert np.isfinite(numbers).all()


def test_exported_and_restored_is_the_same():
    features, prepare = fitted(DRUGS * 3)
    again = SequenceFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(prepare(DRUGS)), features.compact(prepare(DRUGS)))
    assert again.categorical == features.categorical
