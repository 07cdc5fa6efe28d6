"""What the box counts over all its boots must never keep it from starting, or from starting anew."""

from types import SimpleNamespace

from firmware.vitals import Vitals


class Files:
    """A system volume that takes what it is given, until `fails`."""

    def __init__(self):
        self.kept, self.fails = None, False

    def read(self, path):
        return self.kept

    def make_folder(self, path):
        pass

    def write(self, path, data):
        if self.fails:
            raise OSError(5)
        self.kept = data


def box(files, cause="power"):
    counted = []
    board = SimpleNamespace(reset_cause=lambda: cause)
    spool = SimpleNamespace(stats=lambda: {"erases": 7})
    app = SimpleNamespace(board=board, files=files, spool=spool, now_ms=lambda: 0, count=counted.append)
    return Vitals(app, lambda: None, lambda: None), counted


def test_resets_by_the_watchdog_and_erases_are_counted_once():
    files = Files()
    vitals, counted = box(files, "watchdog")
    vitals.keep_tally()
    assert files.kept in (b'{"watchdog": 1, "erases": 7}', b'{"erases": 7, "watchdog": 1}')
    assert counted == []


def test_a_volume_that_cannot_be_written_holds_up_neither_start_nor_restart_and_loses_no_count():
    files = Files()
    files.fails = True
    vitals, counted = box(files)
    vitals.keep_tally()
    assert counted == ["tally_not_kept"] * 2
    files.fails = False
    vitals.keep_tally()
    assert b'"erases": 7' in files.kept
