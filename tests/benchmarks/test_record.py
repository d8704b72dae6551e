"""An outcome on the page: in its place, under its name, counted in the summary."""

from benchmarks.record import Outcome, replaced, summary


def outcome(name: str, is_reached: bool | None = True) -> Outcome:
    return Outcome(
        name=name,
        question="Is it?",
        mark=">= .5: half",
        is_reached=is_reached,
        table=[{"method": "a", "mean": 0.25}, {"method": "b"}],
        seeds="0",
        notes=["A note."],
        verdict="Fused ties.",
    )


def test_a_section_tells_mark_verdict_and_script() -> None:
    lines = outcome("cost/it").markdown().splitlines()
    assert "| a | 0.25 |" in lines
    assert "| b |  |" in lines
    place = lines.index("Mark: >= .5: half: reached.")
    assert lines[place + 1 : place + 3] == ["Fused ties.", "A note."]
    assert lines[-1].startswith("`python -m benchmarks.cost.it`")


def test_a_section_takes_the_place_of_its_former_self() -> None:
    page = replaced(replaced("# Page\n", "a/b", "old"), "c/d", "other")
    assert replaced(page, "a/b", r"new \1") == page.replace("old", r"new \1")


def test_the_summary_has_a_line_for_each_section() -> None:
    page = "# Page\n"
    for name, is_reached in (("x/two", False), ("x/one", True), ("x/three", None)):
        page = replaced(page, name, outcome(name, is_reached).markdown())
    assert summary(page).splitlines()[2:] == [
        "| [x/one](#xone) | >= .5: half | reached |",
        "| [x/three](#xthree) | >= .5: half | no mark |",
        "| [x/two](#xtwo) | >= .5: half | **missed** |",
    ]
