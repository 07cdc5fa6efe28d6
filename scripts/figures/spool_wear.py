"""What a scan costs in flash, for several layouts of a spool on littlefs: the table in firmware/spool/FORMAT.md.

python -m scripts.figures.spool_wear [--records 3000] [--code-bytes 110]
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.firmware_build import run_micropython

BOX = Path(__file__).resolve().parent.parent / "spool"
CHIPS = {32: "esp32, programs of 32", 256: "rp2, programs of 256"}
HEAP = "24M"  # the flash itself lies in the interpreter's memory here

app = typer.Typer(add_completion=False)


@app.command()
def wear(
    records: Annotated[int, typer.Option(help="Scans for each layout.")] = 3000,
    code_bytes: Annotated[int, typer.Option(help="Bytes of each code.")] = 110,
) -> None:
    """Measure every layout on both chips' program sizes; print the table as Markdown."""
    lines = []
    with Console(stderr=True).status("measuring …") as status:
        for prog_bytes, chip in CHIPS.items():
            status.update(f"measuring: {chip} …")
            lines += measured(prog_bytes, records, code_bytes)
    for live, title in ((False, "backlog: nothing is acked"), (True, "live: each scan is acked before the next")):
        typer.echo(f"\n{title}\n\n{table([line for line in lines if line['live'] is live])}")


def measured(prog_bytes: int, records: int, code_bytes: int) -> list[dict[str, Any]]:
    """Every layout on one chip: {layout, prog_bytes, live, erases, bytes, p99, most}."""
    script: list[str | Path] = [BOX / "wear.py", str(prog_bytes), str(records), str(code_bytes)]
    done = run_micropython(script, heap=HEAP, timeout_s=600)
    if done.returncode:
        raise SystemExit(done.stdout.decode() + done.stderr.decode())
    return [json.loads(line) for line in done.stdout.splitlines()]


def table(lines: list[dict[str, Any]]) -> str:
    """One row for each layout, a column of figures for each chip."""
    rows = ["| layout | " + " | ".join(CHIPS.values()) + " |", "|---|" + "---|" * len(CHIPS)]
    for layout in dict.fromkeys(line["layout"] for line in lines):
        cells = [f"{one['erases']:.2f} / {one['p99']} / {one['bytes']:.0f}" for one in lines if one["layout"] == layout]
        rows.append(f"| {layout} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


if __name__ == "__main__":
    app(prog_name="scripts.figures.spool_wear")
