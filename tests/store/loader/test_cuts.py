from hypothesis import given
from hypothesis import strategies as st

from polymodal.store.loader.cuts import Cuts
from polymodal.store.loader.plan import share_of

rows, small = st.integers(0, 90), st.integers(1, 40)
shared = st.sampled_from([(rank, world) for world in (1, 2, 5) for rank in range(world)])


@given(rows, small, small, shared, st.sampled_from([(0, 1), (0, 3), (2, 3)]), rows, rows)
def test_stretches_are_those_of_every_step_worked_out_at_once(
    done: int, more: int, size: int, shared: tuple[int, int], every: tuple[int, int], first: int, last: int
) -> None:
    rank, world = shared
    total, step = done + more, size * world
    cuts = Cuts(range(done, total, step), total, step, rank, world)[every[0] :: every[1]]
    known = []
    for start in list(range(done, total, step))[every[0] :: every[1]]:
        share = share_of(min(step, total - start), rank, world)
        known.append((min(start + step, total), (start + share.start, start + share.stop)))
    assert list(cuts) == known
    cut = [(max(first, begin), min(last, end)) for _, (begin, end) in known]
    assert list(cuts.within(first, last)) == [(begin, end) for begin, end in cut if begin < end]
