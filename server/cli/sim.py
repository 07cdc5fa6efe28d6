"""`python -m server sim`: the simulated province."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

Add = Callable[..., Any]


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
