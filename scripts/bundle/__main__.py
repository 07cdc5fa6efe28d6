"""scripts/build-firmware: what goes onto a box, for each kind of board.

1. A folder and a .tar with the signed bundle: what a gateway hands out as an update. Not for a board that has its
   firmware frozen into MicroPython: it takes none.
2. An image of the system volume, for a new box: esptool or picotool writes it where hardware/boards.toml says.
3. A folder with manifest.py and sources, to build MicroPython for a board that needs one of its own.
4. With --release: the folder that technicians get, for `tram flash`: signed, with MicroPython and partition tables.

The fleet's key may be on a computer without a network: with --fleet-key and --request, what is to be signed goes into
a file, `tram keys sign` makes the answer there, and the same command with --signed goes on: first for the bundles, and
for --release a second time, since its list names the signed bundles.

The same sources, key, version, floor and name give the same bytes, wherever and whenever they are built.
"""

import getpass
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from firmware.wire.errors import WireError
from scripts.boards.data import Board, load
from scripts.bundle import bundle, contents, frozen, image
from scripts.bundle import release as technicians
from scripts.bundle.bundle import Release
from scripts.firmware_build import ROOT, BuildError, build
from scripts.provisioning.key import FleetKey, Locked, modulus_of
from scripts.provisioning.signing import Elsewhere
from scripts.tram.home import write_whole

BOARDS_FILE = ROOT / "hardware" / "boards.toml"
LINUX_IMAGE_BYTES = 4 * 1024 * 1024
PROG_BYTES = 32
RP2_PROG_BYTES = 256
TAG = re.compile(r"firmware-([1-9][0-9]*)$")
NAME = re.compile(r"[a-z0-9.-]{1,32}$")
EXIT_BAD_INPUT = 2
EXIT_UNSIGNED = 3
"""Nothing was written but the request for signatures."""

Signing = FleetKey | Elsewhere

app = typer.Typer(add_completion=False)


class Refused(Exception):
    """What was asked for cannot be: the text says why, and what would help."""


REFUSALS = (Refused, technicians.NoMicroPython, frozen.WrongMicroPython)


def main(
    board: Annotated[list[str], typer.Option(help="Which board; may be given several times, or `all`.")],
    key: Annotated[Path | None, typer.Option(help="The fleet's private key: PEM, readable by its owner alone.")] = None,
    new_key: Annotated[Path | None, typer.Option(help="Make a key, keep it in this file, and sign with it.")] = None,
    fleet_key: Annotated[Path | None, typer.Option(help="Its public half, where the key is elsewhere.")] = None,
    request: Annotated[Path | None, typer.Option(help="Where what is to be signed elsewhere is written.")] = None,
    signed: Annotated[
        list[Path] | None, typer.Option(help="What came back, made by `tram keys sign`; may be given several times.")
    ] = None,
    passphrase_file: Annotated[Path | None, typer.Option(help="What opens the key, in a file's first line.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Default: N where HEAD has the tag firmware-N.")] = None,
    floor: Annotated[int, typer.Option(min=0, help="No version below this is taken after this one.")] = 0,
    name: Annotated[str, typer.Option(help="What people call it. Default: what git describe says.")] = "",
    out: Annotated[Path | None, typer.Option(help="The folder for everything of each board; made if need be.")] = None,
    image_file: Annotated[Path | None, typer.Option("--image", help="Only the image of one board, into this.")] = None,
    release_folder: Annotated[
        Path | None, typer.Option("--release", help="The technicians' folder, new or empty; needs --micropython.")
    ] = None,
    micropython: Annotated[
        Path | None, typer.Option(help="The folder with MicroPython's files, one for each board.")
    ] = None,
) -> None:
    """Build, per board: a signed bundle, an image of the system volume, and what is needed to freeze it."""
    try:
        signer = _signer(key, new_key, passphrase_file, fleet_key, request, signed or [])
        release = Release(_version(version), floor, name or _described())
        if not NAME.match(release.name):
            raise Refused(f"--name {name!r}: 1 to 32 characters of a-z 0-9 . -")
        if floor > release.version:
            raise Refused(f"--floor {floor} is above the version, {release.version}")
        if (image_file is None) == (out is None and release_folder is None):
            raise Refused("say either --out DIR or --image FILE, or --release DIR")
        if (release_folder is None) != (micropython is None):
            raise Refused("--release and --micropython go together")
        chosen = _chosen(board, release_folder is not None)
        built: list[_Built] = []
        typer.echo("compiling", err=True)
        folder = build()
        for one in chosen:
            data = boards_of_data().get(one)
            built.append(_Built(one, data, *_made(folder, one, data, release, signer)))
        _ask_for_signatures(signer, request)
        handed = [_handed(one, micropython, release) for one in built if one.data is not None] if micropython else []
        if release_folder:
            whole_release = technicians.files_of(handed, *release, signer, technicians.built_s())
            _ask_for_signatures(signer, request)
            technicians.write(release_folder, whole_release)
            typer.echo(f"{release_folder}: {len(whole_release)} files, of the fleet {signer.fingerprint[:16]}")
        for ready in built:
            if image_file:
                _write_image(image_file, ready.image, len(chosen))
            if out:
                to_freeze = frozen.folder_of(ready.data, release.version) if ready.data is not None else {}
                _write_all(out, f"{ready.board}-{release.version}", ready.files, ready.image, to_freeze)
            typer.echo(ready.told())
    except (*REFUSALS, BuildError, contents.ContentsError, image.ImageError, WireError, OSError, ValueError) as error:
        typer.echo(f"build-firmware: {error}", err=True)
        raise typer.Exit(EXIT_BAD_INPUT) from error


class _Built(NamedTuple):
    board: str
    data: Board | None
    files: dict[str, bytes]
    image: bytes

    def told(self) -> str:
        size, used = sum(map(len, self.files.values())), image.used_bytes(self.image)
        return f"{self.board}: {len(self.files)} files, {size} bytes; image {used} of {len(self.image)}"


def _handed(one: _Built, micropython: Path, release: Release) -> technicians.Made:
    assert one.data is not None  # noqa: S101  (the caller looked)
    found = technicians.find_micropython(one.data, micropython, release.version)
    frozen.check(*found, one.data, release.version)
    return technicians.Made(one.data, found, one.image, bundle.tar_of(one.files) if one.files else None)


def _ask_for_signatures(signer: Signing, file: Path | None) -> None:
    wanted = signer.request() if isinstance(signer, Elsewhere) else None
    if wanted is None:
        return
    assert file is not None  # noqa: S101  (_signer saw to it)
    write_whole(file, wanted, 0o600)
    typer.echo(f"{file}: to be signed. Where the key is: tram keys sign {file.name}; then this again, with --signed")
    raise typer.Exit(EXIT_UNSIGNED)


def _what_is_signed(data: bytes) -> str:
    return data.split(b"\n")[0].decode("utf-8", "replace")[:100] if data.startswith(b"1 manifest") else "release.json"


def _chosen(asked: list[str], for_technicians: bool) -> list[str]:
    if asked != ["all"]:
        return asked
    return [name for name in contents.boards() if not for_technicians or name in boards_of_data()]


def boards_of_data() -> dict[str, Board]:
    """hardware/boards.toml: a PC is none of them."""
    return {board.name: board for board in load()}


def _signer(
    key: Path | None,
    new_key: Path | None,
    passphrase_file: Path | None,
    fleet_key: Path | None,
    request: Path | None,
    signed: list[Path],
) -> Signing:
    if fleet_key is not None:
        if key or new_key or request is None:
            raise Refused("--fleet-key goes with --request FILE, and with neither --key nor --new-key")
        modulus = modulus_of(fleet_key.read_text(encoding="ascii"))
        return Elsewhere(modulus, [file.read_bytes() for file in signed], _what_is_signed)
    if request or signed:
        raise Refused("--request and --signed go with --fleet-key FILE")
    if (key is None) == (new_key is None):
        raise Refused("say either --key FILE (`tram keys make` makes one) or --new-key FILE")
    if new_key is not None:
        FleetKey.make().save(new_key)
        key = new_key
    assert key is not None  # noqa: S101  (one of the two is there)
    if os.stat(key).st_mode & 0o077:
        raise Refused(f"{key} can be read by others than its owner: chmod 600 {key}")
    try:
        return FleetKey.load(key)
    except Locked:
        return FleetKey.load(key, _passphrase(passphrase_file))


def _passphrase(file: Path | None) -> bytes:
    if file is not None:
        return file.read_bytes().split(b"\n")[0].rstrip(b"\r")
    if not sys.stdin.isatty():
        raise Refused("the key is locked: run this at a terminal, or give --passphrase-file")
    return getpass.getpass("passphrase of the fleet's key: ").encode()


def _version(given: int | None) -> int:
    if given:
        return given
    for tag in _git("tag", "--points-at", "HEAD").split():
        if found := TAG.match(tag):
            return int(found[1])
    raise Refused("HEAD has no tag firmware-N: say which version this is with --version N")


def _described() -> str:
    text = re.sub(r"[^a-z0-9.-]+", "-", _git("describe", "--tags", "--always", "--dirty").strip().lower())
    return text[:32] or "unnamed"


def _git(*arguments: str) -> str:
    try:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def flash_of(board: str) -> tuple[int, int]:
    """-> (bytes of the system volume, bytes of a program)."""
    if board == "linux":
        return LINUX_IMAGE_BYTES, PROG_BYTES
    described = tomllib.loads(BOARDS_FILE.read_text(encoding="utf-8"))["boards"][board]
    return int(described["flash"]["system"]["bytes"]), RP2_PROG_BYTES if described["chip"].startswith(
        "rp2"
    ) else PROG_BYTES


def _made(
    build: Path, board: str, data: Board | None, release: Release, signer: Signing
) -> tuple[dict[str, bytes], bytes]:
    """-> the files of its bundle, none where the firmware is frozen; and the image of its system volume."""
    if data is not None and data.frozen:
        return {}, image.make(image.frozen_files(signer.modulus), *flash_of(board))
    files = bundle.make(build, board, release, signer)
    return files, image.make(image.root_files(build, board, files, release, signer.modulus), *flash_of(board))


def _write_image(path: Path, data: bytes, boards: int) -> None:
    if boards != 1:
        raise Refused("--image takes one board")
    path.write_bytes(data)


def _write_all(out: Path, title: str, files: Mapping[str, bytes], made: bytes, to_freeze: Mapping[str, bytes]) -> None:
    if to_freeze:
        bundle.write_folder(to_freeze, out / f"{title}-frozen")
    if files:
        bundle.write_folder(files, out / title)
        (out / f"{title}.tar").write_bytes(bundle.tar_of(files))
    (out / f"{title}.img").write_bytes(made)


app.command()(main)

if __name__ == "__main__":
    sys.exit(app(prog_name="scripts/build-firmware"))
