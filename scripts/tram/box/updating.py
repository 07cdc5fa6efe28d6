"""`tram box update`: a bundle of firmware to the gateway, and which boxes are to have it."""

import io
import tarfile
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from scripts.tram import exits, out
from scripts.tram.box.access import of_box
from scripts.tram.box.words import SAY
from scripts.tram.gateways import card as card_of
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.tram.gateways.client import Client

MOST_BYTES = 17 * 1024 * 1024
POLL_S = 2.0
_MANIFEST = "manifest"


def update(file: Path, boxes: list[str], is_for_all: bool, gateway: str | None, watch_s: int) -> int:
    """-> the exit code. Nothing is wanted before the gateway has checked the bundle."""
    from scripts.tram.gateways.client import Client

    card = of_box(boxes[0], gateway) if boxes else card_of(gateway)
    client = Client(card)
    for box in boxes:
        client.box(box)  # one that is not known is told before megabytes are sent
    with _packed(file) as bundle:
        length = bundle.seek(0, io.SEEK_END)
        bundle.seek(0)
        with out.step("upload", SAY("sending", gateway=card.gateway)) as bar:
            taken = client.upload(cast(Any, bundle), length, bar)
    version = int(taken["version"])
    facts = {"gateway": card.gateway, "version": version, "release": str(taken["name"]), "boards": taken["boards"]}
    out.event("taken_in", SAY("taken_in", **{**facts, "boards": ", ".join(taken["boards"])}), **facts)
    if not boxes and not is_for_all:
        out.result({**facts, "wanted": []}, SAY("nobody_wanted"))
        return exits.OK
    if is_for_all and not out.confirm(SAY("sure_all", gateway=card.gateway, version=version)):
        out.result({**facts, "wanted": []}, SAY("nobody_wanted"))
        return exits.CUT
    scopes: list[str | None] = [*boxes] or [None]
    for scope in scopes:
        client.want(version, scope)
    wanted = ", ".join(boxes) or SAY("every_box")
    line = SAY("wanted", version=version, boxes=wanted)
    if not watch_s or not boxes:
        out.result({**facts, "wanted": boxes or ["*"]}, line)
        return exits.OK
    out.event("wanted", line, version=version, boxes=boxes)
    return _watched(client, boxes, version, facts, watch_s)


def _watched(client: "Client", boxes: list[str], version: int, facts: dict[str, Any], watch_s: int) -> int:
    """Until every one runs it or refuses it, or the time is over."""
    until_s, left, ends = time.monotonic() + watch_s, list(boxes), dict.fromkeys(boxes, "waiting")
    while left and time.monotonic() < until_s:
        for box in list(left):
            said = client.box(box).get("said") or {}
            refused = said.get("firmware_refused")
            if said.get("firmware_version") == version:
                ends[box] = "done"
                out.event("updated", SAY("updated", box=box, version=version), box=box)
            elif isinstance(refused, dict) and refused.get("version") == version:
                ends[box] = "refused"
                line = SAY("update_refused", box=box, version=version, code=refused.get("code", "?"))
                out.event("refused", line, box=box, code=refused.get("code"))
            if ends[box] != "waiting":
                left.remove(box)
        if left:
            time.sleep(POLL_S)
    lines = [SAY("update_waiting", box=box, now="?", version=version) for box in left]
    out.result({**facts, "wanted": boxes, "ends": ends}, *lines)
    return exits.OK if all(end == "done" for end in ends.values()) else exits.FOUND


def _packed(file: Path) -> IO[bytes]:
    """The tar, open; of a folder one is made. Trouble bundle_wrong."""
    if file.is_dir():
        if not (file / _MANIFEST).is_file():
            raise Trouble("bundle_wrong", exits.REFUSED, SAY, file=str(file), what=_MANIFEST)
        made = tempfile.TemporaryFile()  # noqa: SIM115 - whoever asked for it closes it
        with tarfile.open(fileobj=made, mode="w") as packed:
            for path in sorted(file.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    packed.add(path, path.relative_to(file).as_posix(), recursive=False)
        return cast("IO[bytes]", made)
    if file.stat().st_size > MOST_BYTES:
        raise Trouble("bundle_wrong", exits.REFUSED, SAY, file=str(file), what=f"> {MOST_BYTES} bytes")
    try:
        with tarfile.open(file, "r:") as packed:
            names = {name.removeprefix("./").rpartition("/")[2] for name in packed.getnames()}
    except (tarfile.TarError, EOFError, ValueError) as bad:
        raise Trouble("bundle_wrong", exits.REFUSED, SAY, file=str(file), what="tar") from bad
    if _MANIFEST not in names:
        raise Trouble("bundle_wrong", exits.REFUSED, SAY, file=str(file), what=_MANIFEST)
    return open(file, "rb")
