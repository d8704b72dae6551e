"""Counted ids against scikit-learn's TF-IDF."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from polymodal.features.tokens import TokensFeatures
from polymodal.modalities.tokens import Tokens


def fitted(bags: list[list[str]], **settings: int):
    kind = Tokens(**settings)
    counted = [{one: float(bag.count(one)) for one in bag} for bag in bags]
    statistics = kind.measure(counted)
    arrays = [kind.prepare(one, statistics) for one in counted]
    return TokensFeatures.measure(arrays, statistics, 0), arrays


def bags_of(n: int, goods: int) -> list[list[str]]:
    random = np.random.default_rng(0)
    return [[f"g{one}" for one in random.integers(0, goods, random.integers(1, 9))] for _ in range(n)]


def test_ids_are_weighed_as_scikit_learn_weighs_them() -> None:
    bags = bags_of(80, 20)
    features, arrays = fitted(bags)
    expected = TfidfVectorizer(analyzer=lambda bag: bag, sublinear_tf=True).fit_transform(bags).toarray()
    wide = features.wide(arrays).toarray()[:, : features.n_counted]
    met = wide.any(axis=0)
    np.testing.assert_allclose(wide[:, met], expected, atol=1e-6)
    assert met.sum() == 20


def test_few_ids_stand_as_they_are_and_many_as_directions() -> None:
    features, arrays = fitted(bags_of(80, 20))
    compact = features.compact(arrays)
    assert compact.shape == (80, 20 + 2)
    np.testing.assert_allclose(compact[:, :20], features.wide(arrays).toarray()[:, :20], atol=1e-6)
    many, arrays = fitted(bags_of(400, 300))
    assert many.compact(arrays).shape == (400, 64 + 2)


@pytest.mark.parametrize("bags", [[[], [], []], [["a"]], [["a"]] * 5])
def test_bags_of_nothing_and_of_one(bags: list[list[str]]) -> None:
    features, arrays = fitted(bags)
    assert np.isfinite(features.wide(arrays).toarray()).all()
    assert np.isfinite(features.compact(arrays)).all()


def test_rare_ids_share_columns_and_all_is_restored() -> None:
    features, arrays = fitted(bags_of(60, 30), max_vocabulary=4, buckets=2)
    assert features.n_counted == 6
    again = TokensFeatures.restore(*features.export())
    np.testing.assert_array_equal(again.compact(arrays), features.compact(arrays))
