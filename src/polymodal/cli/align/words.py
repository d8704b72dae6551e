"""`polymodal align words`: words or lines placed in a recording of them, and subtitles put right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import polymodal as pm
from polymodal.cli import _options as options
from polymodal.cli._console import answer, note
from polymodal.cli._plot import refuse_ending as refuse_picture
from polymodal.cli._plot import save
from polymodal.cli.align._output import write
from polymodal.errors import ArtifactError, DataError, SettingError, near_miss

_SUBTITLES = (".srt", ".vtt")
_ENDINGS = (*_SUBTITLES, ".csv", ".json", ".parquet")
_PAUSES = {True: 0.4, False: 0.05}  # what quiet inside a text costs: words have none, lines do


def words(
    sound: Annotated[Path, typer.Argument(metavar="SOUND", help="A recording: .wav, .flac, .ogg or .mp3.")],
    text: Annotated[
        Path, typer.Argument(metavar="TEXT", help="What is said, a line for each; or subtitles (.srt, .vtt).")
    ],
    each: Annotated[bool, typer.Option("--words", help="Place each word, not each line.")] = False,
    max_offset: Annotated[
        str | None, typer.Option("--max-offset", metavar="TIME", help="Subtitles are no further off, such as 30s.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write: .srt, .vtt, .csv, .json or .parquet."),
    ] = None,
    plot: options.Plot = None,
    json: options.Json = False,
) -> None:
    """Say when each line of a text is said in a recording; or by how much subtitles are late, and put them right.

    Goes by loudness and length alone: lines between pauses are found well, words only where pauses can be heard.

    \b
    Example:
      polymodal align words talk.wav talk.txt --out talk.srt
      polymodal align words film.mp3 late.srt --max-offset 1min --out film.srt
    """
    if out is not None and out.suffix not in _ENDINGS:
        raise SettingError(f"--out {out}: unknown ending. {near_miss(out.suffix, _ENDINGS)}")
    refuse_picture(plot)
    clock = pm.align.clock
    rate = 16_000
    if text.suffix in _SUBTITLES:
        if each:
            raise SettingError("--words places the words of a text; subtitles are moved as they are")
        late = clock.Segments.read(text)
        found = clock.subtitle_offset(late, clock.read_sound(sound, rate), rate, max_offset=max_offset)
        note(str(found))
        placed = late.moved(found)
    else:
        if max_offset is not None:
            raise SettingError("--max-offset has a meaning for subtitles (.srt, .vtt) only")
        placed = clock.ground_speech(_texts(text, each), clock.read_sound(sound, rate), rate, pauses=_PAUSES[each])
    answer(placed, placed.to_dict(), json)
    save(placed, plot)
    if out is None:
        return
    if out.suffix not in _SUBTITLES:
        write(placed.to_pandas(), out)
        return
    try:
        out.write_text(placed.to_srt() if out.suffix == ".srt" else placed.to_vtt(), encoding="utf-8")
    except OSError as error:
        raise ArtifactError(f"cannot write {out}: {error.strerror or error}") from error
    note(f"Wrote {len(placed)} segments to {out}")


def _texts(path: Path, each: bool) -> list[str]:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read as text: {getattr(error, 'strerror', None) or error}") from error
    parts = content.split() if each else content.splitlines()
    return [part.strip() for part in parts if any(letter.isalnum() for letter in part)]
