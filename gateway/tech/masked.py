"""Settings as a technician sees them: with `***` in the place of every secret, which stays what it was when it comes
back. Pure."""

from collections.abc import Mapping
from typing import Any

MASK = "***"
_SECRETS = (("gate", "control_key"),)


def masked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A copy; an empty secret stays empty."""
    shown = {key: dict(value) if isinstance(value, dict) else value for key, value in settings.items()}
    if isinstance(shown.get("wifi"), list):
        shown["wifi"] = [[one[0], MASK if one[1] else ""] if _is_network(one) else MASK for one in shown["wifi"]]
    for section, key in _SECRETS:
        if isinstance(shown.get(section), dict) and shown[section].get(key):
            shown[section][key] = MASK
    return shown


def unmasked(settings: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """-> (with the secrets of `before` in place of `***`, the key of one that is not known there, or "")."""
    whole = {key: dict(value) if isinstance(value, dict) else value for key, value in settings.items()}
    lacking = ""
    if isinstance(whole.get("wifi"), list):
        known = {one[0]: one[1] for one in before.get("wifi") or [] if _is_network(one)}
        whole["wifi"] = [_with_password(one, known) for one in whole["wifi"]]
        if any(one == MASK or (_is_network(one) and one[1] == MASK) for one in whole["wifi"]):
            lacking = "wifi"
    for section, key in _SECRETS:
        if isinstance(whole.get(section), dict) and whole[section].get(key) == MASK:
            had = before.get(section)
            if isinstance(had, dict) and had.get(key):
                whole[section][key] = had[key]
            else:
                lacking = f"{section}.{key}"
    return whole, lacking


def _is_network(one: object) -> bool:
    return isinstance(one, list) and len(one) == 2 and all(isinstance(part, str) for part in one)


def _with_password(one: Any, known: Mapping[str, str]) -> Any:
    return [one[0], known[one[0]]] if _is_network(one) and one[1] == MASK and one[0] in known else one
