"""The group of an emoji from its picture and its name: does fusion add to the better of the two?"""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

from benchmarks.accuracy.baselines import FUSED, average, lines, verdict
from benchmarks.accuracy.fits import Fits
from benchmarks.quick import few, seeds
from benchmarks.record import Outcome, publish
from polymodal.registry import DEMOS

MARK = 0.76
SEEN = (
    "The text encoder was settled on validation rows of split 0, with its test accuracy printed beside them; the "
    "weights of edges and colours among the features of pictures by cross-validation on four fifths drawn otherwise, "
    "which hold many of these test rows."
)


def main() -> None:
    table = DEMOS.get("emoji")().load()
    codes = table.labels("group").values
    fits, runs = Fits(), []
    for seed in seeds(5):
        train, test = train_test_split(np.arange(len(codes)), test_size=0.2, stratify=codes, random_state=seed)
        train, test = few(train, 400), few(test)
        fitted = fits(table.take(train), seed)
        runs.append(lines(table, fitted, train, test, "accuracy", peers=True))
        print(seed, runs[-1], flush=True)
    mean = float(np.mean([run[FUSED] for run in runs]))
    publish(
        Outcome(
            name="accuracy/emoji_group",
            question="Accuracy of the group of an emoji, picture and name, no skin tones, no pretrained weights.",
            mark=f">= {MARK}",
            is_reached=mean >= MARK,
            table=average(runs),
            seeds=f"0 to {len(runs) - 1}, each its own 80/20 split",
            verdict=verdict(runs),
            notes=[fits.said(), SEEN],
        )
    )


if __name__ == "__main__":
    main()
