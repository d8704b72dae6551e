"""Names of emoji found by their pictures and the reverse, from frozen encoders that never met each other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from sklearn.cross_decomposition import CCA
from sklearn.decomposition import PCA
from sklearn.model_selection import train_test_split

import polymodal as pm
from benchmarks.quick import few, model, seeds
from benchmarks.record import Outcome, publish
from benchmarks.weights import lite0, minilm
from polymodal.demos.emoji import draw_all
from polymodal.metrics.retrieval import ranks, recall_at

TIMES = 3.0
BOTH = (("picture", "name"), ("name", "picture"))
FIRST = (1, 5, 10)
PARTS = (8, 16, 32, 64, 128)  # main directions, and canonical ones, that CCA may take; settled on training rows
RIDGES = (0.1, 1.0, 10.0)  # shares of the mean variance, for either side; settled on training rows
OURS, THEIRS, BENT = "polymodal, sigmoid", "CCA on the same features", "ridge CCA on the same features"
FEWER, FEW_SEEDS = (375, 750), 1  # pairs to learn from, for the learning curve


def table() -> tuple[pm.Table, np.ndarray]:
    """Picture and name of each emoji, no skin tones; and its group, which nothing learns from."""
    frame = draw_all()
    types = {"picture": pm.Image(size=224), "name": pm.Text()}
    return pm.Table.read(frame[["picture", "name"]], types=types), frame["group"].to_numpy()


def main() -> None:
    emoji, groups = table()
    lines: dict[tuple[str, str], dict[int, list[float]]] = {}
    curve: dict[int, list[list[float]]] = {}
    told: list[list[float]] = []
    by_group: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        encoders = {"picture": lite0(Path(folder) / "lite0"), "name": minilm()}
        for seed in seeds(5):
            train, test = train_test_split(np.arange(len(emoji)), test_size=0.2, random_state=seed)
            train, test = few(train, 400), few(test)
            found = {}
            for contrast in ("sigmoid", "infonce"):
                fitted = model(seed, encoders=encoders, objective="align", contrast=contrast).fit(emoji.take(train))
                found[f"polymodal, {contrast}"] = fitted.vectors(emoji.take(test)).values
            features = _features(fitted, emoji)
            found[THEIRS] = _canonical(features, train, test)
            found[BENT] = _bent(features, train, test)
            for size in FEWER if seed < FEW_SEEDS else ():
                some = train[np.sort(np.random.default_rng(seed).permutation(len(train))[:size])]
                vectors = (
                    model(seed, encoders=encoders, objective="align").fit(emoji.take(some)).vectors(emoji.take(test))
                )
                of_both = [_recall(one) for one in (vectors.values, _bent(features, some, test))]
                curve.setdefault(len(some), []).append(of_both)
            curve.setdefault(len(train), []).append([_recall(found[OURS]), _recall(found[BENT])])
            for method, values in found.items():
                for query, asked in BOTH:
                    places = ranks(values[query], values[asked])
                    kept = lines.setdefault((method, f"{query} -> {asked}"), {k: [] for k in FIRST})
                    for k in FIRST:
                        kept[k].append(recall_at(places, k))
                    for group in np.unique(groups[test]) if method == OURS else ():
                        by_group.setdefault(group, []).append(recall_at(places[groups[test] == group], 1))
            told.append(_told(features, train, test))
            print(seed, {" ".join(key): round(kept[1][-1], 3) for key, kept in lines.items()}, flush=True)
    ratio = _first(lines, OURS) / _first(lines, THEIRS)
    publish(
        Outcome(
            name="alignment/emoji",
            question=f"Emoji held out ({len(test)} of {len(emoji):,}): is the name found by the picture, and the "
            "picture by the name? EfficientNet-Lite0 and MiniLM, both frozen, with small projectors.",
            mark=f">= {TIMES:g} x canonical correlation analysis on the same features at recall@1",
            is_reached=ratio >= TIMES,
            table=[
                {"method": method, "found": way, **{f"recall@{k}": f"{np.mean(kept[k]):.3f}" for k in FIRST}}
                for (method, way), kept in lines.items()
            ],
            seeds=f"0 to {len(next(iter(lines.values()))[1]) - 1}, each its own split",
            notes=[
                f"Mean recall@1 both ways: {_first(lines, OURS):.3f} against {_first(lines, THEIRS):.3f}, {ratio:.1f} "
                f"x. By chance it is {1 / len(test):.4f}. With a ridge canonical correlation analysis has "
                f"{_first(lines, BENT):.3f}, {_first(lines, OURS) / _first(lines, BENT):.2f} x.",
                "How many directions canonical correlation analysis may take, and how large the ridge of either side "
                "is, is settled on a fifth of the training rows, by recall@1 both ways.",
                "Mean recall@1 both ways by how many pairs are learnt from, polymodal and ridge CCA: "
                + "; ".join(
                    f"{n:,}: {' and '.join(f'{one:.3f}' for one in np.mean(of, 0))}" for n, of in sorted(curve.items())
                )
                + ".",
                "What the training emoji nearest to each tells by itself: its name, where pictures are nearest, finds "
                "the name with {:.3f}; its picture, where names are nearest, the picture with {:.3f}. Its name, where "
                "names are nearest, which takes the answer to know, finds the name with {:.3f}.".format(
                    *np.mean(told, axis=0)
                ),
                "Mean recall@1 both ways by group: "
                + ", ".join(f"{group} {np.mean(of):.2f}" for group, of in sorted(by_group.items()))
                + ".",
            ],
        )
    )


def _first(lines: dict[tuple[str, str], dict[int, list[float]]], method: str) -> float:
    return float(np.mean([np.mean(kept[1]) for (name, _), kept in lines.items() if name == method]))


def _features(fitted: pm.Model, emoji: pm.Table) -> dict[str, np.ndarray]:
    """What the frozen encoders say of every row, before any projector."""
    prepared = fitted.preprocessor.prepare(emoji, with_labels=False)
    return {name: np.stack([one for one in arrays if one is not None]) for name, arrays in prepared.arrays.items()}


def _told(features: dict[str, np.ndarray], train: np.ndarray, test: np.ndarray) -> list[float]:
    """Recall@1 of test rows by the training row nearest to each: picture, name, name; name, picture, name."""
    unit = {}
    for name, one in features.items():
        moved = one - one[train].mean(axis=0)
        unit[name] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    near = {name: train[(one[test] @ one[train].T).argmax(axis=1)] for name, one in unit.items()}
    asked = (("picture", "name"), ("name", "picture"), ("name", "name"))
    return [recall_at(ranks(unit[found][near[by]], unit[found][test]), 1) for by, found in asked]


def _canonical(features: dict[str, np.ndarray], train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """Unit vectors of the test rows in the canonical space of Hotelling (1936), after PCA of either side."""
    rest, held = train_test_split(train, test_size=0.2, random_state=0)
    tried = {n: _recall(_projected(features, rest, held, n)) for n in PARTS if n < len(rest)}
    return _projected(features, train, test, max(tried, key=lambda n: tried[n]))


def _projected(features: dict[str, np.ndarray], train: np.ndarray, test: np.ndarray, n: int) -> dict[str, np.ndarray]:
    reduced = {name: PCA(n, random_state=0).fit(one[train]) for name, one in features.items()}
    x, y = (reduced[name].transform(features[name][train]) for name in ("picture", "name"))
    both = CCA(n, max_iter=2_000).fit(x, y)
    said = both.transform(*(reduced[name].transform(features[name][test]) for name in ("picture", "name")))
    return {
        name: one / np.linalg.norm(one, axis=1, keepdims=True)
        for name, one in zip(("picture", "name"), said, strict=True)
    }


def _bent(features: dict[str, np.ndarray], train: np.ndarray, test: np.ndarray) -> dict[str, np.ndarray]:
    """The same with a ridge on either side (Vinod 1976), each direction as long as the correlation along it."""
    rest, held = train_test_split(train, test_size=0.2, random_state=0)
    tried = {both: _recall(one) for both, one in _under_ridges(features, rest, held, list(product(RIDGES, RIDGES)))}
    [(_, said)] = _under_ridges(features, train, test, [max(tried, key=lambda both: tried[both])])
    return said


def _under_ridges(
    features: dict[str, np.ndarray], train: np.ndarray, test: np.ndarray, ridges: list[tuple[float, float]]
) -> Iterator[tuple[tuple[float, float], dict[str, np.ndarray]]]:
    names = ("picture", "name")
    means = {name: features[name][train].mean(axis=0) for name in names}
    parts = {name: np.linalg.svd(features[name][train] - means[name], full_matrices=False) for name in names}
    for both in ridges:
        scales = {}
        for name, ridge in zip(names, both, strict=True):
            lengths = parts[name][1]
            scales[name] = 1 / np.sqrt(lengths**2 + ridge * (lengths**2).sum() / features[name].shape[1])
        (u, s, _), (v, t, _) = (parts[name] for name in names)
        left, told, right = np.linalg.svd(
            (s * scales["picture"])[:, None] * (u.T @ v) * (t * scales["name"]), full_matrices=False
        )
        said = {}
        for name, turn in zip(names, (left, right.T), strict=True):
            along = (features[name][test] - means[name]) @ parts[name][2].T * scales[name]
            one = along @ turn * told
            said[name] = one / np.linalg.norm(one, axis=1, keepdims=True)
        yield both, said


def _recall(values: dict[str, np.ndarray]) -> float:
    return float(np.mean([recall_at(ranks(values[query], values[asked]), 1) for query, asked in BOTH]))


if __name__ == "__main__":
    main()
