"""The settings that a word was given."""

from argparse import Namespace

from server import logs
from server.config import Config, load


def settings(asked: Namespace) -> Config:
    """The settings that were named; logs are set up as they say."""
    if asked.config is None:
        asked.parser.error("--config FILE is needed")
    config = load(asked.config)
    logs.set_up(config.log.level, config.log.form)
    return config
