"""`tram reader` as a command: both languages, and nothing slow before it is needed."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.tram.reader import looking
from scripts.tram.reader.words import WORDS

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = (
    "identify", "show", "zones", "set", "apply", "save", "backup", "restore", "defaults", "trigger", "measure",
    "listen", "sheet",
)  # fmt: skip


def said(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TRAM_HOME": str(tmp_path), "COLUMNS": "110"}
    command = [sys.executable, "-m", "scripts.tram", "reader", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "lang, words", [("vi", ("Nói chuyện thẳng", "Lệnh")), ("en", ("Talk to a reader", "Commands"))]
)
def test_help_names_every_command_in_both_languages(tmp_path: Path, lang: str, words: tuple[str, ...]) -> None:
    done = said(tmp_path, "--help", "--lang", lang)
    assert done.returncode == 0
    for word in (*words, *COMMANDS):
        assert word in done.stdout


def test_help_loads_neither_the_firmware_nor_the_serial_port(tmp_path: Path) -> None:
    watched = (
        "import sys; sys.argv = ['tram', 'reader', 'show', '--help']\n"
        "from scripts.tram.__main__ import run\n"
        "run(sys.argv[1:])\n"
        "slow = {'asyncio', 'serial', 'reportlab', 'segno', 'firmware.scanner.gm65'} & set(sys.modules)\n"
        "sys.exit(f'loaded: {slow}' if slow else 0)\n"
    )
    environment = {**os.environ, "TRAM_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", watched], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_everything_that_is_said_is_said_in_both_languages_with_the_same_facts() -> None:
    import string

    def facts(text: str) -> set[str]:
        return {str(name) for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, (vi, en) in WORDS.words.items():
        assert vi.strip(), key
        assert en.strip(), key
        assert facts(vi) == facts(en), key


def test_every_trouble_says_what_to_do_next() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in Path(looking.__file__).parent.glob("*.py"))
    codes = set(re.findall(r'Trouble\("(\w+)"', sources)) | {"half_answered", "unanswered"}
    assert codes
    assert [code for code in sorted(codes) if f"{code}.next" not in WORDS] == []
