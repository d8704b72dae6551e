"""How long does `import polymodal` take?"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np

from benchmarks.record import Outcome, publish

REPEATS, MARK = 10, 0.3


def seconds(statement: str) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a fresh interpreter that runs a statement."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    return wall, (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> None:
    statements = {"bare interpreter": "pass", "import polymodal": "import polymodal"}
    for statement in statements.values():
        seconds(statement)
    times = {name: np.median([seconds(one) for _ in range(REPEATS)], axis=0) for name, one in statements.items()}
    taken = times["import polymodal"] - times["bare interpreter"]
    table = [
        {"": name, "wall, s": float(wall), "CPU, s": float(cpu)}
        for name, (wall, cpu) in {**times, "difference": taken}.items()
    ]
    publish(
        Outcome(
            name="cost/import_time",
            question="`import polymodal` in a fresh interpreter.",
            mark=f"<= {MARK} s more than the bare interpreter",
            is_reached=bool(taken[0] <= MARK),
            table=table,
            seeds="none",
            notes=[f"Median of {REPEATS}."],
        )
    )


if __name__ == "__main__":
    main()
