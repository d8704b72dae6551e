import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from polymodal.store.loader.marks import Marks

numbers = st.lists(st.integers(0, 99), max_size=30)


@given(numbers, numbers, numbers)
def test_marks_are_a_set_of_numbers(first: list[int], second: list[int], asked: list[int]) -> None:
    marks = Marks(100)
    marks.add(np.array(first, dtype=np.int64))
    marks.add(np.array(second, dtype=np.int64))
    assert marks.have(np.array(asked, dtype=np.int64)) == (set(asked) <= {*first, *second})
