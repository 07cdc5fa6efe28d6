"""Which of a release's boards this one is, and whether it may be written."""

from collections.abc import Iterable

from scripts.tram import exits, out
from scripts.tram.flash.options import Wish
from scripts.tram.flash.words import WORDS
from scripts.tram.release import BoardPlan, Release
from scripts.tram.trouble import Trouble

MIB = 1024 * 1024


def board_of(release: Release, chip: str, port: str, wanted: str | None) -> BoardPlan:
    """-> what the board with this chip gets. Raises Trouble wrong_chip, which_board, board_unknown."""
    if wanted is not None and wanted not in release.boards:
        raise Trouble("board_unknown", exits.USAGE, WORDS, board=wanted, boards=_names(release.boards.values()))
    fitting = [board for board in release.of_chip(chip) if wanted in (None, board.name)]
    if not fitting:
        boards = [release.boards[wanted]] if wanted else release.boards.values()
        chips = ", ".join(sorted({board.chip for board in boards}))
        raise Trouble("wrong_chip", exits.REFUSED, WORDS, port=port, chip=chip, wanted=chips)
    if len(fitting) > 1:
        raise Trouble("which_board", exits.USAGE, WORDS, chip=chip, boards=_names(fitting))
    return fitting[0]


def check_size(board: BoardPlan, flash_bytes: int) -> None:
    """Raises Trouble flash_small."""
    if flash_bytes < board.flash_bytes:
        has, needs = (f"{size / MIB:g}" for size in (flash_bytes, board.flash_bytes))
        raise Trouble("flash_small", exits.REFUSED, WORDS, has=has, needs=needs, board=board.name)


def agree(wish: Wish, question: str, chip_id: str, port: str) -> None:
    """Ask before what is on a board is lost. Raises Trouble not_overwritten, needs_yes."""
    if not wish.overwrite and not out.confirm(WORDS(question, mac=chip_id, port=port)):
        raise Trouble("not_overwritten", exits.REFUSED, WORDS, mac=chip_id)


def agree_to_erase(chip_id: str) -> None:
    """Scans are lost for good: --overwrite does not say yes to that."""
    if not out.confirm(WORDS("ask.erase", mac=chip_id)):
        raise Trouble("not_overwritten", exits.REFUSED, WORDS, mac=chip_id)


def _names(boards: Iterable[BoardPlan]) -> str:
    return ", ".join(board.name for board in boards)
