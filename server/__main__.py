"""python -m server --config FILE: serve. Also `token` (make one) and `rebuild` (ledgers anew from what was kept)."""

import argparse
import json
import sys
from pathlib import Path

import structlog

from server import app, logs
from server.config import load
from server.errors import Unusable
from server.web.doors import digest, new_token

REFUSED_TO_START = 2


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0 after a clean stop, 2 where it refuses to start."""
    asked = _ask(arguments)
    if asked.command == "token":
        token = new_token()
        print(json.dumps({"token": token, "token_sha256": digest(token)}))
        return 0
    logs.set_up("info", "json")
    try:
        config = load(asked.config)
        logs.set_up(config.log.level, config.log.form)
        if asked.command == "rebuild":
            structlog.get_logger().info("rebuilt", ledgers=app.rebuild(config))
        else:
            app.Server(config).run()
    except Unusable as err:
        structlog.get_logger().error("refused_to_start", code=err.code, detail=err.detail)
        print(f"server: {err.detail}", file=sys.stderr)
        return REFUSED_TO_START
    return 0


def _ask(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m server", description="The central server of Trạm.")
    parser.add_argument(
        "command",
        nargs="?",
        choices=("serve", "token", "rebuild"),
        default="serve",
        help="serve (the default); token: make a token and its SHA-256; rebuild: every ledger anew from what was kept",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings (TOML)")
    asked = parser.parse_args(arguments)
    if asked.command != "token" and asked.config is None:
        parser.error("--config FILE is needed")
    return asked


if __name__ == "__main__":
    sys.exit(main())
