"""`python -m server holder`: the process that holds the keys, and what is done to them by hand."""

import asyncio
import json
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from server import app, keys
from server.cli.settings import settings
from server.config import Config
from server.errors import Refused, Unusable
from server.holder import files
from server.holder.folder import Folder
from server.holder.serving import Serving, narrow
from server.persons.retention import date_of

Add = Callable[..., Any]
WORDS = ("serve", "days", "new-sealing-key", "rotate-pepper", "forget-old-peppers")

WARNING = (
    "A new pepper gives everybody another pseudonym. Who looked somebody up before can then not be told to them any"
    " more, and contacts of earlier answers cannot be opened: answer the open requests (`request list`), and finish"
    " the open cases, first.\n"
    "Khóa băm mới cho mọi người bí danh khác. Sau đó không còn cho ai biết được ai đã xem họ trước lúc này, và không mở"
    " được người tiếp xúc của các câu trả lời cũ: hãy trả lời các yêu cầu đang mở (`request list`) và làm xong các vụ"
    " việc đang mở trước đã."
)


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    made = add_word(
        words, "holder", _holder, "hold the keys in a process of its own (settings: [holder] socket)", with_config
    )
    made.add_argument("do", nargs="?", choices=WORDS, default="serve", help="serve (if nothing is said), or once: …")
    made.add_argument("--yes", action="store_true", help="rotate-pepper: the warning is known, do it")


def _holder(asked: Namespace) -> None:
    config = settings(asked)
    if asked.do == "serve":
        asyncio.run(_serve(config))
        return
    if asked.do == "rotate-pepper" and not asked.yes:
        _agreed()
    print(json.dumps({"days": _days, "new-sealing-key": _new_key}.get(asked.do, _pepper)(config, asked.do)))


def _agreed() -> None:
    """Raises `Refused`: `not_confirmed`."""
    print(WARNING, file=sys.stderr)
    if not sys.stdin.isatty() or input("yes / no: ").strip() != "yes":
        raise Refused("not_confirmed", "nothing was changed; --yes says that the warning is known")


async def _serve(config: Config) -> None:
    if not config.holder.socket:
        raise Unusable("settings", "[holder] socket is not set: the server holds the keys itself")
    narrow()
    path = Path(config.holder.socket)
    if not path.parent.exists():
        files.folder(path.parent)
    holder = app.make_local_holder(config, app.read_keys(config))
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    try:
        async with Serving(holder, path, config.holder.uids):
            structlog.get_logger().info("holding", socket=str(path), days=len(await holder.days()))
            await done.wait()
    finally:
        await holder.close()
    structlog.get_logger().info("stopped")


def _days(config: Config, word: str) -> dict[str, Any]:
    async def work() -> list[Any]:
        holder = app.make_holder(config, app.read_keys(config))
        try:
            return list(await holder.days())
        finally:
            await holder.close()

    found = asyncio.run(work())
    return {"days": [{"date": str(date_of(one.day)), "class": one.class_, "key": one.fingerprint} for one in found]}


def _new_key(config: Config, word: str) -> dict[str, Any]:
    folder = Folder(config.holder_folder())
    name = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%SZ.key")
    return {"public_key": keys.new(folder.sealing / name), "file": name}


def _pepper(config: Config, word: str) -> dict[str, Any]:
    """After a new one: `python -m server rebuild`, then `forget-old-peppers`."""
    folder = Folder(config.holder_folder())
    if word == "rotate-pepper":
        return {"pepper": folder.rotate_pepper(), "next": "python -m server rebuild, then holder forget-old-peppers"}
    return {"destroyed": folder.forget_old_peppers()}
