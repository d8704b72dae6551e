"""What is left open follows the number of rows; what is given stays."""

import pytest

from polymodal.training.plan import Plan


def test_small_data_get_more_passes_in_smaller_batches() -> None:
    plans = [Plan.for_rows(n) for n in (50, 1_000, 10_000, 1_000_000)]
    assert [plan.epochs for plan in plans] == sorted((plan.epochs for plan in plans), reverse=True)
    assert [plan.batch_size for plan in plans] == sorted(plan.batch_size for plan in plans)
    assert all(plan.patience <= plan.epochs for plan in plans)


def test_a_batch_is_no_larger_than_the_rows() -> None:
    assert Plan.for_rows(5).batch_size == 5


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("epochs", 3),
        ("batch_size", 7),
        ("learning_rate", 0.5),
        ("weight_decay", 0.0),
        ("patience", 2),
        ("precision", "64-true"),
        ("accelerator", "cpu"),
        ("patterns", "rates"),
        ("balance", "ogm"),
        ("pretrain", 2),
    ],
)
def test_what_is_given_stays(setting: str, value: object) -> None:
    assert getattr(Plan.for_rows(1_000, **{setting: value}), setting) == value  # type: ignore[arg-type]


def test_pretraining_is_part_of_the_epochs_given_and_comes_on_top_of_those_left_open() -> None:
    assert Plan.for_rows(1_000, epochs=9, pretrain=3).epochs == 9
    plain, more = Plan.for_rows(1_000), Plan.for_rows(1_000, pretrain=3)
    assert (more.epochs, more.patience) == (plain.epochs + 3, plain.patience)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_gpu_is_chosen_where_there_is_one(is_there: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: is_there)
    chosen = Plan.for_rows(1_000)
    assert (chosen.accelerator, chosen.precision) == (("cuda", "bf16-mixed") if is_there else ("cpu", "32-true"))
    assert Plan.for_rows(1_000, accelerator="gpu").accelerator == "cuda"


def test_networks_of_one_fit_share_their_passes() -> None:
    alone, two, five = (Plan.for_rows(1_000, n_networks=n).epochs for n in (1, 2, 5))
    assert alone == two == 60
    assert five == 24
    assert Plan.for_rows(100, n_networks=5).epochs == Plan.for_rows(100).epochs == 100
    assert Plan.for_rows(1_000, n_networks=5, epochs=50).epochs == 50
