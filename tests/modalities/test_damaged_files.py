"""Files of every format with flipped bits and lost ends: read or refused, never an error of the library below."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from polymodal.registry import MODALITIES
from polymodal.schema.cells import State

TRIES = 40
SUMMED = ("png", "nii.gz", "flac")  # of which no other pixel, voxel or sample may come out
RANDOM = np.random.default_rng(0)
STEPS = pd.DataFrame(RANDOM.normal(size=(30, 2)), columns=["x", "y"])


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    data = io.BytesIO()
    write(data)
    return data.getvalue()


def picture(form: str, **settings: object) -> bytes:
    pixels = Image.fromarray(RANDOM.integers(0, 255, (20, 24, 3), dtype=np.uint8))
    return written(lambda data: pixels.save(data, form, **settings))


def sound(form: str) -> bytes:
    soundfile = pytest.importorskip("soundfile")
    return written(lambda data: soundfile.write(data, RANDOM.normal(0, 0.1, 3000), 16_000, format=form))


def scan() -> bytes:
    nibabel = pytest.importorskip("nibabel")
    found: bytes = nibabel.Nifti1Image(RANDOM.integers(0, 99, (6, 7, 5)).astype(np.int16), np.eye(4)).to_bytes()
    return found


FILES: dict[tuple[str, str], Callable[[], bytes]] = {
    ("image", "gif"): lambda: picture("GIF"),
    ("image", "webp"): lambda: picture("WEBP"),
    ("image", "tiff"): lambda: picture("TIFF", compression="tiff_lzw"),
    ("image", "bmp"): lambda: picture("BMP"),
    ("image", "ppm"): lambda: picture("PPM"),
    ("image", "jpg"): lambda: picture("JPEG", progressive=True),
    ("image", "png"): lambda: picture("PNG"),
    ("audio", "wav"): lambda: sound("WAV"),
    ("audio", "flac"): lambda: sound("FLAC"),
    ("audio", "ogg"): lambda: sound("OGG"),
    ("series", "npy"): lambda: written(lambda data: np.save(data, STEPS.to_numpy())),
    ("series", "npz"): lambda: written(lambda data: np.savez_compressed(data, a=STEPS.to_numpy())),
    ("series", "csv"): lambda: STEPS.to_csv(index=False).encode(),
    ("series", "parquet"): lambda: written(STEPS.to_parquet),
    ("points", "npy"): lambda: written(lambda data: np.save(data, RANDOM.normal(size=(30, 3)))),
    ("volume", "nii"): scan,
    ("volume", "nii.gz"): lambda: gzip.compress(scan(), mtime=0),
}


@pytest.mark.parametrize(("kind", "ending"), FILES, ids=lambda one: str(one))
def test_flipped_and_cut(kind: str, ending: str, tmp_path: Path) -> None:
    random, sound_bytes, modality = np.random.default_rng(1), FILES[kind, ending](), MODALITIES.get(kind)()
    (tmp_path / f"sound.{ending}").write_bytes(sound_bytes)
    names = [f"sound.{ending}"]
    for number in range(TRIES):
        data = bytearray(sound_bytes)
        if number % 4 == 0:
            data = data[: int(random.integers(len(data)))]
        else:
            for _ in range(1 + 4 * (number % 4 > 1)):
                reach = min(len(data), 400) if number % 4 == 3 else len(data)
                data[int(random.integers(reach))] ^= 1 << int(random.integers(8))
        names.append(f"{number}.{ending}")
        (tmp_path / names[-1]).write_bytes(data)
    cells = modality.read("cell", pd.DataFrame({"cell": names}), tmp_path)
    assert cells.state[0] == State.PRESENT
    assert all(fault.path and fault.reason for fault in cells.faults)
    if ending in SUMMED:
        for sample in cells.samples:
            assert sample is None or np.array_equal(np.asarray(sample), np.asarray(cells.samples[0]))
