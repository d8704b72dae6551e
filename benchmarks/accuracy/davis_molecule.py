"""Davis again with the drugs read as molecules: atoms and bonds instead of letters."""

from __future__ import annotations

from benchmarks.accuracy.davis import measure, table

MARK = 0.250


def main() -> None:
    measure(
        "accuracy/davis_molecule",
        table("molecule"),
        MARK,
        "drugs as graphs of atoms and bonds, kinases as sequences, encoders trained from scratch",
    )


if __name__ == "__main__":
    main()
