"""Run the benchmarks of a room, one process each: `python -m benchmarks accuracy [NAME ...] [--write] [--quick]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.data import ABSENT

HERE = Path(__file__).parent
ROOMS = ("accuracy", "alignment", "cost", "loading")
SAID = {0: "ran", ABSENT: "not run, its data are not there"}


def scripts(room: str) -> list[str]:
    """The benchmarks of a room: the files that publish an outcome."""
    files = sorted((HERE / room).glob("*.py"))
    return [file.stem for file in files if "publish(" in file.read_text(encoding="utf-8")]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("room", choices=ROOMS)
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of the room; all of it unless given")
    parser.add_argument("--write", action="store_true", help="keep each outcome in docs/benchmarks.md")
    parser.add_argument("--quick", action="store_true", help="a dry run on a few rows; its figures mean nothing")
    asked = parser.parse_args()
    known = scripts(asked.room)
    strange = sorted(set(asked.names) - set(known))
    if strange:
        parser.error(f"{asked.room} has no {', '.join(strange)}; it has {', '.join(known)}")
    options = [f"--{option}" for option in ("write", "quick") if getattr(asked, option)]
    ends = {}
    for name in asked.names or known:
        if asked.quick and "benchmarks.quick" not in (HERE / asked.room / f"{name}.py").read_text(encoding="utf-8"):
            continue  # it is short as it is and has no dry run
        print(f"\n=== {asked.room}/{name}", flush=True)
        start = time.perf_counter()
        command = [sys.executable, "-m", f"benchmarks.{asked.room}.{name}", *options]
        code = subprocess.run(command, check=False).returncode
        ends[name] = code
        print(f"=== {asked.room}/{name}: {SAID.get(code, f'failed ({code})')}, {time.perf_counter() - start:.0f} s")
    print("\n" + "\n".join(f"{name}: {SAID.get(code, f'failed ({code})')}" for name, code in ends.items()))
    return 1 if any(code not in SAID for code in ends.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
