"""The group of an emoji from its picture and its name: does fusion add to the better of the two?"""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import train_test_split

import polymodal as pm
from benchmarks.accuracy.baselines import average, best_single, lines
from benchmarks.record import Outcome, publish
from polymodal.registry import DEMOS

SEEDS = range(5)
SEEN = "The text encoder was settled on validation rows of split 0, with its test accuracy printed beside them."


def main() -> None:
    table = DEMOS.get("emoji")().load()
    codes = table.labels("group").values
    runs = []
    for seed in SEEDS:
        train, test = train_test_split(np.arange(len(codes)), test_size=0.2, stratify=codes, random_state=seed)
        model = pm.Model(seed=seed).fit(table.take(train))
        runs.append(lines(table, model, train, test, "accuracy"))
        print(seed, runs[-1], flush=True)
    gain = float(np.mean([run["everything"] for run in runs])) - best_single(runs)
    publish(
        Outcome(
            name="accuracy/emoji_group",
            question="Accuracy of the group of an emoji, picture and name, no skin tones, no pretrained weights.",
            mark="everything >= best modality alone + .05",
            is_reached=gain >= 0.05,
            table=average(runs),
            seeds="0 to 4, each its own 80/20 split",
            notes=[f"Gain over the best modality alone: {gain:+.3f}.", SEEN],
        )
    )


if __name__ == "__main__":
    main()
