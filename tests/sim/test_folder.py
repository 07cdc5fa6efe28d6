"""A run leaves no folder behind, not even when it is killed: the next run removes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.sim.folder import remove_abandoned, run_folder

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from scripts.sim.folder import run_folder
with run_folder(Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


def test_the_folder_is_gone_after_the_run(tmp_path):
    with run_folder(tmp_path) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_gone_after_a_run_that_failed(tmp_path):
    with pytest.raises(ZeroDivisionError), run_folder(tmp_path):
        1 / 0  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_two_runs_have_two_folders(tmp_path):
    with run_folder(tmp_path) as one, run_folder(tmp_path) as other:
        assert one != other
        assert one.is_dir()


def test_the_folder_of_a_run_that_was_killed_is_removed_and_one_in_use_is_not(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        folder = Path(holder.stdout.readline().decode().strip())
        remove_abandoned(tmp_path)
        assert folder.is_dir()
        holder.kill()
        holder.wait()
        remove_abandoned(tmp_path)
        assert not folder.exists()


def test_what_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "tram-demo-notes").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "lock").write_text("")
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
