"""`polymodal pack`: a table and its files as one store on disk."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer
from polymodal.cli._table import parse_targets, parse_types
from polymodal.errors import SettingError


def pack(
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="A CSV or Parquet file, a folder with one or with folders of files, one a class, a .tar (or .tar.gz) "
            "archive, a folder of those, 'shards/{000..041}.tar', .h5ad, .h5mu, or what datasets saved to disk.",
        ),
    ],
    store: options.StorePath,
    target: options.Targets = None,
    files: options.Files = None,
    id: options.Id = None,
    group: options.Group = None,
    time: options.Time = None,
    weight: options.Weight = None,
    type: options.Types = None,
    ignore: options.Ignore = None,
    duplicates: Annotated[
        Literal["keep", "drop", "link"],
        typer.Option("--duplicates", help="Rows of the same content: keep them, drop all but the first, or link them."),
    ] = "keep",
    near: Annotated[
        int, typer.Option("--near", min=0, max=7, help="Bits of 64 by which hashes of the same picture may differ.")
    ] = 0,
    longest_side: Annotated[
        int | None, typer.Option("--longest-side", min=8, help="Make pictures no longer than this many pixels.")
    ] = None,
    quality: Annotated[
        int | None, typer.Option("--quality", min=1, max=100, help="Write pictures as JPEG of this quality.")
    ] = None,
    pyramid: Annotated[
        bool,
        typer.Option("--pyramid", help="Keep large pictures with halves of halves of them, read by the size asked."),
    ] = False,
    shuffle: Annotated[
        bool, typer.Option("--shuffle/--in-order", help="Put the rows in a random order, once, or leave it.")
    ] = True,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same order.")] = 0,
    append: Annotated[
        bool, typer.Option("--append", help="Add the rows to a store that is there, read as that was; all or none.")
    ] = False,
    max_unreadable: options.MaxUnreadable = 0.1,
    json: options.Json = False,
) -> None:
    """Make a store: one folder that holds a table and the content of its files, each cell checked once.

    Cut off, even by a kill, the same command goes on. Exits with 1 when more than --max-unreadable of a column's cells
    cannot be read; the store is made all the same, and lists them.

    \b
    Example:
      polymodal pack patients.csv patients.lance --target outcome --files data/ --id patient --group hospital
      polymodal pack shards/ pictures.lance --target cls --longest-side 512 --quality 90 --duplicates drop --near 3
      polymodal pack cells.h5ad cells.lance --target kind --group donor --type X=expression
      polymodal pack december.csv patients.lance --files december/ --append
    """
    if append:
        given = {
            "--target": target, "--id": id, "--group": group, "--time": time, "--weight": weight, "--type": type,
            "--ignore": ignore, "--duplicates": duplicates != "keep", "--near": near, "--longest-side": longest_side,
            "--quality": quality, "--pyramid": pyramid, "--in-order": not shuffle, "--seed": seed,
        }  # fmt: skip
        settled = [name for name, one in given.items() if one]
        if settled:
            raise SettingError(f"--append reads rows as the store was read; leave {', '.join(settled)} out")
        made = pm.Store.open(store).append(data, files=files, progress=True)
    else:
        pictures = None
        if longest_side is not None or quality is not None or pyramid:
            pictures = {"longest_side": longest_side, "pyramid": pyramid}
            pictures |= {} if quality is None else {"quality": quality}
        made = pm.Store.create(
            store,
            data,
            files=files,
            target=parse_targets(target or ()) or None,
            id=id,
            group=group,
            time=time,
            weight=weight,
            types=parse_types(type or ()) or None,
            ignore=ignore or (),
            shuffle=shuffle,
            seed=seed,
            duplicates=duplicates,
            near=near,
            pictures=pictures,
            progress=True,
        )
    report = made.report()
    answer(report, report.to_dict(), json)
    if report.worst_unreadable > max_unreadable:
        raise typer.Exit(1)
