import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from polymodal.store.loader.plan import Plan, bucketed, share_of

PLANS = st.builds(
    Plan,
    rows=st.integers(1, 300) | st.integers(1000, 3000),
    seed=st.integers(0, 3),
    epoch=st.integers(0, 3),
    block=st.integers(1, 40) | st.integers(300, 3000),
    window=st.integers(1, 9) | st.integers(60, 70),
    is_shuffled=st.booleans(),
)


def dealt(plan: Plan) -> np.ndarray:
    return np.concatenate([plan.dealt(window) for window in range(plan.window_count)])


@settings(deadline=None)
@given(PLANS)
def test_every_row_is_dealt_once_and_windows_start_where_they_say(plan: Plan) -> None:
    assert sorted(dealt(plan).tolist()) == list(range(plan.rows))
    sizes = [len(plan.members(window)) for window in range(plan.window_count)]
    assert plan.starts.tolist() == [0, *np.cumsum(sizes).tolist()]
    assert min(sizes) > 0


def test_the_order_hangs_on_the_numbers_alone() -> None:
    plan = Plan(1000, seed=1, epoch=2, block=16, window=4)
    assert dealt(plan).tolist() == dealt(Plan(1000, seed=1, epoch=2, block=16, window=4)).tolist()
    for other in (Plan(1000, 0, 2, 16, 4), Plan(1000, 1, 3, 16, 4), Plan(1000, 1, 2, 8, 4), Plan(1000, 1, 2, 16, 5)):
        assert dealt(plan).tolist() != dealt(other).tolist()


def test_a_wide_window_mixes_nearly_like_a_full_shuffle() -> None:
    order = dealt(Plan(20_000, block=128, window=32))
    assert np.abs(np.diff(order)).mean() > 0.9 * 20_000 / 3  # what independent draws would give


def test_an_epoch_begins_with_few_rows_of_many_blocks() -> None:
    plan = Plan(100_000)
    first = plan.dealt(0)
    assert len(first) == 512
    assert len(np.unique(first // 128)) == 32
    assert np.abs(np.diff(first)).mean() > 0.8 * 100_000 / 3
    assert sorted(np.concatenate([plan.dealt(k) for k in range(3)]) // 128) == sorted(np.repeat(first // 128, 8))


def test_unshuffled_rows_stay_in_order() -> None:
    assert dealt(Plan(77, block=8, window=3, is_shuffled=False)).tolist() == list(range(77))


@given(st.integers(0, 50), st.integers(1, 7))
def test_ranks_share_a_step_without_gap_or_overlap(rows: int, world: int) -> None:
    shares = [share_of(rows, rank, world) for rank in range(world)]
    assert [row for share in shares for row in range(share.start, share.stop)] == list(range(rows))


def test_buckets_hold_rows_of_like_length() -> None:
    random = np.random.default_rng(0)
    lengths, order = random.integers(1, 100, 64), random.permutation(64)
    found = bucketed(order, lengths, 8, (0,))
    assert sorted(found.tolist()) == list(range(64))
    assert (
        np.ptp(lengths[found].reshape(8, 8), axis=1).mean() < 20 < np.ptp(lengths[order].reshape(8, 8), axis=1).mean()
    )
