"""A folder that is in memory, as systemd makes one for the service."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.seal import is_in_memory


@pytest.fixture
def memory_folder(tmp_path: Path) -> Iterator[Path]:
    shared = Path("/dev/shm")
    if is_in_memory(shared):
        folder = Path(tempfile.mkdtemp(prefix="tram-", dir=shared))
        yield folder
        shutil.rmtree(folder, ignore_errors=True)
        return
    folder = tmp_path / "memory"
    folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)
