"""From a table without a target to a space, how well it finds, and a search in it, by commands alone."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from polymodal.cli import app

RUNNER = CliRunner()
COLOURS = ("red", "green", "blue")


def run(*arguments: object, code: int = 0) -> Result:
    result = RUNNER.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shop.csv: what is said of an article, and its shades measured; and a model of both."""
    folder = tmp_path_factory.mktemp("shop")
    random = np.random.default_rng(0)
    colour = random.integers(0, 3, 150)
    shades = np.eye(3)[colour] + 0.1 * random.normal(size=(150, 3))
    frame = pd.DataFrame(shades, columns=["shade:r", "shade:g", "shade:b"]).round(4)
    frame["note"] = [f"a {COLOURS[one]} dress size {random.integers(30, 50)}" for one in colour]
    frame["price"] = random.integers(10, 100, 150)
    frame.to_csv(folder / "shop.csv", index=False)
    run(
        "fit", folder / "shop.csv", "--objective", "align", "--type", "shade=vector,prefix=shade:",
        "--type", "note=text",
        "--ignore", "price", "--width", 16, "--epochs", 12, "--out", folder / "space.pm",
    )  # fmt: skip
    return folder


def test_a_space_is_scored_by_what_it_finds(shop: Path) -> None:
    found = json.loads(run("evaluate", shop / "space.pm", shop / "shop.csv", "--json").stdout)
    assert {(one["query"], one["found"]) for one in found["findings"]} == {("note", "shade"), ("shade", "note")}
    run("evaluate", shop / "space.pm", shop / "shop.csv", "--plot", shop / "found.png")
    assert (shop / "found.png").stat().st_size > 1_000


def test_a_sentence_finds_rows(shop: Path) -> None:
    found = run(
        "search", shop / "space.pm", shop / "shop.csv", "--row", '{"note": "a blue dress"}', "-k", 3, "--where",
        "price < 50", "--json",
    )  # fmt: skip
    [one] = json.loads(found.stdout)
    frame = pd.read_csv(shop / "shop.csv").loc[[hit["row"] for hit in one["found"]]]
    assert frame["note"].str.contains("blue").all()
    assert (frame["price"] < 50).all()
    said = run(
        "search", shop / "space.pm", shop / "shop.csv", "--row", '{"note": "a blue dress"}', "--among", "note"
    ).stdout
    assert "rank" in said
    assert "blue dress" in said


def test_many_queries_go_into_a_file(shop: Path) -> None:
    pd.DataFrame({"note": ["a red dress", "a green dress"]}).to_csv(shop / "asked.csv", index=False)
    run(
        "search", shop / "space.pm", shop / "shop.csv", "--queries", shop / "asked.csv", "-k", 2,
        "--out", shop / "hits.csv",
    )  # fmt: skip
    assert len(pd.read_csv(shop / "hits.csv")) == 4


def test_what_cannot_be_searched(shop: Path) -> None:
    said = run("search", shop / "space.pm", shop / "shop.csv", code=2).output
    assert "--row, --queries or --duplicates" in said
    asked = ("search", shop / "space.pm", shop / "shop.csv", "--row", '{"note": "red"}')
    assert "leave --among out" in run(*asked, "--like", "--among", "note", code=2).output
    assert "Did you mean 'faiss'" in run(*asked, "--backend", "fais", code=1).output
    said = run("search", shop / "space.pm", shop / "shop.csv", "--row", "red", code=1).output
    assert "--row is not JSON" in said
    run("fit", shop / "shop.csv", "--target", "price", "--preset", "fast", "--out", shop / "price.pm")
    said = run("search", shop / "price.pm", shop / "shop.csv", "--row", '{"note": "red"}', code=1).output
    assert "no shared space; fit it with Model(objective='align')" in said


def test_an_index_is_kept_and_opened(shop: Path) -> None:
    asked = ("--row", '{"note": "a blue dress"}', "-k", 3, "--json")
    first = run("search", shop / "space.pm", shop / "shop.csv", *asked, "--keep", shop / "shop.index")
    again = run("search", shop / "space.pm", shop / "shop.index", *asked)
    rows = [[hit["row"] for hit in json.loads(one.stdout)[0]["found"]] for one in (first, again)]
    assert rows[0] == rows[1]
    said = run("search", shop / "space.pm", shop / "shop.index", *asked, "--keep", shop / "other", code=1).output
    assert "is an index already" in said
    said = run("search", shop / "space.pm", shop / "shop.index", "--duplicates", 0.9, code=1).output
    assert "give a table" in said


def test_a_store_keeps_its_index_itself(shop: Path) -> None:
    run("pack", shop / "shop.csv", shop / "shop.lance", "--type", "shade=vector,prefix=shade:", "--type", "note=text")
    asked = ("search", shop / "space.pm", shop / "shop.lance", "--row", '{"note": "a red dress"}', "-k", 2)
    found = json.loads(run(*asked, "--where", "price < 50", "--json").stdout)
    assert len(found[0]["found"]) == 2
    assert (shop / "shop.lance" / "_search").is_dir()
    assert "keeps its index itself" in run(*asked, "--keep", shop / "other", code=1).output


def test_what_is_like_a_row_and_what_is_there_twice(shop: Path) -> None:
    pd.read_csv(shop / "shop.csv").head(2).to_csv(shop / "asked.csv", index=False)
    asked = ("search", shop / "space.pm", shop / "shop.csv")
    found = json.loads(run(*asked, "--queries", shop / "asked.csv", "--like", "-k", 1, "--json").stdout)
    assert [one["found"][0]["row"] for one in found] == [0, 1]
    twice = pd.read_csv(shop / "shop.csv").iloc[[0, 1, 2, 1]]
    twice.to_csv(shop / "twice.csv", index=False)
    pairs = json.loads(run("search", shop / "space.pm", shop / "twice.csv", "--duplicates", 0.9999, "--json").stdout)
    assert {(one["row"], one["other"]) for one in pairs} == {(1, 3)}
    assert "No two rows" in run(*asked[:2], shop / "asked.csv", "--duplicates", 1).stdout


def test_classes_that_are_only_named(shop: Path) -> None:
    frame = pd.read_csv(shop / "shop.csv")
    asked = ("zero-shot", shop / "shop.csv", "--classes", "red,green,blue", "--model", shop / "space.pm")
    run(*asked, "--prompt", "a {} dress", "--out", shop / "told.csv")
    told = pd.read_csv(shop / "told.csv")
    right = [name in note for name, note in zip(told["class"], frame["note"], strict=True)]
    assert sum(right) / len(right) > 0.9
    assert run(*asked, "--modality", "note", "--prompt", "a {} dress").exit_code == 0
    assert "leave --type and --id out" in run(*asked, "--id", "note", code=1).output


def test_an_index_on_disk_is_changed(shop: Path) -> None:
    kept, asked = shop / "changing.index", ["--row", '{"note": "a red dress"}', "-k", 1]
    first = run("search", shop / "space.pm", shop / "shop.csv", *asked, "--keep", kept, "--json")
    [best] = [hit["row"] for one in json.loads(first.stdout) for hit in one["found"]]
    told = run("search", shop / "space.pm", kept, "--delete", best)
    assert "149 are left" in told.stderr
    assert not told.stdout
    again = run("search", shop / "space.pm", kept, *asked, "--json")
    assert best not in [hit["row"] for one in json.loads(again.stdout) for hit in one["found"]]
    assert "no row 'nobody'" in run("search", shop / "space.pm", kept, "--delete", "nobody", code=1).stderr
    assert (
        "change an index on disk" in run("search", shop / "space.pm", shop / "shop.csv", "--delete", 1, code=1).stderr
    )
    frame = pd.read_csv(shop / "shop.csv").head(3)
    frame.to_parquet(shop / "more.parquet")
    assert "is there already" in run("search", shop / "space.pm", kept, "--add", shop / "more.parquet", code=1).stderr


def test_what_the_space_has_not_is_told_before_rows_are_read(shop: Path) -> None:
    found = run("search", shop / "space.pm", shop / "gone.csv", "--row", "{}", "--among", "shades", code=1)
    assert "Did you mean 'shade'?" in found.stderr
