"""Every word of the command line, and whose it is."""

import argparse
from pathlib import Path
from typing import Any

from gateway.cli import boxes, broker, firmware, settings, tell


def add_to(words: Any, common: argparse.ArgumentParser) -> None:
    """`words`: what add_subparsers() gave; `common`: the options that every word has."""

    def word(name: str, text: str, act: Any) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = words.add_parser(name, parents=[common], help=text, description=text)
        made.set_defaults(act=act)
        return made

    word("broker", "write mosquitto's configuration, passwords and access rules", broker.write)
    one = word("ca", "print the fingerprint of the gateway's authority, for provisioning codes", broker.authority)
    one.add_argument("--renew", action="store_true", help="first make another certificate, by the same authority")
    one = word("revoke", "let a box in no longer", broker.revoke)
    one.add_argument("box", metavar="BOX")
    one = word("boxes", "what each box said of itself last", boxes.show)
    one.add_argument("--json", action="store_true", help="as JSON")
    _tell(word)
    one = word("settings", "wish all settings of a box, or show what is wished", settings.act)
    one.add_argument("box", metavar="BOX")
    one.add_argument("file", metavar="FILE", help="a JSON object; `-` for standard input, `show` to look")
    _firmware(word, common)


def _tell(word: Any) -> None:
    one = word("tell", "give a box a command", tell.act)
    one.add_argument("box", metavar="BOX")
    one.add_argument("name", metavar="NAME", help="identify, reboot, self_test, fetch_log, …")
    one.add_argument("--arg", metavar="JSON", default="", help="the command's argument, a JSON object")
    one.add_argument(
        "--within", metavar="TIME", type=tell.duration_ms, default="60s", help="60s, 5m, 2h; then it expires"
    )
    one.add_argument("--wait", action="store_true", help="wait for the answer and print it")
    one = word("result", "print what came of a command", tell.show)
    one.add_argument("id", metavar="ID")


def _firmware(word: Any, common: argparse.ArgumentParser) -> None:
    top = word("firmware", "which firmware the boxes should have", firmware.show)
    does = top.add_subparsers(metavar="add | want | back", title="without a word: what there is and what is wanted")
    one = does.add_parser("add", parents=[common], help="take a bundle in: a folder with a manifest and its files")
    one.add_argument("folder", type=Path, metavar="FOLDER")
    one.set_defaults(act=firmware.add)
    one = does.add_parser("want", parents=[common], help="from now on this version")
    one.add_argument("version", type=firmware.version, metavar="VERSION", help="a number, or `none`")
    one.add_argument("--box", metavar="BOX", help="only for this box, whatever is wanted for all")
    one.set_defaults(act=firmware.want)
    one = does.add_parser("back", parents=[common], help="what was wanted before, again")
    one.add_argument("--box", metavar="BOX")
    one.set_defaults(act=firmware.back)
