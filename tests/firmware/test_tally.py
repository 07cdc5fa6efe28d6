"""What is counted over all boots, on a system volume in memory."""

from pathlib import Path

from scripts.firmware_build import ROOT, build, run_micropython

HERE = Path(__file__).parent


def told(script: str, tmp_path: Path) -> list[str]:
    path = tmp_path / "script.py"
    path.write_text("from cuts import fresh\nfrom firmware import tally\nflash, files = fresh()\n" + script)
    paths = f"{build()}:{ROOT / 'scripts' / 'spool'}:{HERE / 'settings'}"
    done = run_micropython([path], heap="2M", path=paths, cwd=tmp_path)
    assert done.stderr == b""
    return done.stdout.decode().split("\n")[:-1]


def test_counts_add_up_over_boots(tmp_path):
    script = (
        "for _ in range(3):\n"
        "    print(tally.add(files, watchdog=1, erases=250)['erases'])\n"
        "print(tally.add(files)['watchdog'])"
    )
    assert told(script, tmp_path) == ["250", "500", "750", "3"]


def test_nothing_is_written_where_nothing_is_added(tmp_path):
    script = "before = flash.programs\nprint(tally.add(files, watchdog=0), flash.programs - before)"
    assert told(script, tmp_path) == ["{'watchdog': 0} 0"]


def test_a_damaged_tally_begins_anew(tmp_path):
    script = (
        "tally.add(files, watchdog=7)\n"
        "files.write_plain('/log/tally', b'{\"watchdog\": 9}')\n"
        "print(tally.add(files, watchdog=1))\n"
        "files.write('/log/tally', b'[1]')\n"
        "print(tally.add(files, watchdog=1))\n"
        "files.write('/log/tally', b'{')\n"
        "print(tally.add(files, watchdog=1))"
    )
    assert told(script, tmp_path) == ["{'watchdog': 1}"] * 3
