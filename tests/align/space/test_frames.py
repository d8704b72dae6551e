"""Frames: checked when they are made, and told in full."""

import json

import numpy as np
import pytest

from polymodal.align.space import Frame
from polymodal.errors import DataError, SettingError


def test_a_frame_says_what_it_is() -> None:
    assert repr(Frame("slide", size=(40, 30), resolution=0.5)) == "Frame 'slide', 40 x 30 pixels of 0.5 micrometres"
    assert repr(Frame("body", "millimetre", dimensions=3)) == "Frame 'body', millimetres, 3-D"
    assert Frame("a", resolution=(2, 2)).resolution == 2.0
    assert Frame("a", resolution=(2, 3)).spacing.tolist() == [2, 3]


def test_all_faults_at_once() -> None:
    with pytest.raises(SettingError) as caught:
        Frame("", "pixels", size=(0, 3), resolution=-1)  # type: ignore[arg-type]
    told = str(caught.value)
    assert all(part in told for part in ("name=''", "Did you mean 'pixel'?", "size=(0, 3)", "resolution=-1"))


@pytest.mark.parametrize(
    "fault",
    [{"size": (3,)}, {"size": (3.5, 4)}, {"size": 4}, {"resolution": "fine"}, {"resolution": (1, 2, 3)},
     {"dimensions": 4}, {"resolution": float("nan")}, {"size": ("a", "b")}],
)  # fmt: skip
def test_what_is_no_frame(fault: dict) -> None:
    with pytest.raises(SettingError):
        Frame("a", **fault)


def test_as_a_dictionary_and_again() -> None:
    frame = Frame("scan", size=(4, 5, 6), resolution=(1, 1, 2.5), dimensions=3)
    assert Frame.from_dict(frame.to_dict()) == frame
    odd = Frame("a", size=tuple(np.array([4, 5])), resolution=np.float32(0.5), dimensions=np.int64(2))  # type: ignore[arg-type]
    assert json.loads(json.dumps(odd.to_dict())) == {"name": "a", "unit": "pixel", "size": [4, 5], "resolution": 0.5,
                                                     "dimensions": 2}  # fmt: skip
    for damaged in (None, [], {"unit": "pixel"}, {"name": "a", "colour": 1}, {"name": "a", "size": "large"}):
        with pytest.raises(DataError):
            Frame.from_dict(damaged)
