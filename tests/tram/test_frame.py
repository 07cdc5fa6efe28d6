"""The tool's frame: every command in both languages, quick to start, and clear about what is wrong."""

import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.firmware_build import ROOT
from scripts.tram import exits
from scripts.tram.__main__ import COMMANDS
from scripts.tram.lang import Words

MARKS = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
SLOW = ("rich", "serial", "esptool", "mpremote", "reportlab", "pypdfium2", "PIL", "cryptography", "segno", "zeroconf",
        "httpx", "msgspec", "littlefs", "shamir_mnemonic", "asyncio", "firmware", "gateway", "server")  # fmt: skip
TREE = """
import json, sys
from scripts.tram import lang
lang.settle(sys.argv[1])
from scripts.tram.__main__ import COMMANDS, load
def walk(path, command):
    rows = [[path, command.help or "", [[p.name, getattr(p, "help", None) or ""] for p in command.params]]]
    for name, one in getattr(command, "commands", {}).items():
        rows += walk(path + " " + name, one)
    return rows
print(json.dumps([row for name in COMMANDS for row in walk(name, load(name))]))
"""


def tram(*words: str, home: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TRAM_HOME": str(home), "TRAM_LANG": "en", "COLUMNS": "200", **(env or {})}
    command = [sys.executable, "-m", "scripts.tram", *words]
    encoding = environment.get("PYTHONIOENCODING", "utf-8")
    return subprocess.run(command, capture_output=True, encoding=encoding, cwd=ROOT, env=environment, timeout=60)


def tree(language: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", TREE, language], capture_output=True, text=True, cwd=ROOT, check=True)
    return {path: (text, dict(options)) for path, text, options in json.loads(done.stdout)}


def test_every_command_and_option_explains_itself_in_vietnamese_and_in_english() -> None:
    vietnamese, english = tree("vi"), tree("en")
    assert set(vietnamese) == set(english)
    assert len(english) > 30
    for path, (text, options) in english.items():
        assert text, path
        assert vietnamese[path][0] not in ("", text), path
        assert MARKS.search(vietnamese[path][0]), path
        assert not MARKS.search(text), path
        for name, said in options.items():
            assert said, f"{path}: {name}"
            assert vietnamese[path][1][name] != said or not re.search("[a-z]{4}", said), f"{path}: {name}: {said}"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_help_is_printed_for_each_command(language: str, tmp_path: Path) -> None:
    program = (
        "import sys; from scripts.tram.__main__ import COMMANDS, run\n"
        "for name in ('', *COMMANDS):\n"
        "    code = run([*name.split(), '--help', '--lang', sys.argv[1]])\n"
        "    print('\\f', code, flush=True)\n"
    )
    environment = {**os.environ, "TRAM_HOME": str(tmp_path), "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", program, language], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=60
    )
    whole, *each = done.stdout.split("\f 0\n")[:-1]
    assert len(each) == len(COMMANDS), done.stdout + done.stderr
    for said, (name, (vietnamese, english)) in zip(each, COMMANDS.items(), strict=True):
        assert ("Cách dùng" if language == "vi" else "Usage") in said
        assert name in said
        assert (vietnamese if language == "vi" else english) in whole


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_nothing_that_is_slow_to_load_is_loaded_before_it_is_needed(name: str, tmp_path: Path) -> None:
    program = (
        "import sys; from scripts.tram import lang; lang.settle('vi')\n"
        "from scripts.tram.__main__ import build, load\n"
        f"load({name!r}) if {name!r} else build()\n"
        "print(' '.join(sorted({module.split('.')[0] for module in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert set(done.stdout.split()) & set(SLOW) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["flahs"], "Không có lệnh 'flahs'"),
        (["flash", "--nope"], "Không có tùy chọn --nope"),
        (["keys", "show", "a", "b", "c", "d"], "Thừa tham số"),
        (["--lang", "fr", "flash"], "--lang fr"),
        (["--lang"], "--lang ?"),
    ],
)
def test_a_mistyped_line_is_named_and_says_where_to_look(words: list[str], said: str, tmp_path: Path) -> None:
    done = tram(*words, home=tmp_path, env={"TRAM_LANG": "vi"})
    assert done.returncode == exits.USAGE
    assert said in done.stderr
    assert "--help" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_json_a_mistake_is_one_object_with_a_stable_code(tmp_path: Path) -> None:
    done = tram("flahs", "--json", home=tmp_path)
    said = json.loads(done.stdout)
    assert said["ok"] is False
    assert said["error"]["code"] == "usage"
    assert done.stderr == ""


def test_a_mistake_of_the_tool_itself_is_kept_in_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    program = (
        "import sys; from scripts.tram import __main__ as m\n"
        "def broken(): raise RuntimeError('seven')\nm.build = broken\nsys.exit(m.run(['--lang', 'en', 'flash']))"
    )
    environment = {**os.environ, "TRAM_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == exits.FAULT
    assert "Traceback" not in done.stderr
    kept = tmp_path / "fault.txt"
    assert str(kept) in done.stderr
    assert "seven" in kept.read_text()
    assert kept.stat().st_mode & 0o077 == 0


def test_the_language_of_the_system_counts_where_none_is_said_and_vietnamese_where_that_is_neither(
    tmp_path: Path,
) -> None:
    none = {"TRAM_LANG": "", "LC_ALL": "", "LANG": ""}
    assert "Lệnh" in tram("--help", home=tmp_path, env={**none, "LANG": "vi_VN.UTF-8"}).stdout
    assert "Commands" in tram("--help", home=tmp_path, env={**none, "LANG": "en_GB.UTF-8"}).stdout
    assert "Lệnh" in tram("--help", home=tmp_path, env={**none, "LANG": "C.UTF-8"}).stdout
    assert "Lệnh" in tram("--help", home=tmp_path, env={**none, "LANG": "en_GB.UTF-8", "TRAM_LANG": "vi"}).stdout


def every_word() -> list[tuple[str, str, str, str]]:
    found = []
    for path in sorted((ROOT / "scripts" / "tram").rglob("*.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for name, words in vars(module).items():
            if isinstance(words, Words) and module.__name__ not in ("scripts.tram.lang", "scripts.tram.trouble"):
                found += [(f"{module.__name__}.{name}", key, *pair) for key, pair in words.words.items()]
    return sorted(set(found))


def test_both_languages_of_every_sentence_say_the_same_facts_and_each_is_in_its_own_language() -> None:
    words = every_word()
    assert len(words) > 300
    for where, key, vietnamese, english in words:
        assert set(re.findall(r"{(\w+)", vietnamese)) == set(re.findall(r"{(\w+)", english)), f"{where}: {key}"
        plain = re.sub(r"{[^}]*}", "", english)
        assert not MARKS.search(plain.replace("Trạm", "")), f"{where}: {key}"


def test_every_trouble_that_a_person_can_mend_says_what_to_do_next() -> None:
    told = {(where, key): vietnamese for where, key, vietnamese, _ in every_word()}
    for where, key in told:
        if key.endswith(".next"):
            assert (where, key[:-5]) in told, f"{where}: {key} belongs to nothing"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_without_utf_8_gets_vietnamese_without_marks_and_programs_get_whole_json(
    encoding: str, tmp_path: Path
) -> None:
    environment = {"PYTHONIOENCODING": encoding, "TRAM_LANG": "vi", "PYTHONUTF8": "0"}
    done = tram("flahs", home=tmp_path, env=environment)
    assert done.returncode == exits.USAGE
    assert "flahs" in done.stderr
    assert re.search("Vi[eệ]c c[aầ]n l[aà]m", done.stderr)
    assert "Traceback" not in done.stderr
    said = json.loads(tram("flahs", "--json", home=tmp_path, env=environment).stdout)
    assert said["error"]["message"].startswith("Lệnh chưa đúng")


def test_a_folder_in_the_place_of_a_file_and_a_full_disk_are_named_with_the_file_that_was_meant(tmp_path: Path) -> None:
    (tmp_path / "label.pdf").mkdir()
    done = tram("label", "box-a0b1c2d3e4f5", "--out", str(tmp_path / "label.pdf"), home=tmp_path)
    assert done.returncode == exits.REFUSED
    assert str(tmp_path / "label.pdf") in done.stderr
    assert "Traceback" not in done.stderr
    if Path("/dev/full").exists():
        done = tram("label", "box-a0b1c2d3e4f5", "--out", "/dev/full/label.pdf", home=tmp_path)
        assert done.returncode in (exits.REFUSED, exits.NO_RIGHT, exits.NO_ROOM)
        assert "/dev/full" in done.stderr


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("tram fl", {"flash"}),
        ("tram reader id", {"identify"}),
        ("tram flash --ver", {"--verify-only"}),
        ("tram xy", set()),
    ],
)
def test_the_shell_completes_commands_and_options(typed: str, offered: set[str], tmp_path: Path) -> None:
    environment = {"_TRAM_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1)}
    assert set(tram(home=tmp_path, env=environment).stdout.split()) == offered


@pytest.mark.parametrize("columns", ["52", "80"])
def test_help_fits_a_narrow_window(columns: str, tmp_path: Path) -> None:
    said = tram("flash", "--help", "--lang", "vi", home=tmp_path, env={"COLUMNS": columns}).stdout
    assert "Cách dùng" in said
    words = [line for line in said.splitlines() if len(line) > int(columns) and len(line.split()) > 2]
    assert words == []
