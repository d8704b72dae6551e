"""Do neighbouring sections lie on each other by the genes of their spots alone, without any picture?"""

from __future__ import annotations

import itertools

import numpy as np

import polymodal as pm
from benchmarks.alignment.sections import RESOLUTION, SECTIONS, copied, found, picture, spots
from benchmarks.quick import QUICK
from benchmarks.record import Outcome, publish

space = pm.align.space
PITCH = 200  # micrometres between spots
MARK_APART, MARK_GENES = PITCH / 2, 0.245


def section(name: str, frame: space.Frame) -> space.Spots:
    places, counts = spots(name)
    return space.Spots(counts.to_numpy(), list(counts.columns), places, frame, list(counts.index))


def pair(source: str, target: str) -> dict[str, object]:
    """One section onto the next: by expression, by its picture, and as it lies."""
    seen = found(picture(source), picture(target), RESOLUTION, both_ways=False)
    one, other = section(source, seen.transform.source), section(target, seen.transform.target)
    way = space.expression(one, other, check=seen)
    verdict = way.verdict
    straight = np.linalg.norm(one.positions - seen.transform.points(one.positions), axis=1)
    return {
        "": f"{source} to {target}",
        "verdict": verdict.level,
        "genes": copied(way.transform, source, target),
        "genes, by pictures": copied(seen.transform, source, target),
        "genes, as they lie": copied(None, source, target),
        "from the pictures, um": verdict.agreement.mean * RESOLUTION,
        "as they lie, um": float(straight.mean()) * RESOLUTION,
        "there and back, um": verdict.inverse_consistency.mean * RESOLUTION,
        "another placement": verdict.second_best,
        "partners": way.match.partners,
        "s": way.seconds,
        "s, by pictures": seen.seconds,
    }


def main() -> None:
    lines = [pair(*names) for names in list(itertools.pairwise(SECTIONS))[: 1 if QUICK else None]]
    mean: dict[str, object] = {"": "mean", "verdict": ""}
    for key in list(lines[0])[2:]:
        mean[key] = float(np.mean([float(str(line[key])) for line in lines]))
    apart, genes = float(str(mean["from the pictures, um"])), float(str(mean["genes"]))
    publish(
        Outcome(
            name="alignment/expression",
            question="Neighbouring sections of a breast tumour, with 176 to 185 spots each whose genes were counted, "
            f"{PITCH} um apart: is one laid upon the next by expression alone as by the pictures, and how well can "
            "genes then be copied?",
            mark=f"on average within {MARK_APART:g} um of where the pictures put it (half of the distance between "
            f"spots); correlation of genes >= {MARK_GENES}, as is asked of the pictures",
            is_reached=apart <= MARK_APART and genes >= MARK_GENES,
            table=[*lines, mean],
            seeds="0",
            notes=[
                "Genes: as in alignment/sections, the mean of the 12 nearest spots of the section before, correlated "
                "over spots, on average over 250 genes. The pictures' map is the affine one, that of expression keeps "
                "lengths; part of what lies between the two is shrinkage that only the former can follow.",
                "Settings are those of PASTE (Zeira et al. 2022): a tenth of geometry, 2,000 genes. As the search "
                "looks for genes that agree, their correlation is no test of it; the pictures are. Seconds were taken "
                "while the machine was busy with other work.",
            ],
        )
    )


if __name__ == "__main__":
    main()
