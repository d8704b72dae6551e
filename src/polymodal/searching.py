"""The verbs of a model that learnt a shared space: vectors, how well modalities find each other, an index to search."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, overload

from polymodal.asked import as_table
from polymodal.errors import ArtifactError, FitError
from polymodal.fitted import Fitted
from polymodal.network import Network
from polymodal.store.disk.dataset import is_store
from polymodal.store.disk.store import Store
from polymodal.training.rows import same_rows
from polymodal.training.settings import ALIGN

if TYPE_CHECKING:
    from polymodal.contrastive._space import Space
    from polymodal.crossmodal.index import Index
    from polymodal.crossmodal.retrieval import Retrieval
    from polymodal.crossmodal.stored import StoredIndex
    from polymodal.crossmodal.vectors import Vectors
    from polymodal.model import Model


class Searching(Fitted):
    """What `Model` can do once it was fitted with `objective="align"`."""

    same: str | None

    @property
    def space(self) -> Space:
        """What objective="align" learnt. Raises FitError for a model that learnt none."""
        found = self._aligned().space
        assert found is not None
        return found

    def vectors(self, table: Any, *, files: str | os.PathLike[str] | None = None) -> Vectors:
        """The cells of a table as vectors of length one that can be compared across modalities.

        Raises FitError for a model that was not fitted with objective="align".
        """
        from polymodal.crossmodal.vectors import Vectors

        network = self._aligned()
        rows, _ = as_table(table, self.schema, files)
        memory = self.preprocessor.prepare(rows, with_labels=False)
        if self.same is not None and self.same in rows.frame.columns:
            memory = replace(memory, same=same_rows(rows, self.same))
        return Vectors.of(network, memory, rows.row_names(), self._device)

    def retrieval(self, table: Any, *, files: str | os.PathLike[str] | None = None) -> Retrieval:
        """How well each modality of a table finds each other: recall, median rank, and how the space is filled.

        Right are the cell of the same row, those of equal content, and those of rows that show the `same`.
        Raises FitError for a model that was not fitted with objective="align", and when nothing can be looked for.
        """
        from polymodal.crossmodal.retrieval import retrieval

        return retrieval(self.vectors(table, files=files))

    @overload
    def index(
        self,
        table: Store,
        *,
        files: None = None,
        path: str | os.PathLike[str] | None = None,
        backend: str | None = None,
    ) -> StoredIndex: ...
    @overload
    def index(
        self,
        table: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        path: str | os.PathLike[str],
        backend: str | None = None,
    ) -> StoredIndex: ...
    @overload
    def index(
        self,
        table: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        path: None = None,
        backend: str | None = None,
    ) -> Index: ...
    def index(
        self,
        table: Any,
        *,
        files: str | os.PathLike[str] | None = None,
        path: str | os.PathLike[str] | None = None,
        backend: str | None = None,
    ) -> Index | StoredIndex:
        """The rows of a table, to be searched by any part of a row.

        Args:
            table: a Table or anything `Table.read` takes, which is searched in memory; or a Store, whose index lies on
                disk in its folder: the same call opens it again, and adds rows that have come since.
            files: the folder of path cells.
            path: a folder that the index is kept in on disk, for `open_index`.
            backend: "faiss" to hold the vectors in memory and search them there by FAISS where rows are 50,000 or more;
                nothing of FAISS is written.

        Raises FitError for a model that was not fitted with objective="align", ArtifactError when nothing can be
        written, MissingExtraError for "faiss" without the extra of that name.
        """
        from polymodal.crossmodal.faiss_search import checked_backend
        from polymodal.crossmodal.index import Index
        from polymodal.crossmodal.of_store import index_of_store
        from polymodal.crossmodal.shelf import is_index

        space, backend = self.space, checked_backend(backend)
        if is_index(table):
            raise ArtifactError(f"{table} is an index already; open it with model.open_index({os.fspath(table)!r})")
        if isinstance(table, (str, os.PathLike)) and is_store(table):
            table = Store.open(table)
        if isinstance(table, Store):
            return index_of_store(cast("Model", self), table, space.contrast, path, backend)
        rows, _ = as_table(table, self.schema, files)
        found = Index(cast("Model", self), rows, self.vectors(rows), space.contrast, backend)
        return found if path is None else found.save(path)

    def open_index(self, path: str | os.PathLike[str], *, backend: str | None = None) -> StoredIndex:
        """An index that `index(..., path=path)` or `Index.save` wrote; `backend` as for `index`.

        Raises ArtifactError when there is none, it is damaged, or another model built it, MissingExtraError for "faiss"
        without the extra of that name.
        """
        from polymodal.crossmodal.faiss_search import checked_backend
        from polymodal.crossmodal.key import key_of_space
        from polymodal.crossmodal.stored import StoredIndex

        contrast, backend = self.space.contrast, checked_backend(backend)
        return StoredIndex.open(cast("Model", self), key_of_space(cast("Model", self)), path, contrast, backend)

    def _aligned(self) -> Network:
        """The network with a space."""
        of_each_fusion = self.portfolio.networks.values()  # which says so if it is not fitted at all
        found = next((one for some in of_each_fusion for one in some if one.space is not None), None)
        if found is None:
            raise FitError(f"the model learnt no shared space; fit it with Model(objective={ALIGN!r})")
        return found
