"""Bundles and images: right, signed, and the same bytes wherever they are built."""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from firmware.wire import manifest as manifests
from firmware.wire import rsa
from scripts.bundle import bundle, contents, image
from scripts.bundle.__main__ import flash_of
from scripts.bundle.bundle import Release
from scripts.firmware_build import ROOT, build, run_micropython
from scripts.provisioning.key import FleetKey

KEY = FleetKey.make()
RELEASE = Release(12, 7, "2026.11-rc1")
BUILD_FIRMWARE = ROOT / "scripts" / "build-firmware"


@pytest.fixture(scope="module")
def linux():
    return bundle.make(build(), "linux", RELEASE, KEY)


def test_the_manifest_names_every_file_with_its_length_and_hash(linux):
    manifest = manifests.decode(linux["manifest"])
    assert manifest[:4] == (12, 7, "2026.11-rc1", ["linux"])
    files = [(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(linux.items())]
    assert manifest.files == [file for file in files if file[0] != "manifest"]


def test_its_signature_is_the_one_that_a_box_checks(linux):
    signed, manifest = linux["manifest"][:-517], manifests.decode(linux["manifest"])
    assert rsa.verify(KEY.modulus, hashlib.sha256(signed).digest(), manifest.signature)
    assert not rsa.verify(FleetKey.make().modulus, hashlib.sha256(signed).digest(), manifest.signature)


def test_a_pack_has_every_module_of_its_room_where_its_index_says(linux):
    compiled = bundle.compiled(build(), contents.of_slot("linux"))
    found = {}
    for path, data in linux.items():
        if not path.endswith(".pack"):
            continue
        head, _, rest = data.partition(b"\n")
        length = int(head.split()[2])
        for line in rest[:length].decode().splitlines():
            name, offset, size = line.split()
            found[name] = data[int(offset) : int(offset) + int(size)]
            assert path in (f"{bundle.room_of(name)}.pack", "firmware.pack")
    assert found == {path: data for path, data in compiled.items() if path.endswith(".mpy")}


@pytest.mark.parametrize("sizes", [[0], [1], [0, 0, 0], [5] * 40, [10**6, 3], [1, 10, 100, 1000, 10**4, 10**5]])
def test_the_offsets_of_a_pack_count_its_own_index(sizes):
    files = {f"firmware/x/m{number:02d}.mpy": bytes([number]) * size for number, size in enumerate(sizes)}
    data = bundle.pack_of(files)
    index = data.split(b"\n", 1)[1][: int(data.split(b"\n", 1)[0].split()[2])].decode()
    for line, content in zip(index.splitlines(), files.values()):
        _, offset, size = line.split()
        assert data[int(offset) : int(offset) + int(size)] == content


def test_the_tar_holds_the_same_files_and_no_time_and_nobody(linux):
    with tarfile.open(fileobj=io.BytesIO(bundle.tar_of(linux))) as archive:
        entries = archive.getmembers()
        assert {entry.name: archive.extractfile(entry).read() for entry in entries} == linux
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname, entry.mode) for entry in entries} == {(0, 0, 0, "", 0o644)}


def test_the_rooms_of_a_bundle_add_up():
    rooms = bundle.room_bytes(build(), "pico_w")
    assert {"link", "spool", "scanner", "wire", "update", "firmware"} <= set(rooms)
    total = sum(len(data) for data in bundle.compiled(build(), contents.of_slot("pico_w")).values())
    assert sum(rooms.values()) == total


# The image

READ = """
import json, os, sys
import vfs
from binascii import hexlify
from hashlib import sha256
from ramflash import RamFlash
with open(sys.argv[1], "rb") as file:
    image = file.read()
flash = RamFlash(len(image) // 4096, 4096, image, int(sys.argv[2]))
del image
fs = vfs.VfsLfs2(flash, progsize=int(sys.argv[2]), **json.loads(sys.argv[3]))
vfs.mount(fs, "/flash")
found = {}
def walk(folder):
    for name, kind, _, size in os.ilistdir(folder):
        path = folder + "/" + name
        if kind == 0x4000:
            walk(path)
        else:
            with open(path, "rb") as file:
                found[path[7:]] = hexlify(sha256(file.read()).digest()).decode()
walk("/flash")
with open("/flash/a/new", "wb") as file:
    file.write(b"written on the box" * 500)
os.rename("/flash/a/new", "/flash/b/new")
with open("/flash/b/new", "rb") as file:
    assert len(file.read()) == 9000
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    ("prog_bytes", "options"),
    [(32, {}), (32, {"readsize": 128, "lookahead": 32, "mtime": False}), (256, {}), (256, {"readsize": 256})],
)
def test_a_box_reads_every_file_of_the_image_and_writes_on_it(tmp_path, linux, prog_bytes, options):
    whole = image.root_files(build(), "linux", linux, RELEASE, KEY.modulus)
    (tmp_path / "system.img").write_bytes(image.make(whole, 1 << 20, prog_bytes))
    (tmp_path / "read.py").write_text(READ)
    arguments = [tmp_path / "read.py", tmp_path / "system.img", str(prog_bytes), json.dumps(options)]
    path = f"{build()}:{ROOT / 'scripts' / 'spool'}"
    done = run_micropython(arguments, "8M", path=path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    assert found == {path: hashlib.sha256(data).hexdigest() for path, data in whole.items()}


def test_it_holds_one_version_safe_mode_the_boot_and_the_fleet_s_key(linux):
    whole = image.root_files(build(), "linux", linux, RELEASE, KEY.modulus)
    assert whole["fleet.key"].decode() == KEY.modulus.hex()
    assert whole["boot.py"] == (ROOT / "firmware" / "boot.py").read_bytes()
    assert {path[2:]: data for path, data in whole.items() if path.startswith("a/")} == linux
    assert b'"floor": 7' in whole["slot"]
    assert manifests.decode(whole["s/manifest"]).signature == bytes(256)  # nobody can offer it as an update
    assert not [path for path in whole if path.startswith("b/")]


@pytest.mark.parametrize("board", [board for board in contents.boards() if board != "linux"])
def test_on_every_board_two_versions_and_safe_mode_fit_with_room_for_the_rest(board):
    size_bytes, prog_bytes = flash_of(board)
    files = bundle.make(build(), board, RELEASE, KEY)
    whole = image.root_files(build(), board, files, RELEASE, KEY.modulus)
    whole.update({f"b/{path}": data for path, data in files.items()})
    used = image.used_bytes(image.make(whole, size_bytes, prog_bytes))
    assert used <= size_bytes - 60_000  # the log, commands, settings, identity


@pytest.mark.parametrize("size_bytes", [0, 4096, 65535, 65537, 16 * 4096, 40 * 4096])
def test_a_flash_that_is_too_small_is_refused(linux, size_bytes):
    whole = image.root_files(build(), "linux", linux, RELEASE, KEY.modulus)
    with pytest.raises(image.ImageError):
        image.make(whole, size_bytes, 32)


def test_a_folder_that_is_not_empty_is_not_written_into(tmp_path, linux):
    (tmp_path / "something").write_text("mine")
    with pytest.raises(FileExistsError):
        bundle.write_folder(linux, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["something"]


# The tool


def tool(*arguments: object, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "scripts.bundle", *map(str, arguments)]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=100)


@pytest.fixture
def key(tmp_path):
    KEY.save(tmp_path / "fleet.pem")
    return tmp_path / "fleet.pem"


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_another_tree_elsewhere_builds_the_same_bytes(tmp_path, key):
    other = tmp_path / "elsewhere" / "deeper"
    for part in ("firmware", "scripts", "hardware"):
        subprocess.run(["mkdir", "-p", other], check=True)
        subprocess.run(["cp", "-r", ROOT / part, other], check=True)
    (other / ".tram").mkdir()
    boards = ["--board", "pico_w", "--board", "pico2_w", "--board", "linux"]
    given = [*boards, "--key", key, "--version", 3, "--name", "v3"]
    for root, out in ((ROOT, tmp_path / "one"), (other, tmp_path / "two")):
        done = tool(*given, "--out", out, root=root)
        assert done.returncode == 0, done.stderr
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert sorted(one) == sorted(two)
    assert [path for path in one if one[path] != two[path]] == []
    assert {"pico2_w-3.tar", "pico2_w-3.img", "pico2_w-3/manifest", "pico2_w-3-frozen/manifest.py"} <= set(one)
    assert {"pico_w-3.img", "pico_w-3-frozen/manifest.py", "pico_w-3-frozen/firmware/app.py"} <= set(one)
    assert not {"pico_w-3.tar", "pico_w-3/manifest", "pico2_w-3-frozen/firmware/app.py"} & set(one)
    assert not [path for path, data in one.items() if str(ROOT).encode() in data]


def test_a_key_can_be_made_on_the_way_and_only_its_owner_reads_it(tmp_path):
    made = tmp_path / "new.pem"
    done = tool("--board", "linux", "--new-key", made, "--version", 1, "--image", tmp_path / "system.img")
    assert done.returncode == 0, done.stderr
    assert made.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "system.img").stat().st_size == 4 << 20
    assert FleetKey.load(made).modulus != KEY.modulus


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--board", "linux", "--version", 1, "--image", "{0}/i"], "--new-key"),
        (["--board", "linux", "--version", 1, "--key", "{0}/none.pem", "--image", "{0}/i"], "none.pem"),
        (["--board", "linux", "--version", 1, "--key", "{0}/open.pem", "--image", "{0}/i"], "chmod 600"),
        (["--board", "linux", "--version", 1, "--key", "{0}/rubbish.pem", "--image", "{0}/i"], "build-firmware: "),
        (["--board", "toaster", "--version", 1, "--key", "{0}/fleet.pem", "--image", "{0}/i"], "no board 'toaster'"),
        (["--board", "linux", "--version", 0, "--key", "{0}/fleet.pem", "--image", "{0}/i"], "version"),
        (["--board", "linux", "--version", 2, "--floor", 3, "--key", "{0}/fleet.pem", "--image", "{0}/i"], "--floor 3"),
        (["--board", "linux", "--version", 2, "--name", "A B", "--key", "{0}/fleet.pem", "--image", "{0}/i"], "name"),
        (["--board", "linux", "--version", 2, "--key", "{0}/fleet.pem"], "--out DIR or --image"),
        (["--board", "all", "--version", 2, "--key", "{0}/fleet.pem", "--image", "{0}/i"], "one board"),
        (["--board", "linux", "--version", 2, "--new-key", "{0}/fleet.pem", "--image", "{0}/i"], "fleet.pem"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason_and_nothing_is_written(tmp_path, key, arguments, why):
    (tmp_path / "open.pem").write_bytes(key.read_bytes())
    (tmp_path / "rubbish.pem").write_text("no key")
    (tmp_path / "rubbish.pem").chmod(0o600)
    done = tool(*[str(argument).format(tmp_path) for argument in arguments])
    assert done.returncode == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "i").exists()


def test_help_says_what_there_is():
    done = subprocess.run([BUILD_FIRMWARE, "--help"], capture_output=True, text=True, check=True)
    for option in ("--board", "--key", "--new-key", "--version", "--floor", "--name", "--out", "--image"):
        assert option in done.stdout
