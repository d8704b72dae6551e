"""The protocol by which scikit-learn's tools read, change and copy settings, without a class of theirs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

from polymodal.errors import FitError, SettingError, near_miss


class Parameters(ABC):
    """What `sklearn.base.clone` and the searches over settings ask of an estimator."""

    encoders: dict[str, Any]

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What it was made with, by name, but for `encoders`."""

    @property
    @abstractmethod
    def is_fitted(self) -> bool:
        """Whether it has learnt anything."""

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """What it was made with, by name; `deep` is part of the protocol, and nothing lies deeper.

        >>> from polymodal.model import Model
        >>> Model(width=32).get_params()["width"]
        32
        """
        return {**self.settings, "encoders": dict(self.encoders)}

    def set_params(self, **settings: Any) -> Self:
        """Other settings for a fit to come.

        Raises SettingError for names that are none, FitError after `fit`: what was learnt belongs to the settings.
        """
        if self.is_fitted:
            raise FitError(
                "the settings of a fitted model belong to what it learnt; make another one, such as "
                "sklearn.base.clone(model).set_params(...)"
            )
        known = self.get_params()
        unknown = [f"no setting {name!r}. {near_miss(name, known)}" for name in settings if name not in known]
        if unknown:
            raise SettingError("\n".join(unknown))
        self.__init__(**known | settings)  # type: ignore[misc]  # what the constructor refuses is refused here too
        return self

    def __sklearn_clone__(self) -> Self:
        return type(self)(**self.get_params())
