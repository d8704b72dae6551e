"""SKAB: is a water loop disturbed, second by second, learnt from the first 400 seconds of each experiment only?"""

from __future__ import annotations

import numpy as np
import pandas as pd

import polymodal as pm
from benchmarks.accuracy.baselines import FUSED, answers, average, published, verdict
from benchmarks.accuracy.fits import Fits
from benchmarks.data import folder
from benchmarks.quick import few, seeds
from benchmarks.record import Outcome, publish

MARK = 0.78
LEARNT, WINDOW, EVERY = 400, 30, 2  # seconds of a file to learn from; seconds a row looks back; one row in so many
GROUPS = {
    "vibration": ("Accelerometer1RMS", "Accelerometer2RMS"),
    "electric": ("Current", "Voltage"),
    "hydraulic": ("Pressure", "Volume Flow RateRMS"),
    "thermal": ("Temperature", "Thermocouple"),
}
SENSORS = [sensor for pair in GROUPS.values() for sensor in pair]
# F1 on the seconds after the first 400: the proposed leaderboard of the data set's own page.
PEERS = {
    "Conv-AE": 0.78,
    "MSET": 0.78,
    "T-squared + Q": 0.76,
    "LSTM-AE": 0.74,
    "T-squared": 0.66,
    "Isolation forest": 0.29,
}
WARMING = 3.0  # standard deviations by which temperatures may wander in a loop that is well


def experiments() -> list[tuple[np.ndarray, np.ndarray]]:
    """34 experiments: readings `[T, 8]` in units of the spread of their first 400 seconds, and which are anomalous."""
    found = []
    for file in sorted(folder("skab").glob("data/*/*.csv")):
        readings = pd.read_csv(file, sep=";")
        if "anomaly" in readings.columns:
            values = readings[SENSORS].to_numpy(dtype=float)
            middle, spread = values[:LEARNT].mean(axis=0), values[:LEARNT].std(axis=0)
            found.append(((values - middle) / spread, readings["anomaly"].to_numpy() > 0))
    return found


def table(files: list[tuple[np.ndarray, np.ndarray]], seed: int = 0) -> tuple[pm.Table, np.ndarray]:
    """Rows to learn from, then the seconds to test `[N]`, and whether a row is one of these.

    No label of the data set is learnt from. Of the first 400 seconds, each window is there twice: as it is, and
    disturbed by a step, a swing or a standstill of some sensors. To tell the two apart is what the model learns.
    """
    random = np.random.default_rng(seed)
    rows, disturbed, experiment, is_test = [], [], [], []
    for number, (values, _) in enumerate(files):
        for end in range(WINDOW, LEARNT, EVERY):
            window = values[end - WINDOW : end]
            for is_disturbed in (False, True):
                rows.append(_warmed(_disturbed(window, random) if is_disturbed else window, random))
                disturbed.append(is_disturbed)
                experiment.append(number)
                is_test.append(False)
    for number, (values, anomalous) in enumerate(files):
        for second in range(LEARNT, len(values)):
            rows.append(values[second + 1 - WINDOW : second + 1])
            disturbed.append(bool(anomalous[second]))
            experiment.append(number)
            is_test.append(True)
    places = {name: [SENSORS.index(sensor) for sensor in pair] for name, pair in GROUPS.items()}
    frame = pd.DataFrame({name: [row[:, place] for row in rows] for name, place in places.items()})
    frame["disturbed"], frame["experiment"] = disturbed, experiment
    series = dict.fromkeys(GROUPS, pm.Series(rate=1))
    read = pm.Table.read(frame, target={"disturbed": pm.Category()}, group="experiment", types=series)
    return read, np.array(is_test)


def _disturbed(window: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The window with one to three sensors off from some second on, by two to six standard deviations."""
    changed, start = window.copy(), int(random.integers(0, WINDOW - 5))
    for sensor in random.choice(len(SENSORS), int(random.integers(1, 4)), replace=False):
        size, kind = random.uniform(2, 6) * random.choice((-1, 1)), random.integers(3)
        part = changed[start:, sensor]
        if kind == 0:
            part += size
        elif kind == 1:
            part *= abs(size)
        else:
            part[:] = part[0]
    return changed


def _warmed(window: np.ndarray, random: np.random.Generator) -> np.ndarray:
    # Motor and water warm up over an experiment; how warm they are is no sign of a fault.
    offset = np.isin(SENSORS, GROUPS["thermal"]) * random.normal(0, WARMING, len(SENSORS))
    return window + offset


def f1(alarm: np.ndarray, anomalous: np.ndarray) -> float:
    """F1 over all seconds of all files together."""
    return float(2 * (alarm & anomalous).sum() / (alarm.sum() + anomalous.sum()))


def main() -> None:
    files = experiments()
    windows, is_test = table(files)
    train, test = few(np.flatnonzero(~is_test), 600), few(np.flatnonzero(is_test), 600)
    anomalous = windows.labels("disturbed").values[test] > 0
    of_seconds = _t_squared(files)[test - np.flatnonzero(is_test)[0]]
    plain = {"T-squared": f1(of_seconds, anomalous), "an alarm every second": f1(np.ones_like(anomalous), anomalous)}
    fits, runs = Fits(), []
    for seed in seeds(3):
        fitted = fits(windows.take(train), seed)
        found = answers(windows, fitted, train, test, trees=seed == 0, peers=seed == 0)
        runs.append({method: f1(one[:, 1] > 0.5, anomalous) for method, one in found.items() if method != "majority"})
        runs[-1] = {**runs[0], **runs[-1], **plain}
        print(seed, runs[-1], flush=True)
    mean = float(np.mean([run[FUSED] for run in runs]))
    publish(
        Outcome(
            name="accuracy/skab",
            question=f"F1 of anomalous seconds in 34 experiments with a water loop, all {len(test):,} seconds after "
            f"the first {LEARNT} of each file; eight sensors in four groups.",
            mark=f">= {MARK}",
            is_reached=mean >= MARK,
            table=[*average(runs), *published(PEERS, "mean")],
            seeds=f"model 0 to {len(runs) - 1}; disturbances 0",
            verdict=verdict(runs),
            notes=[
                fits.said(),
                "No label is learnt from: the model tells windows of the first 400 seconds from the same windows "
                "disturbed on purpose, and an alarm is a probability above one half. One model serves all files, each "
                "in units of its own first 400 seconds; the published methods train one a file.",
                "More than half of the tested seconds are anomalous, so an alarm every second has a high F1 and "
                "figures near it mean little. 296 of the 13,600 seconds to learn from are anomalous too.",
                "Published figures: the proposed leaderboard of github.com/waico/SKAB, on the test part.",
            ],
        )
    )


def _t_squared(files: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Alarms of Hotelling's statistic, one limit a file: the 99.9 % point over its first 400 seconds."""
    alarms = []
    for values, _ in files:
        inverse = np.linalg.pinv(np.cov(values[:LEARNT].T))
        statistic = np.einsum("ts,su,tu->t", values, inverse, values)
        alarms.append(statistic[LEARNT:] > np.quantile(statistic[:LEARNT], 0.999))
    return np.concatenate(alarms)


if __name__ == "__main__":
    main()
