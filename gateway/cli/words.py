"""Every word of the command line, and whose it is."""

import argparse
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from gateway.cli import (
    adopt,
    authority,
    boxes,
    broker,
    doctor,
    firmware,
    panel,
    quarantine,
    settings,
    technician,
    tell,
    texts,
)
from gateway.config import Config


def add_to(words: Any, common: argparse.ArgumentParser) -> None:
    """`words`: what add_subparsers() gave; `common`: the options that every word has."""

    common.add_argument("--lang", choices=["vi", "en"], help="tiếng Việt | English; without it as LANG says")

    def word(name: str, text: str, act: Any) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = words.add_parser(name, parents=[common], help=text, description=text)
        made.set_defaults(act=_in_its_language(act))
        return made

    word("broker", "write mosquitto's configuration, passwords and access rules", broker.write)
    _authority(word, common)
    one = word("doctor", "what is wrong with this gateway, and what to do about it", doctor.act)
    one.add_argument("--json", action="store_true", help="as JSON")
    one.add_argument("--bundle", metavar="FILE", help="also write a zip for ops: no secrets, no personal data")
    word("adopt", "this card was copied or moved here: this machine's gateway is the one from now on", adopt.act)
    one = word("revoke", "let a box in no longer", broker.revoke)
    one.add_argument("box", metavar="BOX")
    one = word("boxes", "what each box said of itself last", boxes.show)
    one.add_argument("--json", action="store_true", help="as JSON")
    one = word("quarantine", "what was set aside because nobody could read it, and why", quarantine.show)
    one.add_argument("--json", action="store_true", help="as JSON")
    _tell(word)
    one = word("settings", "wish all settings of a box, or show what is wished", settings.act)
    one.add_argument("box", metavar="BOX")
    one.add_argument("file", metavar="FILE", help="a JSON object; `-` for standard input, `show` to look")
    _firmware(word, common)
    _panel(word, common)
    _technician(word, common)


def _in_its_language(act: Any) -> Any:
    def in_its_language(settings: Config, options: Namespace) -> int:
        texts.use(options.lang or texts.language_of(os.environ.get("LC_ALL") or os.environ.get("LANG") or ""))
        code: int = act(settings, options)
        return code

    return in_its_language


def _authority(word: Any, common: argparse.ArgumentParser) -> None:
    top = word("ca", "the gateway's authority: its fingerprint, for provisioning codes", authority.show)
    top.add_argument("--renew", action="store_true", help="first make another certificate, by the same authority")
    does = top.add_subparsers(metavar="renew-authority | export | import", title="without a word: the fingerprint")
    one = does.add_parser(
        "renew-authority", parents=[common], help="another authority, without a visit to any box; again: how far it is"
    )
    one.add_argument("--now", action="store_true", help="do not wait for boxes that do not trust it yet")
    one.add_argument("--cancel", action="store_true", help="do without it, as long as it is not in use")
    one.add_argument("--forget-old", action="store_true", help="the old one's key is not needed any more")
    one.set_defaults(act=_in_its_language(authority.renew_authority))
    one = does.add_parser("export", parents=[common], help="write a copy with its keys, to be kept in a safe place")
    one.add_argument("file", metavar="FILE", help="which must not be there yet; `-` for standard output")
    one.set_defaults(act=_in_its_language(authority.export))
    one = does.add_parser("import", parents=[common], help="put such a copy back")
    one.add_argument("file", metavar="FILE", help="`-` for standard input")
    one.add_argument("--sure", action="store_true", help="also in the place of another one that is well")
    one.set_defaults(act=_in_its_language(authority.put_back))


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
    one.set_defaults(act=_in_its_language(firmware.add))
    one = does.add_parser("want", parents=[common], help="from now on this version")
    one.add_argument("version", type=firmware.version, metavar="VERSION", help="a number, or `none`")
    one.add_argument("--box", metavar="BOX", help="only for this box, whatever is wanted for all")
    one.set_defaults(act=_in_its_language(firmware.want))
    one = does.add_parser("back", parents=[common], help="what was wanted before, again")
    one.add_argument("--box", metavar="BOX")
    one.set_defaults(act=_in_its_language(firmware.back))


def _panel(word: Any, common: argparse.ArgumentParser) -> None:
    top = word("panel", "who may look at the place's own page", panel.show)
    does = top.add_subparsers(metavar="password", title="without a word: who may look")
    one = does.add_parser("password", parents=[common], help="make the line of a person for its password file")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(act=_in_its_language(panel.password))


def _technician(word: Any, common: argparse.ArgumentParser) -> None:
    top = word("technician", "who may come in with a laptop", technician.show)
    top.add_argument("--json", action="store_true", help="as JSON")
    does = top.add_subparsers(metavar="add | remove | list", title="without a word: who may")
    one = does.add_parser("add", parents=[common], help="let somebody in: prints the access code, once")
    one.add_argument("name", metavar="NAME")
    one.add_argument("--days", type=int, default=90, metavar="N", help="so long it is good; 90 without a word")
    one.set_defaults(act=_in_its_language(technician.add))
    one = does.add_parser("remove", parents=[common], help="let somebody in no longer, from this moment on")
    one.add_argument("name", metavar="NAME")
    one.set_defaults(act=_in_its_language(technician.remove))
    one = does.add_parser("list", parents=[common], help="who may, and until when")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(act=_in_its_language(technician.show))
