"""A card that was copied, or put into another machine: from now on this machine's gateway is the one."""

from argparse import Namespace

from gateway.buffer import Buffer
from gateway.cli.show import EXIT_OK, note
from gateway.cli.texts import text
from gateway.config import Config

BUFFER_NAME = "buffer"


def act(settings: Config, _options: Namespace) -> int:
    Buffer.adopt(settings.path(settings.data_dir) / BUFFER_NAME)
    note(text("adopted"))
    return EXIT_OK
