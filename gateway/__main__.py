"""The gateway's command line.

    python -m gateway --config FILE            run in the foreground until SIGTERM or Ctrl-C
    python -m gateway broker --config FILE     write mosquitto's configuration, passwords and access rules

Exit codes: 0 stopped when told to; 78 a setting is wrong (its name and line are printed); 75 it cannot run just now
(somebody else has the buffer open, the disk is full); 70 something failed that should not.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import structlog

from gateway import app, config
from gateway import log as log_lines
from gateway.buffer import BufferFault
from gateway.config import Config, ConfigError
from gateway.mqtt.broker import BrokerError, Listen, write_config

EXIT_OK, EXIT_FAULT, EXIT_LATER, EXIT_CONFIG = 0, 70, 75, 78

log = structlog.get_logger()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m gateway",
        description="Tram's gateway: keeps what the boxes scan, and passes it on to the server.",
        epilog="Exit codes: 0 stopped, 70 fault, 75 not now, 78 a wrong setting.",
    )
    parser.add_argument(
        "what", nargs="?", choices=["run", "broker"], default="run", help="run (default), or write the broker's files"
    )
    parser.add_argument("--config", required=True, type=Path, metavar="FILE", help="the TOML file with all settings")
    options = parser.parse_args(arguments)
    try:
        settings = config.load(options.config)
        if options.what == "broker":
            print(_write_broker(settings))
            return EXIT_OK
        log_lines.set_up(settings.log.level, settings.log.form)
        return asyncio.run(_run(settings))
    except (ConfigError, BrokerError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return EXIT_CONFIG
    except KeyboardInterrupt:
        return EXIT_OK


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
    except ExceptionGroup as group:
        log.error("a task failed", exc_info=group)
        return EXIT_FAULT
    log.info("gateway stopped")
    return EXIT_OK


def _write_broker(settings: Config) -> Path:
    broker = settings.broker
    if not broker.folder or not broker.boxes_file:
        raise ConfigError(
            "setting", "`broker.folder` and `broker.boxes_file` say where the broker's files go and who may come in"
        )
    passwords = config.read_boxes(settings.path(broker.boxes_file))
    if broker.username in passwords:
        raise ConfigError("secret", f"{broker.boxes_file}: `{broker.username}` is the gateway's own user name")
    passwords[broker.username] = settings.secret(broker.password_file).reveal()
    listen = [Listen(address, broker.port) for address in broker.listen]
    return write_config(settings.path(broker.folder), listen, broker.username, passwords)


if __name__ == "__main__":
    sys.exit(main())
