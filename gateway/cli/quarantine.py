"""What the gateway has set aside: messages that nobody can be asked about, each with its reason."""

from argparse import Namespace
from datetime import datetime, timedelta, timezone

from gateway import aside
from gateway.cli.show import EXIT_OK, note, say, say_json, table
from gateway.cli.texts import text
from gateway.config import Config

COLUMNS = ["when", "topic", "reason", "bytes"]
# Asia/Ho_Chi_Minh has had no other offset since 1975, and no summer time.
_VIETNAM = timezone(timedelta(hours=7))


def show(settings: Config, options: Namespace) -> int:
    counts, latest = aside.read(settings.path(settings.data_dir) / aside.FILE_NAME)
    if options.json:
        say_json({"counts": counts, "latest": latest})
        return EXIT_OK
    if not counts:
        note(text("none_aside"))
        return EXIT_OK
    reasons = ", ".join(f"{reason} {many}" for reason, many in sorted(counts.items(), key=lambda one: -one[1]))
    say(text("aside", n=sum(counts.values()), reasons=reasons))
    table(COLUMNS, [[_when(one["utc_ms"]), one["topic"], one["reason"], one["length"]] for one in latest])
    if len(latest) >= aside.MOST:
        note(text("aside_latest", n=len(latest)))
    return EXIT_OK


def _when(utc_ms: int | None) -> str:
    if utc_ms is None:
        return "?"
    return datetime.fromtimestamp(utc_ms / 1000, _VIETNAM).strftime("%Y-%m-%d %H:%M:%S")
