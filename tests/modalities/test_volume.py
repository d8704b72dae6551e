"""Volumes: what they are read from, how headers are used, what the grid holds, what is refused."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image as Pillow

import polymodal as pm
from polymodal.modalities._resampling import resampled
from polymodal.modalities.volume import Volume
from polymodal.schema.cells import State

RANDOM = np.random.default_rng(0)
SCAN = RANDOM.normal(100, 20, (12, 10, 8)).astype(np.float32)


def read(cells: list[object], files: Path | None = None, **settings: float):
    frame = pd.DataFrame({"x": pd.Series(cells, dtype=object)})
    return Volume(**{"size": 8, **settings}).read("x", frame, files)


def nifti(array: np.ndarray, affine: object = (1, 2, 3, 1), kind: type = nibabel.Nifti1Image) -> bytes:
    return bytes(kind(array, np.diag(np.asarray(affine, dtype=float))).to_bytes())


def test_files_bytes_images_and_arrays_are_one(tmp_path: Path) -> None:
    spacing = (1.0, 2.0, 3.0)
    (tmp_path / "a.nii").write_bytes(nifti(SCAN))
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(nifti(SCAN)))
    image = nibabel.Nifti1Image(SCAN, np.diag([1.0, 2, 3, 1]))
    two, fourth = nifti(SCAN, kind=nibabel.Nifti2Image), nifti(SCAN[..., None])
    given = ["a.nii", "a.nii.gz", nifti(SCAN), two, fourth, image, (SCAN, spacing), (SCAN.tolist(), spacing)]
    given += [Volume().storable(one, Path) for one in (image, (SCAN, spacing))]
    cells = read(given, tmp_path)
    assert not cells.faults
    for sample in cells.samples:
        np.testing.assert_allclose(sample, cells.samples[0], rtol=1e-6)
    assert cells.samples[0][0].ravel()[:3].tolist() == [12, 20, 24]


def test_arrays_have_voxels_of_one_mm(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", SCAN)
    plain, saved, told = read([SCAN, "a.npy", (SCAN, 1)], tmp_path).samples
    np.testing.assert_array_equal(plain, saved)
    np.testing.assert_array_equal(plain, told)


def test_axes_are_turned_to_right_front_and_up() -> None:
    straight = read([nifti(SCAN)]).samples[0]
    flipped = read([nifti(SCAN[::-1], (-1, 2, 3, 1))]).samples[0]
    affine = np.array([[0, 0, 1, 0], [2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 0, 1.0]])
    permuted = bytes(nibabel.Nifti1Image(np.moveaxis(SCAN, 0, 2), affine).to_bytes())
    np.testing.assert_allclose(flipped, straight, rtol=1e-6)
    np.testing.assert_allclose(read([permuted]).samples[0], straight, rtol=1e-6)


def test_whole_numbers_are_scaled_as_the_header_says() -> None:
    image = nibabel.Nifti1Image((SCAN * 10).astype(np.int16), np.diag([1.0, 2, 3, 1]))
    image.header.set_slope_inter(0.1, 0.0)
    raw = bytearray(image.to_bytes())
    header = nibabel.Nifti1Header(bytes(raw[:348]))
    header["scl_slope"], header["scl_inter"] = 0.1, 5.0
    raw[:348] = header.binaryblock
    stored = np.frombuffer(bytes(raw), np.int16, SCAN.size, 352).reshape(SCAN.shape, order="F")
    expected = read([(stored * 0.1 + 5.0, (1, 2, 3))]).samples[0]
    np.testing.assert_allclose(read([bytes(raw)]).samples[0], expected, rtol=1e-5)


def test_resampled_as_pillow_does_along_one_axis() -> None:
    line = RANDOM.normal(size=24).astype(np.float32)
    for size in (8, 12, 48):
        picture = np.asarray(Pillow.fromarray(line[None]).resize((size, 1), Pillow.Resampling.BILINEAR))[0]
        cube = np.broadcast_to(line[:, None, None, None], (24, 24, 24, 1))
        found = resampled(cube, (1, 1, 1), size, None)
        np.testing.assert_allclose(found[:, size // 2, size // 2, 0], picture, atol=1e-5)


def test_what_lies_beyond_is_the_least_value_and_a_larger_one_is_cropped() -> None:
    sample = read([np.full((4, 4, 4), 7.0) + np.eye(4)], spacing=1.0).samples[0][1:, :, :, 0]
    np.testing.assert_allclose(sample[2:6, 2:6, 2:6], 7 + np.broadcast_to(np.eye(4), (4, 4, 4)), rtol=1e-6)
    assert (sample[:2] == 7).all()
    cube = np.arange(16.0)[:, None, None] + np.zeros((16, 16, 16))
    cropped = read([cube], spacing=1.0).samples[0][1:, 0, 0, 0]
    np.testing.assert_allclose(cropped, np.arange(4.0, 12.0), rtol=1e-6)
    tiny = read([np.full((3, 3, 3), 2.0)], spacing=500.0).samples[0]
    assert (tiny[1:] == 2).all()


def test_the_size_of_voxels_decides_the_form() -> None:
    """A ball in voxels thrice as high as wide is round again."""
    x, y, z = np.meshgrid(np.arange(48) - 23.5, np.arange(48) - 23.5, (np.arange(16) - 7.5) * 3, indexing="ij")
    ball = ((x**2 + y**2 + z**2) < 18**2).astype(float)
    grid = read([(ball, (1, 1, 3))], size=16).samples[0][1:, :, :, 0]
    widths = [(grid.sum(axis=tuple({0, 1, 2} - {axis})) > 1).sum() for axis in range(3)]
    assert max(widths) - min(widths) <= 1


def test_voxels_not_measured_have_no_weight() -> None:
    holey = np.full((16, 16, 16), 3.0)
    holey[::2] = np.nan
    holey[:, :3] = np.nan
    sample = read([holey]).samples[0]
    assert (sample[1:] == 3).all()
    before = holey.copy()
    read([holey])
    np.testing.assert_array_equal(holey, before)


def test_prepared_about_the_mean_of_each_and_of_all() -> None:
    kind = Volume(size=8)
    cells = read([RANDOM.normal(mean, 2, (9, 8, 7, 2)) * [1, 10] for mean in (0, 5, 30)])
    statistics = kind.measure(cells.samples)
    arrays = np.stack([kind.prepare(sample, statistics) for sample in cells.samples]).astype(float)
    np.testing.assert_allclose(arrays[:, 1:].mean(axis=(1, 2, 3)), 0, atol=5e-3)
    np.testing.assert_allclose(arrays[:, 1:].std(axis=(1, 2, 3)), 1, atol=5e-3)
    told = arrays[:, 0].reshape(3, -1)[:, :7]
    np.testing.assert_allclose(told[:, :3], 0, atol=1e-3)  # lengths are those of all
    np.testing.assert_allclose(told[:, 3].std(), 1, atol=1e-2)
    assert (np.diff(told[:, 3]) > 0).all()


def test_constant_volumes_are_present_and_flat() -> None:
    kind = Volume(size=8)
    cells = read([np.zeros((5, 5, 5)), np.full((9, 4, 4), 1e9), np.ones((1, 1, 1))])
    assert (cells.state == State.PRESENT).all()
    statistics = kind.measure(cells.samples)
    for sample in cells.samples:
        array = kind.prepare(sample, statistics)
        assert np.isfinite(array).all()
        assert (array[1:] == 0).all()
        assert "nan" not in kind.html(sample)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (np.zeros((4, 4)), "of shape [4, 4] came"),
        (np.zeros((4, 4, 4, 20)), "20 volumes in one, at most 16"),
        (nifti(np.zeros((4, 4, 4, 20), dtype=np.float32)), "20 volumes in one"),
        (np.full((4, 4, 4), np.nan), "all voxels are NaN"),
        (np.stack([np.zeros((4, 4, 4)), np.full((4, 4, 4), np.nan)], axis=3), "all voxels of a channel are NaN"),
        (np.full((4, 4, 4), np.inf), "64 voxels are infinite"),
        (np.full((4, 4, 4), 1e300), "64 voxels are infinite"),
        (np.zeros((4, 4, 4), dtype=complex), "complex128 of shape"),
        (np.zeros((4, 4, 4), dtype="U1"), "real numbers"),
        ([[[1, "x"]]], "list came"),
        ((SCAN, (1, 0, 1)), "above 0, (1.0, 0.0, 1.0) came"),
        ((SCAN, (1, 2)), "a number or three"),
        ((SCAN, np.nan), "above 0"),
        (b"", "the file is empty"),
        (b"hello" * 100, "no NIfTI file"),
        (nifti(SCAN)[:200], "only the beginning"),
        (nifti(SCAN)[:-100], "a volume of [12, 10, 8] voxels was announced, 935 are there"),
        (gzip.compress(nifti(SCAN))[:-500], "cut off or damaged"),
        (nifti(np.zeros((4, 4, 4), dtype=np.complex64)), "complex64 came"),
        (nifti(np.zeros((4, 4, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])), "voxels are real numbers"),
        ("gone.nii", "no such file"),
        ("scan.dcm", "ends in .nii"),
        (object(), "object came"),
    ],
)
def test_what_is_no_volume_is_unreadable(
    cell: object, said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "scan.dcm").write_bytes(b"DICM")
    cells = read([cell, None, np.zeros((0, 3, 3))], tmp_path)
    assert cells.state.tolist() == [State.UNREADABLE, State.ABSENT, State.ABSENT]
    assert said in cells.faults[0].reason
    assert capfd.readouterr() == ("", "")


def test_a_crop_in_which_nothing_was_measured_is_unreadable() -> None:
    hollow = np.full((30, 30, 30), np.nan)
    hollow[0] = 1.0
    cells = read([hollow], spacing=1.0)
    assert "what the grid covers was not measured" in cells.faults[0].reason
    assert (read([hollow]).samples[0][1:] == 1).all()


def test_whatever_bits_of_a_header_flip_it_is_read_or_named() -> None:
    whole = nifti(SCAN)
    for place in range(0, 348, 3):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        cells = read([bytes(broken)])
        assert cells.state[0] in (State.PRESENT, State.UNREADABLE)
        assert cells.samples[0] is None or np.isfinite(cells.samples[0]).all()
    packed = bytearray(gzip.compress(whole))
    for place in range(2, len(packed), 997):
        broken = packed.copy()
        broken[place] ^= 0x10
        cells = read([bytes(broken)])
        if cells.state[0] == State.PRESENT:  # a byte that gzip does not look at
            np.testing.assert_array_equal(cells.samples[0], read([whole]).samples[0])


def test_found_by_its_paths_and_shown_as_three_slices(tmp_path: Path) -> None:
    for row in range(12):
        (tmp_path / f"{row}.nii.gz").write_bytes(gzip.compress(nifti(SCAN + row)))
    frame = pd.DataFrame({"scan": [f"{row}.nii.gz" for row in range(12)], "y": ["a", "b"] * 6})
    table = pm.Table.read(frame, target="y", files=tmp_path)
    assert table.schema.modalities["scan"] == Volume()
    shown = Volume().html(table.cells("scan").samples[0])
    assert shown.startswith('<img class="volume" alt="three slices" src="data:image/png;base64,')
    assert shown.endswith("<small>12 x 20 x 24 mm</small>")
