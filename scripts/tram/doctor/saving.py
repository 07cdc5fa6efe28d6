"""The file for ops: what was found and what was said, without a secret and without what anybody showed.

1. Records of scans are never asked for here, so none is in it.
2. The box masks its secrets before they leave it. What still looks like one is masked here too: values under names of
   secrets, set-up codes, and long words of base64.
"""

import io
import json
import platform
import re
import sys
import time
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from scripts.tram.doctor.finding import Finding
from scripts.tram.doctor.usb import Seen
from scripts.tram.home import write_whole

MASK = "***"
_SECRETS = ("password", "token", "control_key", "private_key", "secret", "rotating", "code_text", "psk", "passphrase")
_CODE = re.compile(r"TRAM[A-Z]?[0-9]:[A-Za-z0-9_.:-]+")
_LONG = re.compile(r"(?<![A-Za-z0-9_+/=-])(?=[A-Za-z0-9_+/-]*[A-Z])(?=[A-Za-z0-9_+/-]*[a-z])[A-Za-z0-9_+/-]{22,}={0,2}")


def save(file: Path, seen: Seen, findings: Sequence[Finding]) -> None:
    """Write the ZIP, whole, for its owner alone. OSError: it could not be."""
    log = _log_of(seen.answers)
    parts = {
        "about.json": _json(_about(seen)),
        "findings.json": _json([finding.told() for finding in findings]),
        "answers.json": _json(seen.answers),
        "log.txt": masked_text(log),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, text in parts.items():
            if text:
                pack.writestr(name, text)
    write_whole(file, packed.getvalue(), 0o600)


def masked(value: Any, name: str = "") -> Any:
    """The same without secrets, however deep they lie."""
    if isinstance(value, dict):
        return {key: masked(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        if name == "wifi" and all(isinstance(one, list) and len(one) == 2 for one in value):
            return [[masked(one[0]), MASK] for one in value]
        return [masked(one) for one in value]
    if isinstance(value, str):
        return MASK if value and name in _SECRETS else masked_text(value)
    return value


def masked_text(text: str) -> str:
    """A text without set-up codes and long secrets."""
    return _LONG.sub(MASK, _CODE.sub(MASK, text))


def _json(value: Any) -> str:
    return json.dumps(masked(value), ensure_ascii=False, indent=1, default=str) + "\n"


def _log_of(answers: dict[str, Any]) -> str:
    log = answers.get("log") or {}
    lines = list(log.get("log") or str(log.get("text") or "").splitlines())
    if not lines and answers.get("repl"):
        lines = str(answers["repl"].get("log") or "").splitlines()
    return "".join(f"{line}\n" for line in lines)


def _about(seen: Seen) -> dict[str, Any]:
    try:
        version = metadata.version("tram")
    except metadata.PackageNotFoundError:
        version = "-"
    return {
        "tram": version,
        "way": seen.way,
        "saved_utc_ms": int(time.time() * 1000),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "platform": sys.platform,
    }
