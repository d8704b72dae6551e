"""What is said of each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polymodal.errors import SettingError


def prompts_of(classes: Any, prompt: Any) -> dict[str, tuple[str, ...]]:
    """By class, its sentences: names put into each template, or the sentences given for it as they are.

    Raises SettingError, with every fault, for fewer than two classes, one named twice, or a template without a place.

    >>> prompts_of(["cat", "dog"], "a photo of a {}")
    {'cat': ('a photo of a cat',), 'dog': ('a photo of a dog',)}
    >>> prompts_of({"cat": ["a kitten", "a tomcat"], "dog": "a puppy"}, "{}")["cat"]
    ('a kitten', 'a tomcat')
    """
    templates = [prompt] if isinstance(prompt, str) else list(prompt) if isinstance(prompt, Sequence) else [prompt]
    faults = [f"prompt {one!r} has no place {{}} for the name" for one in templates if not _is_template(one)]
    if isinstance(classes, Mapping):
        found = {str(name): (said,) if isinstance(said, str) else tuple(said) for name, said in classes.items()}
        empty = [name for name, said in found.items() if not said or not all(isinstance(s, str) and s for s in said)]
        faults = [f"class {name!r} has no sentence" for name in empty]
    elif isinstance(classes, str) or not isinstance(classes, Sequence):
        raise SettingError(f"classes is a list of names or a dict of name to sentences; {classes!r} came")
    else:
        names = [str(name) for name in classes]
        faults += [f"class {name!r} is named twice" for name in dict.fromkeys(names) if names.count(name) > 1]
        found = {name: tuple(str(one).replace("{}", name) for one in templates) for name in names}
    if len(found) < 2:
        faults.append(f"at least two classes can be told apart; {len(found)} came")
    if faults:
        raise SettingError("; ".join(faults))
    return found


def _is_template(one: Any) -> bool:
    return isinstance(one, str) and "{}" in one
