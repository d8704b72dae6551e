"""How long, how fast and how large: the settings of one training run, with what is left open decided from the data."""

from __future__ import annotations

from dataclasses import dataclass

_VISITS = 60_000  # rows looked at by one network, counting each as often as it is seen
_ALL_VISITS = 120_000  # by all networks of a fit that is to stay quick
_PASSES = (4, 100)  # at least, at most


@dataclass(frozen=True)
class Plan:
    """A training run.

    Attributes:
        epochs: passes over the rows at most.
        batch_size: rows a step.
        learning_rate, weight_decay: of AdamW; the rate warms up, then falls to zero along a cosine.
        patience: epochs without a better validation lattice before stopping.
        precision: of Lightning Fabric, such as "32-true" or "bf16-mixed".
        accelerator: "cpu" or "cuda"; whatever else was given is left to Lightning Fabric to refuse.
        patterns: which subsets of a row are shown; see `polymodal.training.schedules`.
        pretrain: how many of the epochs come first and train each modality by itself; it is below `epochs`.
        balance: "none", or what keeps one modality from learning at the others' expense.
        segments: the largest share of a series or panel that is hidden from the network at once.
        curriculum: "none", or "difficulty": which rows are shown first.
        rows_at_once: rows of a batch that are encoded at once; None for all.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    patience: int
    precision: str
    accelerator: str
    patterns: str = "uniform"
    balance: str = "none"
    pretrain: int = 0
    segments: float = 0.0
    curriculum: str = "none"
    rows_at_once: int | None = None

    @classmethod
    def for_rows(
        cls,
        n_rows: int,
        *,
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
        rows_at_once: int | None = None,
        n_networks: int = 1,
        compares: bool = False,
    ) -> Plan:
        """Fill in what was left open: small data get many passes in small batches, large data few in large ones.

        Where several networks are trained, one a fold, each gets fewer passes, so that together they cost about two.
        Where rows are compared with each other, batches are larger, for only what is in one is compared.
        """
        import torch

        # Apple's GPU is not chosen: it has no double precision, in which numbers and times to an event are kept.
        if accelerator == "auto":
            accelerator = "cuda" if torch.cuda.is_available() else "cpu"
        elif accelerator == "gpu":
            accelerator = "cuda"
        on_gpu = accelerator == "cuda"
        least, most = _PASSES
        visits = min(_VISITS, _ALL_VISITS / n_networks)
        passes = epochs or int(min(max(visits / max(n_rows, 1), least), most)) + pretrain
        usual = 32 if n_rows < 500 else 64 if n_rows < 5_000 else 128
        size = batch_size or (4 * usual if compares else usual)
        return cls(
            epochs=passes,
            batch_size=min(size, n_rows),
            learning_rate=2e-3 if learning_rate is None else learning_rate,
            weight_decay=0.02 if weight_decay is None else weight_decay,
            patience=patience or max(4, (passes - pretrain) // 4),
            precision=("bf16-mixed" if on_gpu else "32-true") if precision == "auto" else precision,
            accelerator=accelerator,
            patterns=patterns,
            balance=balance,
            pretrain=pretrain,
            segments=segments,
            curriculum=curriculum,
            rows_at_once=rows_at_once,
        )
