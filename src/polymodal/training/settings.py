"""The settings of a model: what each is about, what it may be, and what it is where nobody says. No torch is needed."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from polymodal.errors import near_miss
from polymodal.registry import BALANCES, CONTRASTS, FUSIONS, LEARNERS

ALIGN = "align"
CONTRAST = "sigmoid"  # where none is named
NETWORK = "network"
PRECISIONS = ("auto", "32-true", "bf16-mixed", "16-mixed")
MOST_FOLDS = 20


@dataclass(frozen=True)
class Setting:
    """One setting of a model.

    Attributes:
        usual: what it is where nobody says; None leaves it open, and may be given too.
        about: what it settles, in a few words.
        kind: str, int or float.
        allowed: what a value is, in words; empty where any of its kind will do.
        suits: the same as a question.
        names: what is allowed where it is a name out of several; those that parts add are asked for when needed.
        word: what may stand in place of a number.
        is_list: whether it is a list of names, each called as in `one`.
        stands_for: how help calls a value of it.
        of_networks: whether it is about networks and nothing else.
    """

    usual: Any
    about: str
    kind: type = str
    allowed: str = ""
    suits: Callable[[Any], bool] = lambda value: True
    names: Sequence[str] | Callable[[], Sequence[str]] = ()
    word: str = ""
    is_list: bool = False
    stands_for: str = "NAME"
    of_networks: bool = True

    @property
    def known(self) -> Sequence[str]:
        """The names that are allowed, all of them; empty where it is no name out of several."""
        return self.names() if callable(self.names) else self.names

    def fault(self, name: str, value: Any) -> str:
        """What is wrong with a value, in a sentence; empty where nothing is.

        >>> SETTINGS["dropout"].fault("dropout", 2)
        'dropout is at least 0 and below 1; 2 came'
        """
        if (value is None and self.usual is None) or (self.word and value == self.word):
            return ""
        if self.is_list:
            return _fault_of_list(name, value, self.known)
        if self.known:
            return "" if value in self.known else f"unknown {name} {value!r}. {near_miss(str(value), self.known)}"
        if self.kind is not str and not (_IS[self.kind](value) and self.suits(value)):
            return f"{name} is {self.allowed}; {value!r} came"
        return ""


def _fault_of_list(name: str, value: Any, known: Sequence[str]) -> str:
    if not isinstance(value, (list, tuple)):
        return f"{name} is a list of names; {value!r} came"
    if not value:
        return f"{name} names none; any of {', '.join(known)}"
    one = singular(name)
    return "\n".join(f"unknown {one} {each!r}. {near_miss(str(each), known)}" for each in value if each not in known)


def singular(name: str) -> str:
    """What one of a list is called.

    >>> singular("learners")
    'learner'
    """
    return name.removesuffix("s")


def _is_whole(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)


def _is_real(value: Any) -> bool:
    return isinstance(value, (int, float, numbers.Real)) and not isinstance(value, bool) and math.isfinite(value)


_IS = {int: _is_whole, float: _is_real}


def _whole(usual: int | None, least: int, about: str, **more: Any) -> Setting:
    return Setting(usual, about, int, f"a whole number from {least}", lambda value: value >= least, **more)


def _number(usual: float | None, allowed: str, suits: Callable[[Any], bool], about: str) -> Setting:
    return Setting(usual, about, float, allowed, suits)


# In the order of the arguments of `Model`, which are these and `encoders`.
SETTINGS: Mapping[str, Setting] = {
    "fusion": Setting("transformer", "How the network brings modalities together.", names=FUSIONS.names),
    "width": Setting(
        64, "Numbers in a token.", int, "a multiple of 4, from 4", lambda value: value >= 4 and value % 4 == 0
    ),
    "dropout": _number(
        0.1, "at least 0 and below 1", lambda value: 0 <= value < 1, "Share of activations dropped in training."
    ),
    "preset": Setting(
        "good", "How much is trained; fast trains no network.", names=("fast", "good", "best"), of_networks=False
    ),
    "learners": Setting(
        None,
        "Train this instead of what the preset says: network, a learner, or a further network by its fusion.",
        names=lambda: [NETWORK, *LEARNERS.names(), *FUSIONS.names()],
        is_list=True,
        of_networks=False,
    ),
    "folds": Setting(
        "auto",
        "Parts of the rows held out in turn; 'auto' is 5 for few rows or groups, else 1.",
        int,
        f"'auto' or 1 to {MOST_FOLDS}",
        lambda value: 1 <= value <= MOST_FOLDS,
        word="auto",
        stands_for="N",
        of_networks=False,
    ),
    "seed": _whole(0, 0, "The same seed gives the same model.", of_networks=False),
    "epochs": _whole(None, 1, "Passes over the rows at most."),
    "batch_size": _whole(None, 1, "Rows a step of training."),
    "learning_rate": _number(None, "above 0", lambda value: value > 0, "Of the network, at its highest."),
    "weight_decay": _number(None, "at least 0", lambda value: value >= 0, "By how much weights are drawn to zero."),
    "patience": _whole(None, 1, "Epochs without progress after which training stops."),
    "precision": Setting("auto", "Of the arithmetic in training.", names=PRECISIONS),
    "accelerator": Setting("auto", "What to train on: auto, cpu, cuda, mps."),
    "patterns": Setting(
        "uniform",
        "Which parts of a row the network is shown besides all of it.",
        names=("uniform", "rates", "curriculum"),
    ),
    "balance": Setting("none", "Hold back who learns too fast.", names=lambda: ["none", *BALANCES.names()]),
    "pretrain": _whole(0, 0, "First epochs, in which each modality is trained by itself."),
    "segments": _number(
        0.0,
        "a share from 0 to 0.9",
        lambda value: 0 <= value <= 0.9,
        "Train without spans of series and blocks of columns, up to this share.",
    ),
    "curriculum": Setting("none", "Let hard rows wait at first.", names=("none", "difficulty")),
    "objective": Setting(
        "predict",
        "Learn the targets, or a space to search in, for which none is needed.",
        names=("predict", ALIGN),
    ),
    "contrast": Setting(None, f"What a space is learnt from; {CONTRAST} when left out.", names=CONTRASTS.names),
    "hub": Setting(None, "In a space, pair all others with this modality."),
    "same": Setting(None, "In a space: rows of one value show the same thing.", stands_for="COLUMN"),
    "rows_at_once": _whole(None, 1, "Rows of a batch encoded at once, to save memory."),
}


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those that are not as usual.

    >>> given({"width": 8, "dropout": 0.1})
    {'width': 8}
    """
    return {name: settings[name] for name, one in SETTINGS.items() if settings.get(name, one.usual) != one.usual}


def idle(settings: Mapping[str, Any], trained: Sequence[str]) -> list[str]:
    """What was asked of networks and has none to matter to, as in `width=8`; `trained` names those that there are.

    >>> idle({"width": 8, "folds": 2}, trained=[]), idle({"width": 8, "fusion": "gated"}, trained=["late"])
    (['width=8'], ["fusion='gated'"])
    """
    if NETWORK in trained:
        return []
    unheard = {"fusion"} if trained else {name for name, one in SETTINGS.items() if one.of_networks}
    return [f"{name}={value!r}" for name, value in given(settings).items() if name in unheard]
