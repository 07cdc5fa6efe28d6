"""Pages into files: the ending says what it becomes."""

from pathlib import Path

from scripts.tram import exits
from scripts.tram.home import write_whole
from scripts.tram.paper.paper import Paper
from scripts.tram.paper.words import WORDS
from scripts.tram.trouble import Trouble

FORMATS = (".pdf", ".png")
OWNER_ALONE = 0o600


def checked(file: Path) -> Path:
    """To be asked before anything else is done. Trouble: `format_unknown`."""
    if file.suffix.lower() not in FORMATS:
        facts = {"file": str(file), "formats": ", ".join(FORMATS), "example": f"{file.stem or 'file'}.pdf"}
        raise Trouble("format_unknown", exits.USAGE, WORDS, **facts)
    return file


def saved(paper: Paper, file: Path, dpi: int = 300, is_secret: bool = False) -> list[Path]:
    """Write all pages: one PDF, or a PNG for each page (name-1.png, name-2.png where there are several). -> the files.

    `is_secret`: for their owner alone. OSError: a file could not be written.
    """
    checked(file)
    mode = OWNER_ALONE if is_secret else 0o644
    if file.suffix.lower() == ".pdf":
        write_whole(file, paper.pdf(), mode)
        return [file]
    files = [file]
    if paper.pages > 1:
        files = [file.with_name(f"{file.stem}-{number + 1}{file.suffix}") for number in range(paper.pages)]
    for number, one in enumerate(files):
        write_whole(one, paper.png(dpi, number), mode)
    return files
