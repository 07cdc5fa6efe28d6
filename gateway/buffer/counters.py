"""Counters that survive a restart."""

from collections.abc import Mapping


def group(counts: Mapping[str, int], prefix: str) -> dict[str, int]:
    """The counters `prefix.<name>`, by name."""
    return {name[len(prefix) + 1 :]: n for name, n in sorted(counts.items()) if name.startswith(prefix + ".")}
