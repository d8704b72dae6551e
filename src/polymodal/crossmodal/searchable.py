"""What every index of rows can be asked, wherever its vectors lie: what goes with a query, and what is like it."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from polymodal.crossmodal.directions import Direction, Directions
from polymodal.crossmodal.hits import Hits
from polymodal.crossmodal.questions import Questions, checked_k, compared, questions
from polymodal.errors import SchemaError

if TYPE_CHECKING:
    from polymodal.model import Model

_MORE = 10  # times k that are looked at of each modality, where several decide


class Searchable(ABC):
    """N rows in the space of a model.

    Modalities of a space lie in regions of their own (Liang et al. 2022), so each is moved to have its middle at the
    origin before cells of different ones are compared. A row scores the mean, over the parts of the query and what the
    row has, of their cosines; parts are compared with other modalities where the row has any.
    """

    _model: Model
    _directions: Directions

    @property
    @abstractmethod
    def modalities(self) -> tuple[str, ...]:
        """Those that any row has."""

    @abstractmethod
    def _hits(self, asked: Questions, toward: Sequence[Mapping[str, Direction]], k: int, where: str | None) -> Hits:
        """For each query the k rows that lie furthest toward its directions."""

    def search(
        self,
        query: Any = None,
        *,
        k: int = 10,
        among: str | Sequence[str] | None = None,
        where: str | None = None,
        files: str | os.PathLike[str] | None = None,
        **parts: Any,
    ) -> Hits:
        """The k rows that go best with each query.

        Args:
            query: a row as a dict of columns or modalities, a list of such, a Table or anything `Table.read` takes; or
                nothing, and the parts of one row by name, as in `search(note="left effusion")`.
            k: rows for each query, fewer where fewer have anything to compare.
            among: the modalities of the rows to compare with; left out, those that the query does not give itself, or
                if there are none of these, all.
            where: a condition on columns of the rows. In memory as `DataFrame.query` takes it: "price < 50 and
                ward == 'A'"; on disk in SQL, on numbers, dates and text: "price < 50 AND ward IN ('A', 'B')".
            files: the folder of path cells.

        Raises SettingError for what cannot be asked, SchemaError for parts the model does not know or a query with
        nothing in it that can be read.
        """
        k = checked_k(k)
        asked = questions(self._model, query, parts, files)
        toward = [
            {name: self._directions.toward(one, name) for name in compared(one, among, self.modalities)}
            for one in asked.parts
        ]
        return self._hits(asked, toward, k, where)

    def nearest(
        self,
        query: Any = None,
        *,
        k: int = 10,
        where: str | None = None,
        files: str | os.PathLike[str] | None = None,
        **parts: Any,
    ) -> Hits:
        """The k rows that are most like each query: notes by their notes, pictures by their pictures.

        Of training rows, they say what an answer rests on. A row scores the mean cosine over the modalities that both
        have. Arguments and errors as in `search`.
        """
        k = checked_k(k)
        asked = questions(self._model, query, parts, files)
        return self._hits(asked, [self._directions.alike(one, self.modalities) for one in asked.parts], k, where)


def depth(k: int, toward: Sized) -> int:
    """How many rows are looked at of each modality, for the k best by all of them."""
    return k if len(toward) == 1 else k * _MORE


def refuse_taken(names: Iterable[Any]) -> None:
    """Raise SchemaError for rows to be added that are called like some that are there."""
    taken = sorted(map(str, names))
    if taken:
        raise SchemaError(
            f"row {taken[0]} is there already; delete it first, or call the new one otherwise, by its id or the labels "
            "of a DataFrame"
        )


def called(rows: Any) -> list[Any]:
    """Names of rows, of which there may be one.

    >>> called("a"), called(7), called(["a", "b"])
    (['a'], [7], ['a', 'b'])
    """
    return [rows] if isinstance(rows, str) or not hasattr(rows, "__len__") else list(rows)
