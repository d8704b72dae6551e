"""Settings: what kinds of cells and of targets are, a frozen record that says what is wrong with what it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from polymodal.errors import SettingError, near_miss

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass as _ModelMetaclass
else:
    _ModelMetaclass = type(BaseModel)


class _Refusing(_ModelMetaclass):
    """Whoever writes `Series(rat=500)` is told as any other caller is; `model_validate` raises as pydantic does."""

    if not TYPE_CHECKING:  # a signature of any arguments would hide those of the settings

        def __call__(self, *given: Any, **settings: Any) -> Any:
            try:
                return super().__call__(*given, **settings)
            except ValidationError as error:
                raise SettingError(f"{self.__name__}: {'; '.join(_sentences(error, self))}") from error


class Settings(BaseModel, metaclass=_Refusing):
    """A frozen record of settings; making one raises SettingError with every fault of what was given.

    >>> class Oven(Settings):
    ...     heat: int = 180
    >>> Oven(haet=200)
    Traceback (most recent call last):
    polymodal.errors.SettingError: Oven: no setting 'haet'. Did you mean 'heat'? Allowed: 'heat'.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def _sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    return [_sentence(one, model) for one in error.errors()]


def _sentence(fault: Any, model: type[BaseModel]) -> str:
    where = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1:
        return f"no setting {where!r}. {near_miss(where, model.model_fields)}"
    if fault["type"] == "missing" or (fault["input"] is None and fault["loc"]):
        return f"{where} is needed"
    reason = fault["msg"].removeprefix("Value error, ")
    came = "" if fault["type"] == "value_error" else f"; {fault['input']!r:.80} came"
    return f"{reason}{came}" if reason.startswith(where) else f"{where}: {reason}{came}"
