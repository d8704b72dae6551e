"""Pictures made smaller, and hashes that hardly change when they are."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from polymodal.schema.cells import Unreadable
from polymodal.store.disk.pictures import Pictures, perceptual_hash


def scene(seed: int, height: int = 120, width: int = 160) -> np.ndarray:
    """Smooth blobs of random colours, as photographs have them."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = gaussian_filter(noise, (12, 12, 0))
    return ((smooth - smooth.min()) / np.ptp(smooth) * 255).astype(np.uint8)


def encoded(pixels: np.ndarray, format: str = "JPEG", **how: object) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, format=format, **how)
    return data.getvalue()


def bits(one: np.ndarray, other: np.ndarray) -> int:
    both = (np.frombuffer(perceptual_hash(picture), dtype=np.uint8) for picture in (one, other))
    return int(np.unpackbits(np.bitwise_xor(*both)).sum())


def test_no_longer_than_asked():
    small = Image.open(io.BytesIO(Pictures(longest_side=50).smaller(encoded(scene(0), "PNG"))))
    assert (small.size, small.format) == ((50, 38), "JPEG")
    lossless = Image.open(io.BytesIO(Pictures(longest_side=50, quality=None).smaller(scene(0))))
    assert (lossless.size, lossless.format) == ((50, 38), "PNG")


def test_what_is_short_and_would_grow_stays():
    given = encoded(scene(0), quality=30)
    assert Pictures(longest_side=500, quality=95).smaller(given) is given
    assert len(Pictures(quality=30).smaller(encoded(scene(0), "PNG"))) < len(encoded(scene(0), "PNG"))


def test_upright_and_on_white():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    turned = encoded(scene(0), exif=exif.tobytes())
    assert Image.open(io.BytesIO(Pictures(longest_side=60).smaller(turned))).size == (45, 60)
    clear = np.zeros((40, 40, 4), dtype=np.uint8)
    on_white = np.asarray(Image.open(io.BytesIO(Pictures(longest_side=20).smaller(encoded(clear, "PNG")))))
    assert (on_white == 255).all()


@pytest.mark.parametrize("raw", [b"no picture", encoded(scene(0), "PNG")[:500]])
def test_what_is_no_picture(raw):
    with pytest.raises(Unreadable, match="not a readable picture"):
        Pictures().smaller(raw)


def test_hashes_of_the_same_picture_are_near():
    for seed in range(10):
        whole = scene(seed)
        smaller = np.asarray(Image.fromarray(whole).resize((80, 60)))
        compressed = np.asarray(Image.open(io.BytesIO(encoded(whole, quality=40))))
        brighter = (whole * 0.8 + 30).astype(np.uint8)
        assert max(bits(whole, other) for other in (smaller, compressed, brighter)) <= 4


def test_hashes_of_other_pictures_are_far():
    distances = [bits(scene(one), scene(other)) for one in range(8) for other in range(one)]
    assert min(distances) > 12


def test_flat_pictures_are_told_apart():
    white, black = np.full((8, 8, 3), 255, np.uint8), np.zeros((8, 8, 3), np.uint8)
    assert bits(white, white.copy()) == 0
    assert bits(white, black) > 7
