"""The face: one estimator with the verbs of scikit-learn, for tables with gaps."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import torch
from pydantic import ValidationError
from torch import nn

from polymodal.adapters.lora import LoRA
from polymodal.answering import Answering
from polymodal.artifact import Artifact
from polymodal.errors import ArtifactError, FitError, SettingError
from polymodal.fitting import learn
from polymodal.network import Network
from polymodal.parameters import Parameters
from polymodal.portfolio.portfolio import Portfolio
from polymodal.saving import restore, to_artifact
from polymodal.schema.schema import Schema
from polymodal.schema.table import Table
from polymodal.searching import Searching
from polymodal.store.loader.size import n_bytes
from polymodal.store.preprocessing import Preprocessor
from polymodal.training.budget import seconds
from polymodal.training.checkpoint import place_of
from polymodal.training.history import History

if TYPE_CHECKING:
    from polymodal.store.disk.store import Store


class Model(Answering, Searching, Parameters):
    """Learns from a Table and answers from any part of a row.

    Args:
        fusion: how the network brings modalities together: "transformer", "attention" and "late" (cheap on the whole
            lattice), "concat", "early", "gated", "low_rank", "bottleneck", "latents", "cross", "hybrid" or "mixture";
            `pm.compare` tells them apart on a table of yours.
        encoders: by modality, another encoder: a registered name, the hub name or folder of a pretrained model
            (pictures and video: `timm`, else `transformers`; frozen, embedded once and cached), `pm.LoRA(name)`, the
            same with its last layers adapted, or any `nn.Module` that takes the collated values `[n, ...]` (and their
            mask, if it has a second argument) to `[n, E]` or `[n, T, E]`.
        width: D, numbers in a token.
        dropout: share of activations dropped in training.
        preset: "fast" (no network), "good" or "best" (a second network, with late fusion, and five folds at almost
            any size).
        learners: what to train instead of what the preset names: "network", further networks by the name of their
            fusion, "linear", "trees", "factors" and "factored_trees" (of cells that come back, for all but survival and
            ordinal targets), "texts" (several read as one), "prototypes" (nearest class mean) and "gaussian"
            (shared-covariance discriminant), the last three for categories and labels; what is more than one is weighed
            on rows held out.
        folds: parts of the rows that are held out in turn, each with its own network, whose answers are averaged; 1
            holds out a seventh once; "auto" is five for few rows or few groups, else one.
        seed: of everything drawn; on CPU the same seed gives the same model bit for bit.
        epochs, batch_size, learning_rate, weight_decay, patience: of training; left out, they follow the row count.
        precision, accelerator: as in Lightning Fabric, "32-true", "bf16-mixed" or "16-mixed"; "auto" is bfloat16 on a
            GPU if there is one.
        patterns: which subsets of each row the network is shown besides the row itself: "uniform" over what it has,
            "rates" with the gaps that the other rows of the table have, or "curriculum", from whole rows to one
            modality alone.
        balance: what keeps one modality from learning at the others' expense: "none", "pareto" (MMPareto), "blend"
            (gradient blending) or "ogm" (OGM-GE).
        pretrain: epochs, of all the `epochs` the first, in which each modality is trained by itself.
        segments: 0 to 0.9, the largest share of a series (a span of time) or of a panel or table (a block of columns)
            that the network is trained without, drawn anew for each cell.
        curriculum: "none", or "difficulty": for the first half of the training rows that the network finds hard wait.
        objective: "predict" the targets, or "align": learn a space in which cells of one row lie together and others
            apart, whatever their modality, for `vectors`, `retrieval` and `index`; targets, if there are any, are
            learnt by the same network.
        contrast: what "align" learns from: "sigmoid" (of every two cells, do they belong together?), which it does
            unless told otherwise, "infonce" (which of all belongs to this one?), both by every two modalities that a
            row has, or "total_correlation" (do all the cells of a row belong together?), which finds what no two tell.
        hub: for "align", the modality that all others are paired with, instead of each with each.
        same: for "align", a column: rows with one value in it show the same thing, so that all their cells belong
            together, and each of them is a right one to find; such as the label by which pictures and sounds were
            brought together, or the product of several photographs. Not with "total_correlation".
        rows_at_once: rows of a batch that are encoded at once; each part of a larger batch is encoded again when its
            gradient is due (gradient caching), so that `batch_size` is not bound by memory, for about a third more
            time. Left out, all of them.

    >>> import polymodal as pm
    >>> table = pm.Table.read({"x": [0.0, 1.0] * 20, "y": ["a", "b"] * 20}, target="y")
    >>> model = pm.Model(folds=1, epochs=20).fit(table)
    >>> model.predict({"x": 1.0}).values().tolist()
    ['b']
    """

    def __init__(
        self,
        fusion: str = "transformer",
        encoders: Mapping[str, str | os.PathLike[str] | nn.Module | LoRA] | None = None,
        *,
        width: int = 64,
        dropout: float = 0.1,
        preset: str = "good",
        learners: Sequence[str] | None = None,
        folds: int | Literal["auto"] = "auto",
        seed: int = 0,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        weight_decay: float | None = None,
        patience: int | None = None,
        precision: str = "auto",
        accelerator: str = "auto",
        patterns: str = "uniform",
        balance: str = "none",
        pretrain: int = 0,
        segments: float = 0.0,
        curriculum: str = "none",
        objective: str = "predict",
        contrast: str | None = None,
        hub: str | None = None,
        same: str | None = None,
        rows_at_once: int | None = None,
    ) -> None:
        if encoders is not None and not isinstance(encoders, Mapping):
            raise SettingError(f"encoders is a dict of modality to encoder; {type(encoders).__name__} came")
        self.fusion = fusion
        self.encoders = {n: os.fspath(e) if isinstance(e, os.PathLike) else e for n, e in (encoders or {}).items()}
        self.width, self.dropout, self.seed = width, dropout, seed
        self.preset, self.folds = preset, folds
        self.learners = [learners] if isinstance(learners, str) else learners
        self.epochs, self.batch_size, self.learning_rate = epochs, batch_size, learning_rate
        self.weight_decay, self.patience = weight_decay, patience
        self.precision, self.accelerator = precision, accelerator
        self.patterns, self.balance, self.pretrain = patterns, balance, pretrain
        self.segments, self.curriculum = segments, curriculum
        self.objective, self.contrast, self.hub = objective, contrast, hub
        self.same, self.rows_at_once = same, rows_at_once
        self.histories: list[History] = []
        self.limitations: list[str] = []
        self._portfolio: Portfolio | None = None
        self._preprocessor: Preprocessor | None = None
        self._features: dict[str, int] = {}
        self._device = torch.device("cpu")

    def __repr__(self) -> str:
        state = (
            f"fitted: {', '.join(self.schema.names)} -> {', '.join(self.schema.targets) or 'a shared space'}"
            if self.is_fitted
            else "not fitted"
        )
        return f"Model(fusion={self.fusion!r}, {state})"

    @property
    def settings(self) -> dict[str, Any]:
        """What it was made with, by name, but for `encoders`.

        >>> Model(width=32).settings["width"]
        32
        """
        names = inspect.signature(Model.__init__).parameters
        return {name: getattr(self, name) for name in names if name not in ("self", "encoders")}

    @property
    def is_fitted(self) -> bool:
        """Whether `fit` or `load` has given it weights."""
        return self._portfolio is not None

    @property
    def portfolio(self) -> Portfolio:
        """Everything that answers, and how each did on rows held out. Raises FitError before `fit`."""
        if self._portfolio is None:
            raise FitError("the model is not fitted yet; call fit(table) first, or pm.load(path)")
        return self._portfolio

    @property
    def networks(self) -> list[Network]:
        """The networks that answer, those of each fusion together; none before `fit`."""
        return [] if self._portfolio is None else [one for some in self._portfolio.networks.values() for one in some]

    @property
    def preprocessor(self) -> Preprocessor:
        """Schema, statistics and frozen encoders. Raises FitError before `fit`."""
        if self._preprocessor is None:
            raise FitError("the model is not fitted yet; call fit(table) first, or pm.load(path)")
        return self._preprocessor

    @property
    def schema(self) -> Schema:
        """The schema it was fitted on. Raises FitError before `fit`."""
        return self.preprocessor.schema

    def to(self, device: str | torch.device) -> Self:
        """Answer on another device from now on. Raises SettingError for one that cannot be had here."""
        try:
            wanted = torch.device(device)
            torch.zeros(1, dtype=torch.float64, device=wanted)  # answers need it, and not every device has it
        except (RuntimeError, AssertionError, TypeError) as error:
            raise SettingError(f"device {device!r} cannot be had here: {str(error).splitlines()[0]}") from error
        self._device = wanted
        for network in self.networks:
            network.to(self._device)
        return self

    def fit(
        self,
        table: Table | Store | str | os.PathLike[str],
        *,
        budget: str | float | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        max_unreadable: float = 0.1,
        memory: str | float = "2GB",
        progress: bool = True,
    ) -> Self:
        """Learn from the rows that have a known label and anything present.

        Args:
            table: with at least one target; or a Store, or the path of one.
            budget: time, such as "10min"; training ends well within it rather than being cut off.
            checkpoint: a file from which a killed fit goes on, to the same weights bit for bit on CPU.
            max_unreadable: share of a column's filled cells that may be unreadable.
            memory: how much the prepared cells of a store may take, such as "2GB". Of a larger store the network reads
                each batch when it is due, while what is measured beforehand, and all other members, see as many of the
                rows, drawn from the seed, as fit; `limitations` says how many.
            progress: show a bar on a terminal.

        What the rows do not let the model learn or check stands in `limitations` afterwards, in words.

        Raises SettingError, UnreadableError when too many cells of a column are broken, FitError when there is too
        little to learn from.
        """
        found = learn(
            self,
            table,
            budget=seconds(budget),
            checkpoint=None if checkpoint is None else place_of(checkpoint),
            max_unreadable=max_unreadable,
            most_bytes=n_bytes(memory),
            progress=progress,
        )
        self._portfolio, self._preprocessor, self._features = found.portfolio, found.preprocessor, found.features
        self.histories, self.limitations = found.histories, found.limitations
        return self.to(self._device)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write everything needed to answer into one file. Raises ArtifactError when it cannot be written."""
        to_artifact(self).write(Path(path))
        return Path(path)


def load(path: str | os.PathLike[str], *, encoders: Mapping[str, nn.Module] | None = None) -> Model:
    """A saved model, ready to answer, bit for bit as before; no network, nothing unpickled or executed.

    `encoders` gives back the modules of modalities fitted with somebody's own, whose code is not in the file.

    Raises ArtifactError for a file that is missing, damaged or from a later version, or when a module is not given or
    not asked for.
    """
    artifact = Artifact.read(Path(path))
    try:
        return restore(Model, artifact, dict(encoders or {}))
    except (KeyError, TypeError, ValidationError) as error:
        raise ArtifactError(f"{path} is damaged: its description lacks or misnames something ({error})") from error
