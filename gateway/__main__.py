"""The gateway's command line.

    python -m gateway --config FILE            run in the foreground until SIGTERM or Ctrl-C
    python -m gateway WORD --config FILE       anything else; `--help` lists the words, `WORD --help` explains one

Exit codes: 0 stopped when told to, or done; 1 the box said no; 78 a setting is wrong (its name and line are printed);
75 it cannot run just now (somebody else has the buffer open, the disk is full); 70 something failed that should not.
"""

import argparse
import asyncio
import os
import signal
import sys
from argparse import Namespace
from pathlib import Path

import structlog

from gateway import app, config, starts
from gateway import log as log_lines
from gateway.buffer import BufferFault
from gateway.certs import CertError
from gateway.cli import words
from gateway.config import Config, ConfigError
from gateway.enrol import EnrolError
from gateway.mqtt.broker import BrokerError
from gateway.service import Service

EXIT_OK, EXIT_FAULT, EXIT_LATER, EXIT_CONFIG = 0, 70, 75, 78

log = structlog.get_logger()


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    try:
        settings = config.load(options.config)
        code: int = options.act(settings, options)
        return code
    except (ConfigError, BrokerError, CertError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except OSError as error:
        print(f"gateway: {error}", file=sys.stderr)
        return EXIT_LATER
    except KeyboardInterrupt:
        return EXIT_OK


def _parse(arguments: list[str] | None) -> Namespace:
    where = {"type": Path, "metavar": "FILE", "help": "the TOML file with all settings"}
    parser = argparse.ArgumentParser(
        prog="python -m gateway",
        description="Tram's gateway: keeps what the boxes scan, and passes it on to the server.",
        epilog="Exit codes: 0 stopped or done, 1 a box said no, 70 fault, 75 not now, 78 a wrong setting.",
    )
    parser.add_argument("--config", **where)  # type: ignore[arg-type]
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", default=argparse.SUPPRESS, **where)  # type: ignore[arg-type]
    subparsers = parser.add_subparsers(metavar="WORD", title="words (without one: run)")
    run = subparsers.add_parser("run", parents=[common], help="run in the foreground")
    run.set_defaults(act=_act_run)
    parser.set_defaults(act=_act_run)
    words.add_to(subparsers, common)
    options = parser.parse_args(arguments)
    if options.config is None:
        parser.error("the following arguments are required: --config")
    return options


def _act_run(settings: Config, _options: Namespace) -> int:
    log_lines.set_up(settings.log.level, settings.log.form)
    service = Service()
    starts.pause(service.runtime_folder, service.waits)
    return asyncio.run(_run(settings))


async def _run(settings: Config) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    log.info("gateway starts", gateway_id=settings.gateway_id, broker=f"{settings.broker.host}:{settings.broker.port}")
    try:
        await app.run(settings, stopping)
    except BufferFault as fault:
        log.error("the buffer cannot be opened", code=fault.code, detail=fault.detail)
        return EXIT_LATER
    except EnrolError as error:
        log.error("boxes could not enrol", code=error.code, detail=str(error))
        return EXIT_LATER
    except ExceptionGroup as group:
        if group.subgroup(app.Slept) is not None:
            log.warning("the machine was suspended: starting anew")
            return EXIT_LATER
        log.error("a task failed", exc_info=group)
        return EXIT_FAULT
    log.info("gateway stopped")
    return EXIT_OK


if __name__ == "__main__":
    os.umask(0o077)  # what it makes is its own: nobody else reads it, however it was started
    sys.exit(main())
