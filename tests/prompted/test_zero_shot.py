"""Zero-shot classes against transformers itself, and a few examples beside them."""

from pathlib import Path

import numpy as np
import pytest
import torch

import polymodal as pm
from polymodal.errors import ArtifactError, SchemaError, SettingError
from polymodal.predictions import Predictions
from polymodal.prompted.examples import taught
from polymodal.prompted.prompts import prompts_of
from polymodal.schema.target import Category

CLASSES = ("red thing", "blue thing", "photo")


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYMODAL_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def table(pictures: list[np.ndarray]) -> pm.Table:
    return pm.Table.read({"photo": [None, *pictures[:9]]}, types={"photo": "image"})


def test_the_same_as_transformers(clip: Path, table: pm.Table, pictures: list[np.ndarray]) -> None:
    import transformers
    from PIL import Image

    found = pm.zero_shot(table, CLASSES, model=clip)
    assert isinstance(found, Predictions)
    network = transformers.CLIPModel.from_pretrained(clip).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(clip)
    given = tokenizer([f"a photo of a {name}" for name in CLASSES], padding=True, return_tensors="pt")
    squares = []
    for picture in pictures[:9]:  # shorter side to 16 by bicubic steps, the middle, standardised
        height, width = picture.shape[:2]
        size = (16, int(16 * height / width)) if width < height else (int(16 * width / height), 16)
        scaled = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)) / 255
        top, left = round((scaled.shape[0] - 16) / 2), round((scaled.shape[1] - 16) / 2)
        squares.append((scaled[top : top + 16, left : left + 16] - (0.48, 0.46, 0.41)) / (0.27, 0.26, 0.28))
    pixels = torch.tensor(np.stack(squares).transpose(0, 3, 1, 2), dtype=torch.float32)
    with torch.inference_mode():
        expected = network(pixel_values=pixels, **given).logits_per_image.softmax(dim=1).numpy()
    np.testing.assert_allclose(found.outputs["class"][1:], expected, atol=1e-5)
    assert np.ptp(expected, axis=1).max() > 0.05, "the classes differ"


def test_a_row_without_a_picture_gets_equal_chances_and_says_so(clip: Path, table: pm.Table) -> None:
    frame = pm.zero_shot(table, CLASSES, model=clip).to_pandas()
    assert len(frame) == 10
    np.testing.assert_allclose(frame.filter(like="p(").iloc[0], 1 / 3)
    assert frame["used"].tolist() == ["nothing: prior", *["photo"] * 9]


def test_rows_stand_alone_and_sentences_are_averaged(clip: Path, table: pm.Table) -> None:
    several = {"red": ["a red thing", "photo of red"], "blue": "a blue thing"}
    whole = pm.zero_shot(table, several, model=clip).outputs["class"]
    alone = pm.zero_shot(table.take(np.array([4])), several, model=clip).outputs["class"]
    np.testing.assert_allclose(alone[0], whole[4], atol=1e-6)
    one = pm.zero_shot(table, ["red", "blue"], prompt=["a {} thing", "photo of {}"], model=clip).outputs["class"]
    both = {"red": ["a red thing", "photo of red"], "blue": ["a blue thing", "photo of blue"]}
    np.testing.assert_array_equal(one, pm.zero_shot(table, both, model=clip).outputs["class"])


def test_texts_are_in_the_same_space(clip: Path) -> None:
    found = pm.zero_shot({"note": ["a photo of a red", "a photo of a blue"]}, ["red", "blue"], model=clip,
                         modality="note")  # fmt: skip
    assert found.values().tolist() == ["red", "blue"]


def test_unreadable_pictures_are_named(clip: Path, pictures: list[np.ndarray]) -> None:
    table = pm.Table.read({"photo": [pictures[0], b"no picture"]}, types={"photo": "image"})
    found = pm.zero_shot(table, CLASSES, model=clip)
    assert found.faulty_rows == [1]
    assert "not a readable picture" in found.to_pandas()["unreadable"].iloc[1]


def test_examples_answer_with_the_names(clip: Path, pictures: list[np.ndarray]) -> None:
    names = ["red" if row % 2 else "blue" for row in range(40)]
    table = pm.Table.read({"photo": pictures, "colour": names}, target="colour", types={"photo": "image"})
    shown, asked = table.take(np.arange(12)), table.take(np.arange(12, 40))
    found = pm.zero_shot(asked, ["red", "blue"], model=clip, examples=shown)
    truth = asked.frame["colour"].to_numpy()
    assert (found.values("colour") == truth).mean() > 0.9
    assert (pm.zero_shot(asked, ["red", "blue"], model=clip).values() == truth).mean() < 0.9


def test_examples_that_tell_nothing_hardly_weigh() -> None:
    random = np.random.default_rng(0)
    codes = np.arange(60) % 2
    sure = np.where(codes[:, None] == np.arange(2), 4.0, -4.0)
    noise = random.normal(size=(60, 5))
    asked = random.normal(size=(7, 2))
    told = taught(asked, random.normal(size=(7, 5)), sure, noise, codes, Category(classes=("a", "b")))
    np.testing.assert_allclose(told, asked, atol=0.1)


def test_one_example_of_each_class_is_enough() -> None:
    shown = np.eye(3)
    told = taught(np.zeros((3, 3)), shown, np.zeros((3, 3)), shown, np.arange(3), Category(classes=("a", "b", "c")))
    assert told.argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("classes", "prompt", "says"),
    [
        (["cat"], "{}", "at least two classes"),
        (["cat", "cat"], "{}", "'cat' is named twice"),
        (["cat", "dog"], "a photo", "has no place"),
        ({"cat": [], "dog": "a dog"}, "{}", "class 'cat' has no sentence"),
        ("cat,dog", "{}", "a list of names or a dict"),
    ],
)
def test_bad_classes(classes: object, prompt: str, says: str) -> None:
    with pytest.raises(SettingError, match=says):
        prompts_of(classes, prompt)


def test_what_cannot_be_asked(clip: Path, table: pm.Table, pictures: list[np.ndarray], tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"'phot' is no picture or text\. Did you mean 'photo'"):
        pm.zero_shot(table, CLASSES, model=clip, modality="phot")
    with pytest.raises(SchemaError, match="no picture and no text"):
        pm.zero_shot({"x": [1.0, 2.0]}, CLASSES, model=clip)
    two = pm.Table.read({"a": pictures[:2], "b": pictures[:2]}, types={"a": "image", "b": "image"})
    with pytest.raises(SettingError, match="several columns hold image"):
        pm.zero_shot(two, CLASSES, model=clip)
    other = pm.Table.read({"photo": pictures[:4], "y": ["green", "red"] * 2}, target="y", types={"photo": "image"})
    with pytest.raises(SettingError, match="class 'green', which is not among"):
        pm.zero_shot(table, ["red", "blue"], model=clip, examples=other)
    with pytest.raises(ArtifactError, match="cannot read"):
        pm.zero_shot(table, CLASSES, model=tmp_path)


def test_a_model_of_one_tower_is_refused(clip: Path, table: pm.Table, tmp_path: Path) -> None:
    import shutil

    import transformers

    shutil.copytree(clip, tmp_path / "one")
    config = transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8,
                                     vocab_size=9)  # fmt: skip
    transformers.BertModel(config).save_pretrained(tmp_path / "one")
    with pytest.raises(SettingError, match="does not bring pictures and text into one space"):
        pm.zero_shot(table, CLASSES, model=tmp_path / "one")
    shutil.copytree(clip, tmp_path / "bare")
    (tmp_path / "bare" / "preprocessor_config.json").unlink()
    with pytest.raises(ArtifactError, match=r"no preprocessor_config\.json"):
        pm.zero_shot(table, CLASSES, model=tmp_path / "bare")


def test_on_the_command_line(clip: Path, pictures: list[np.ndarray], tmp_path: Path) -> None:
    import json

    from PIL import Image
    from typer.testing import CliRunner

    from polymodal.cli import app

    for row in range(4):
        Image.fromarray(pictures[row]).save(tmp_path / f"{row}.png")
    (tmp_path / "pictures.csv").write_text("photo\n" + "".join(f"{row}.png\n" for row in range(4)))
    asked = ["zero-shot", str(tmp_path / "pictures.csv"), "--model", str(clip)]
    found = CliRunner().invoke(app, [*asked, "--classes", "red, blue", "--json"])
    assert found.exit_code == 0, found.stderr
    answers = json.loads(found.stdout)
    expected = pm.zero_shot(tmp_path / "pictures.csv", ["red", "blue"], model=clip).values().tolist()
    assert [one["class"] for one in answers] == expected
    assert CliRunner().invoke(app, [*asked, "--classes", "red"]).exit_code == 1
