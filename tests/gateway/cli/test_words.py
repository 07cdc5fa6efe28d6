"""Every word explains itself, takes its settings before or behind it, and names what is wrong."""

import subprocess
import sys

import pytest

from gateway.__main__ import main
from tests.gateway.brokers import ROOT

WORDS = ["run", "broker", "ca", "revoke", "boxes", "tell", "result", "settings", "firmware"]


@pytest.mark.parametrize(
    "words", [*[[word] for word in WORDS], *[["firmware", word] for word in ("add", "want", "back")]]
)
def test_every_word_explains_itself(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*words, "--help"])
    assert stopped.value.code == 0
    assert "--config FILE" in capsys.readouterr().out


def test_the_list_of_words_is_in_the_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"    {word} " in said for word in WORDS)


def test_the_settings_may_stand_before_or_behind_the_word(gateway, capsys):
    assert main(["--config", str(gateway.config), "boxes"]) == 0
    assert main(["boxes", "--config", str(gateway.config)]) == 0
    assert main(["firmware", "--config", str(gateway.config)]) == 0


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["boxes"],
        ["dance", "--config", "x"],
        ["tell", "--config", "x"],
        ["tell", "box-a", "--config", "x"],
        ["tell", "box-a", "identify", "--within", "0s", "--config", "x"],
        ["tell", "box-a", "identify", "--within", "8d", "--config", "x"],
        ["tell", "box-a", "identify", "--within", "1y", "--config", "x"],
        ["tell", "box-a", "identify", "--within", "-5s", "--config", "x"],
        ["tell", "box-a", "identify", "--within", "٥s", "--config", "x"],
        ["settings", "box-a", "--config", "x"],
        ["firmware", "want", "--config", "x"],
        ["firmware", "want", "0", "--config", "x"],
        ["firmware", "want", "-1", "--config", "x"],
        ["firmware", "want", "4294967296", "--config", "x"],
        ["firmware", "want", "9" * 5000, "--config", "x"],
        ["firmware", "want", "٧", "--config", "x"],
        ["firmware", "add", "--config", "x"],
        ["revoke", "--config", "x"],
        ["result", "--config", "x"],
    ],
)
def test_what_cannot_be_meant_is_named_and_nothing_is_done(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(capsys):
    assert main(["boxes", "--config", "/nowhere/gateway.toml"]) == 78
    assert "/nowhere/gateway.toml" in capsys.readouterr().err


def test_it_is_a_program_of_its_own_too(gateway):
    command = [sys.executable, "-m", "gateway", "boxes", "--config", str(gateway.config)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert b"waiting" in done.stdout


def test_a_disk_that_refuses_is_no_traceback(gateway):
    (gateway.folder / "data").write_text("no folder")
    for words in (["tell", "box-a", "identify"], ["ca"], ["revoke", "box-a"], ["firmware", "want", "none"]):
        done = gateway.call(*words)
        assert done.returncode in (75, 78)
        assert "gateway: " in done.stderr
