"""`zero_shot`: pictures told apart by nothing but the names of the classes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import log_softmax

from polymodal.errors import SchemaError, SettingError, near_miss
from polymodal.model import Model
from polymodal.predictions import Predictions
from polymodal.pretrained._shared import SharedSpace
from polymodal.prompted.examples import taught
from polymodal.prompted.of_space import by_space
from polymodal.prompted.prompts import prompts_of
from polymodal.schema.table import Table
from polymodal.schema.target import Category
from polymodal.store.embeddings import embed_cached

_KINDS = ("image", "text")


def zero_shot(
    rows: Any,
    classes: Sequence[str] | Mapping[str, str | Sequence[str]],
    *,
    model: str | os.PathLike[str] | Model,
    modality: str | None = None,
    prompt: str | Sequence[str] = "a photo of a {}",
    examples: Table | None = None,
    files: str | os.PathLike[str] | None = None,
    target: str = "class",
) -> Predictions:
    """Probabilities of classes that are only named, where pictures and text share a space (Radford et al. 2021).

    A picture (or a text) is compared with what is said of each class; several sentences of a class are averaged. A row
    without the cell gets equal chances and says so.

    Args:
        rows: a Table, or anything that `Table.read` takes.
        classes: names, put into `prompt`; or by name one sentence or several, taken as they are.
        model: hub name or folder of a `transformers` network with both towers, such as "openai/clip-vit-base-patch32";
            or a `Model` fitted with objective="align" that reads a text column, as which sentences are placed: rows are
            then compared by all else that they have.
        modality: the picture or text column; left out where there is only one picture, or no picture and one text. Of
            a `Model` the text column that sentences are read as; left out where it has one.
        prompt: a sentence with `{}` for the name, or several.
        examples: labelled rows, if there are some: a Gaussian head on their vectors is weighed against the sentences
            on examples held out, and both answer together (Wang et al. 2024).
        files: the folder of path cells.
        target: what the answer is called; with `examples`, their target of that name, or their only one.

    Raises SettingError for what cannot be asked, SchemaError where the cells are not there, and what loading the model
    raises.
    """
    said = prompts_of(classes, prompt)
    if isinstance(model, Model):
        if examples is not None:
            raise SettingError("a Model learnt already; leave examples out")
        return by_space(model, rows, said, files, target, modality)
    table = rows if isinstance(rows, Table) else Table.read(rows, files=None if files is None else os.fspath(files))
    name = _chosen(table, modality)
    space = SharedSpace.load(os.fspath(model))
    middles = np.stack([_unit(space.embed_texts(one).mean(axis=0)) for one in said.values()])
    table = _as_large(table, name, space)
    cells = table.cells(name)
    here = np.flatnonzero(cells.present)
    vectors = _vectors(space, table, name, here)
    logits = space.sharpness * vectors.astype(np.float64) @ middles.T.astype(np.float64)
    if examples is not None:
        shown, labels, target = taught_rows(examples, name, said, target)
        shown = _as_large(shown, name, space)
        known = np.flatnonzero(shown.cells(name).present & labels.known)
        known_vectors = _vectors(space, shown, name, known)
        prompted = space.sharpness * known_vectors.astype(np.float64) @ middles.T.astype(np.float64)
        logits = taught(logits, vectors, prompted, known_vectors, labels.values[known], Category(classes=tuple(said)))
    chances = np.full((len(table), len(said)), 1 / len(said))
    chances[here] = np.exp(log_softmax(logits, axis=1))
    places = {label: place for place, label in enumerate(table.frame.index)}
    return Predictions(
        rows=table.row_names(),
        outputs={target: chances},
        targets={target: Category(classes=tuple(said))},
        modalities=(name,),
        used=cells.present[:, None],
        faults=cells.faults,
        faulty_rows=[places[fault.row] for fault in cells.faults],
    )


def taught_rows(examples: Table, name: str, said: Mapping[str, Any], target: str) -> tuple[Table, Any, str]:
    """Examples, their labels as positions among the classes, and what the target is called."""
    targets = examples.schema.targets
    asked = target if target in targets else next(iter(targets), None)
    if asked is None or (target not in targets and len(targets) > 1) or targets[asked].kind != "category":
        raise SettingError(f"examples need one category target; they have {', '.join(map(str, targets)) or 'none'}")
    if name not in examples.schema.modalities:
        raise SchemaError(f"the examples have no modality {name!r}. {near_miss(name, examples.schema.names)}")
    labels = examples.labels(asked)
    if labels is None or not labels.known.any():
        raise SchemaError(f"the examples have no label of target {asked!r}")
    own = [str(one) for one in getattr(targets[asked], "classes", ())]
    beyond = sorted(set(own) - set(said))
    if beyond:
        raise SettingError(
            f"examples have class {beyond[0]!r}, which is not among the classes. {near_miss(beyond[0], said)}"
        )
    place = np.array([list(said).index(one) for one in own])
    values = np.where(labels.known, place[np.where(labels.known, labels.values, 0)], -1)
    return examples, type(labels)(values, labels.known), asked


def _chosen(table: Table, modality: str | None) -> str:
    able = {kind: [n for n, one in table.schema.modalities.items() if one.kind == kind] for kind in _KINDS}
    if modality is not None:
        if modality not in [*able["image"], *able["text"]]:
            raise SettingError(
                f"modality {modality!r} is no picture or text. {near_miss(modality, [*able['image'], *able['text']])}"
            )
        return modality
    for kind in _KINDS:
        if len(able[kind]) == 1:
            return able[kind][0]
        if able[kind]:
            raise SettingError(f"several columns hold {kind}; say which is meant: modality={able[kind][0]!r}")
    raise SchemaError("the table has no picture and no text column; declare it: Table.read(..., types={NAME: 'image'})")


def _as_large(table: Table, name: str, space: SharedSpace) -> Table:
    """Pictures read as large as the network needs them, where the user did not say how."""
    one = table.schema.modalities[name]
    if one.kind == "image" and "size" not in one.model_fields_set:
        one = one.model_copy(update={"size": 2 * space.shorter_side})
    schema = table.schema.model_copy(update={"modalities": {name: one}})
    return table.with_schema(schema)


def _vectors(space: SharedSpace, table: Table, name: str, rows: np.ndarray) -> np.ndarray:
    samples = [table.cells(name).samples[row] for row in rows.tolist()]
    is_picture = table.schema.modalities[name].kind == "image"
    return embed_cached(space, samples) if is_picture else space.embed_texts(samples)


def _unit(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))
