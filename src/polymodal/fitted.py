"""What every verb of a fitted model needs: its schema, what prepares rows, and what answers."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch

from polymodal.portfolio.portfolio import Portfolio
from polymodal.schema.schema import Schema
from polymodal.store.preprocessing import Preprocessor


class Fitted(ABC):
    """What `fit` or `load` leaves in a model."""

    _device: torch.device

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """The schema it was fitted on."""

    @property
    @abstractmethod
    def preprocessor(self) -> Preprocessor:
        """Schema, statistics and frozen encoders."""

    @property
    @abstractmethod
    def portfolio(self) -> Portfolio:
        """Everything that answers."""
