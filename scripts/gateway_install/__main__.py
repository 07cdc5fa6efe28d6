"""scripts/gateway-install: install, upgrade, status, uninstall.

    sudo scripts/gateway-install JOINFILE          make a gateway of this machine; again: nothing is done twice
    sudo scripts/gateway-install                   the same, and asks for what would stand in the file
    sudo scripts/gateway-install upgrade           this folder's version; goes back by itself if it is not well
    sudo scripts/gateway-install status
    sudo scripts/gateway-install uninstall [--purge [--even-unsent]]      data stays unless --purge

Exit codes: 0 done, 1 not done (it says why), 2 called wrongly.
"""

import argparse
import os
import sys
from pathlib import Path

from scripts.gateway_install import join as join_files
from scripts.gateway_install import layout as places
from scripts.gateway_install.install import Install, Wanted, upgrade
from scripts.gateway_install.join import Join, JoinError
from scripts.gateway_install.layout import Layout
from scripts.gateway_install.remove import remove
from scripts.gateway_install.system import StepFailed, System
from scripts.gateway_install.texts import text, use

WORDS = ("upgrade", "status", "uninstall")


def main(arguments: list[str] | None = None) -> int:
    given = _parse(arguments)
    use(given.lang or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en")
    layout = Layout(Path(given.root).resolve())
    if os.geteuid() != 0:
        print(text("root"), file=sys.stderr)
        return 1
    log = layout.at("/var/log/tram-install.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    system = System(layout, log)
    try:
        return _act(given, layout, system)
    except JoinError as error:
        print(text("join_bad", detail=error), file=sys.stderr)
    except StepFailed as error:
        print(f"{error}\n{text('again')}\n({log})", file=sys.stderr)
    return 1


def _act(given: argparse.Namespace, layout: Layout, system: System) -> int:
    is_there = layout.linked(places.CURRENT) is not None
    if given.what == "uninstall":  # what an earlier one has left, too
        is_there = is_there or layout.at(places.STATE).exists() or layout.at(places.SETTINGS).exists()
    if given.what in WORDS and not is_there:
        print(text("not_installed"), file=sys.stderr)
        return 1
    if given.what == "status":
        return _status(layout, system)
    if given.what == "uninstall":
        return 0 if remove(layout, system, given.purge, given.even_unsent) else 1
    wanted = Wanted(Path(given.source), None, given.listen, Path(given.venv) if given.venv else None)
    if given.what == "upgrade":
        return 0 if upgrade(layout, system, wanted) else 1
    wanted = wanted._replace(join=_join(given, layout))
    Install(layout, system, wanted).run()
    print(text("done") if system.has_systemd else text("staged", root=layout.root))
    return 0


def _join(given: argparse.Namespace, layout: Layout) -> Join | None:
    if layout.at(places.CONFIG).exists() and not given.replace_settings:
        print(text("keep_settings", path=places.CONFIG))
        return None
    if given.what is not None:
        return join_files.read(Path(given.called_in) / given.what)
    print(text("ask"))
    return join_files.ask()


def _status(layout: Layout, system: System) -> int:
    print(f"{places.CURRENT} -> {layout.linked(places.CURRENT)}")
    well = True
    for unit in places.UNITS:
        active = system.has_systemd and system.is_active(unit)
        well = well and active
        print(f"{unit}: {'active' if active else 'inactive'}")
    return 0 if well else 1


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/gateway-install", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", metavar="JOINFILE | upgrade | status | uninstall")
    parser.add_argument("--root", default="/", metavar="DIR", help="put everything below DIR, and start nothing")
    parser.add_argument("--listen", default="0.0.0.0", metavar="ADDRESS", help="where boxes come in (0.0.0.0)")  # noqa: S104
    parser.add_argument("--replace-settings", action="store_true", help="write the settings anew, from the join file")
    parser.add_argument("--purge", action="store_true", help="uninstall: delete settings and data too")
    parser.add_argument("--even-unsent", action="store_true", help="… also scans that the server does not have yet")
    parser.add_argument("--venv", metavar="DIR", help="use these Python packages instead of fetching them")
    parser.add_argument("--lang", choices=["vi", "en"])
    parser.add_argument(
        "--from", dest="source", default=str(Path(__file__).resolve().parents[2]), help=argparse.SUPPRESS
    )
    parser.add_argument("--called-in", default=".", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
