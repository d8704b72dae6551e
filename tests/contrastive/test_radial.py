"""Gaussians around rows: products along their axes are those of the kernel."""

import torch

from polymodal.contrastive._radial import Radial


def test_products_along_the_axes_are_the_kernel() -> None:
    rows = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    radial = Radial.of(rows)
    told = radial(rows) @ radial.axes()
    torch.testing.assert_close(told @ told.T, radial(rows), atol=1e-4, rtol=0.0)


def test_the_middle_distance_is_told_by_one_over_e() -> None:
    assert round(float(Radial.of(torch.tensor([[0.0], [1.0], [3.0]])).spread), 6) == 4.0


def test_rows_that_are_all_alike_tell_nothing_and_break_nothing() -> None:
    radial = Radial.of(torch.ones(5, 2))
    assert radial.axes().shape == (5, 1)
    assert torch.isfinite(radial(torch.zeros(1, 2)) @ radial.axes()).all()


def test_around_no_rows_numbers_stay_as_they_are() -> None:
    values = torch.randn(3, 4)
    assert Radial.none(4)(values) is values
