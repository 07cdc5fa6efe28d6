"""The shared room: pure, and in every place that needs it."""

import ast
from pathlib import Path

from scripts.gateway_install.install import PROGRAM

ROOT = Path(__file__).resolve().parents[2]
OURS = {"firmware", "gateway", "server", "presence", "scripts", "tests"}
MAY_USE = {"array", "bisect", "collections", "datetime", "presence", "struct", "typing"}
IMPURE = {"open", "print", "input", "exec", "eval"}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def files(room):
    return sorted((ROOT / room).rglob("*.py"))


def test_it_uses_nothing_but_itself_and_pure_parts_of_the_standard_library():
    used = {name.split(".")[0] for path in files("presence") for name in imported(path)}
    assert used <= MAY_USE


def test_it_does_nothing_outside_and_asks_no_clock():
    calls = set()
    for path in files("presence"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                calls.add(ast.unparse(node.func))
    assert not calls & IMPURE
    assert not [name for name in calls if name.endswith((".now", ".today", ".utcnow", ".time"))]


def test_whatever_the_gateway_imports_of_ours_is_installed_with_it():
    rooms = {name.split(".")[0] for path in files("gateway") for name in imported(path)} & OURS
    assert "presence" in rooms
    assert {room for room in rooms if not any(part.split("/")[0] == room for part in PROGRAM)} == set()
