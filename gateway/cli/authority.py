"""The gateway's authority: its fingerprint, a copy of it, and another one in its place without a visit to any box."""

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from gateway import certs
from gateway.admission import Admission
from gateway.certs import succession
from gateway.cli.show import EXIT_OK, EXIT_WRONG, note, say, table
from gateway.cli.texts import text
from gateway.clock import KernelClock
from gateway.config import Config
from gateway.downlink.store import Store
from gateway.rollover import Rollover, judge

_MOST_BYTES = 64 * 1024


def show(settings: Config, options: Namespace) -> int:
    admission = Admission(settings)
    if options.renew:
        papers = certs.renew(admission.certs_folder, settings.gateway_id)
        told = bool(settings.broker.folder) and admission.publish()
        note(text("cert_in_use" if told else "cert_later"))
    else:
        papers = admission.papers()
    say(papers.fingerprint)
    note(text("keep_ca", file=papers.ca_file))
    if succession.look(admission.certs_folder, settings.gateway_id).stage != "settled":
        _progress(settings, admission)
    return EXIT_OK


def renew_authority(settings: Config, options: Namespace) -> int:
    """Begin, go on, or say how far it is."""
    admission = Admission(settings)
    folder, gateway_id = admission.certs_folder, settings.gateway_id
    if options.cancel:
        succession.cancel(folder, gateway_id)
        note(text("ca_cancelled"))
        return EXIT_OK
    if options.forget_old:
        succession.finish(folder, gateway_id)
        note(text("ca_finished"))
        return EXIT_OK
    rollover = _rollover(settings, admission)
    if succession.look(folder, gateway_id).stage != "closing":
        succession.begin(folder, gateway_id)
    done = rollover.switch_now() if options.now and _is_spreading(folder, gateway_id) else rollover.tick()
    if done == "switched":
        note(text("ca_switched", fingerprint=certs.ensure(folder, gateway_id).fingerprint))
        done = rollover.tick()
    if done == "finished":
        note(text("ca_finished"))
    _progress(settings, admission)
    return EXIT_OK


def export(settings: Config, options: Namespace) -> int:
    kept = succession.export(Admission(settings).certs_folder)
    if str(options.file) == "-":
        print(kept.decode(), end="")
        return EXIT_OK
    try:
        with open(os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(kept)
    except FileExistsError:
        note(text("file_exists", file=options.file))
        return EXIT_WRONG
    note(text("ca_kept"))
    return EXIT_OK


def put_back(settings: Config, options: Namespace) -> int:
    admission = Admission(settings)
    kept = _given(options.file)
    papers = succession.put_back(admission.certs_folder, kept, settings.gateway_id, options.sure)
    if settings.broker.folder:
        admission.publish()
    note(text("ca_back"))
    say(papers.fingerprint)
    return EXIT_OK


def _given(name: str) -> bytes:
    """Of a file; `-`: of standard input."""
    if name == "-":
        return sys.stdin.buffer.read(_MOST_BYTES)
    with open(name, "rb") as file:
        return file.read(_MOST_BYTES)


def _progress(settings: Config, admission: Admission) -> None:
    found = succession.look(admission.certs_folder, settings.gateway_id)
    if found.stage == "settled":
        note(text("ca_settled"))
        return
    boxes = _rollover(settings, admission).boxes()
    coming = found.in_use if found.coming is None else found.coming
    note(text("ca_spreading" if found.coming else "ca_closing", mark=succession.mark_of(coming)))
    lacking = judge(found, boxes).lacking
    rows: list[Sequence[object]] = [
        [
            one.box_id,
            ", ".join(one.trusts) or "?",
            "-" if one.box_id in lacking else "✓",
            "zzz" if one.is_silent else "",
        ]
        for one in boxes
    ]
    table(["box", "trusts", "done", ""], [list(row) for row in rows])
    if found.coming and lacking:
        note(text("ca_left", n=len(lacking), boxes=", ".join(lacking[:20])))


def _is_spreading(folder: Path, gateway_id: str) -> bool:
    return succession.look(folder, gateway_id).stage == "spreading"


def _rollover(settings: Config, admission: Admission) -> Rollover:
    clock = KernelClock(settings.time.trust, settings.time.bound_ms)

    def utc_ms() -> int | None:
        found = clock.utc()
        return None if found is None else (found.earliest_ms + found.latest_ms) // 2

    store = Store(settings.path(settings.data_dir) / "downlink", None, settings.gateway_id)
    return Rollover(settings, admission, store, clock.boot, clock.mono_ms, utc_ms)
