"""Things counted under names that columns share."""

import numpy as np

from polymodal.features._counts import Counts, pair_names, word_names


def test_only_known_things_are_counted_under_other_keys():
    counts = Counts.of(np.array([0, 0, 1, 1, 1]), np.array([9, 4, 4, 4, -2]), 3)
    assert counts.keys.tolist() == [-2, 4, 9]
    assert counts.times.toarray().tolist() == [[0, 1, 1], [1, 2, 0], [0, 0, 0]]
    assert counts.under(np.array([-5, 4, 9, 11])).toarray().tolist() == [[0, 1, 1, 0], [0, 2, 0, 0], [0, 0, 0, 0]]
    assert counts.under(np.zeros(0, dtype=np.int64)).shape == (3, 0)


def test_names_are_of_words_not_of_places():
    one, other = word_names(["pain", "łódź", "🌧"]), word_names(["🌧", "pain"])
    assert one[[2, 0]].tolist() == other.tolist()
    assert word_names([]).shape == (0,)
    words = word_names([f"word {number}" for number in range(300)])
    pairs = pair_names(np.repeat(words, 300), np.tile(words, 300))
    assert len(np.unique(np.concatenate([words, pairs]))) == 300 + 300**2
    assert pair_names(words[:1], words[1:2]) != pair_names(words[1:2], words[:1])
