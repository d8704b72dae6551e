"""The options that several commands share, each declared once; they mirror the arguments of the Python face."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Data = Annotated[str, typer.Argument(metavar="DATA", help="A CSV or Parquet file, a folder with one, or a store.")]
StorePath = Annotated[
    str, typer.Argument(metavar="STORE", help="A store, such as patients.lance or s3://bucket/patients.lance.")
]
ModelFile = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file written by `polymodal fit`.")]
Files = Annotated[
    str | None,
    typer.Option("--files", metavar="FOLDER", help="Where path cells point to; by default the folder of DATA."),
]
_TARGET = typer.Option(
    "--target",
    metavar="SPEC",
    help="What to learn, unless a store says so; repeat for several. A column, or KIND:COLUMN with KIND category, "
    "ordinal, number or multilabel, or multilabel:NAME:COLUMN,COLUMN, or survival:TIME:EVENT. Settings follow: "
    "ordinal:grade:levels=low,high, category:ill:class_weight=balanced:decide=f1.",
)
Targets = Annotated[list[str] | None, _TARGET]
Id = Annotated[str | None, typer.Option("--id", metavar="COLUMN", help="Names each row.")]
Group = Annotated[
    str | None,
    typer.Option("--group", metavar="COLUMN", help="Rows of one group never part in a split (patient, site, ...)."),
]
Time = Annotated[str | None, typer.Option("--time", metavar="COLUMN", help="When a row was taken.")]
Weight = Annotated[str | None, typer.Option("--weight", metavar="COLUMN", help="How much a row counts.")]
Types = Annotated[
    list[str] | None,
    typer.Option(
        "--type",
        metavar="NAME=KIND",
        help="What a column holds, where the guess is wrong: ecg=series. With settings: ecg=series,rate=500. "
        "A wide panel by prefix: rna=vector,prefix=rna:, or by its columns: vitals=tabular,columns=age+pulse. "
        "Several in each cell: photos=image,many=true. Repeat for several.",
    ),
]
Ignore = Annotated[
    list[str] | None, typer.Option("--ignore", metavar="COLUMN", help="Leave it out; repeat for several.")
]
Fusion = Annotated[str, typer.Option("--fusion", metavar="NAME", help="How the modalities are joined.")]
Fusions = Annotated[
    list[str] | None,
    typer.Option(
        "--fusion", metavar="NAME", help="How the modalities are joined; repeat for several, all when left out."
    ),
]
Encoders = Annotated[
    list[str] | None,
    typer.Option(
        "--encoder",
        metavar="NAME=ENCODER",
        help="Another encoder for a modality: one of ours, or the hub name or folder of a pretrained one; with "
        "its last layers adapted: NAME=lora:ENCODER,rank=8,layers=3.",
    ),
]
Answers = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write all answers: .csv, .parquet or .json.")
]
Budget = Annotated[
    str | None, typer.Option("--budget", metavar="TIME", help="Stop training after this long: 90s, 10min, 2h.")
]
By = Annotated[Literal["random", "time"], typer.Option("--by", help="Test on random rows, or on the latest by --time.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same model.")]
MaxUnreadable = Annotated[
    float,
    typer.Option("--max-unreadable", min=0.0, max=1.0, help="Share of unreadable cells of a column that is an error."),
]
Metric = Annotated[
    str | None, typer.Option("--metric", metavar="NAME", help="Score by this; by default what suits the target.")
]
Resamples = Annotated[
    int, typer.Option("--resamples", min=0, help="Of the bootstrap, for intervals; 0 for none, and the least time.")
]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Draw it into a picture: .png, .svg or .pdf.")
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on stdout; all else goes to stderr.")]
