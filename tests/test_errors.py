"""What the messages are put together from."""

from polymodal.errors import near_miss


def test_each_allowed_name_is_listed_once() -> None:
    assert near_miss("nte", ["note", "age", "note"]) == "Did you mean 'note'? Allowed: 'age', 'note'."
