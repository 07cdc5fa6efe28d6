"""`tram doctor`: what is wrong with a box, and what to do."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.tram import exits, out
from scripts.tram.lang import pick

app = typer.Typer(add_completion=False)


@app.command(
    help=pick(
        "Tìm xem hộp hỏng ở đâu và phải làm gì: qua cáp USB, hoặc qua trạm bằng --box; --gateway: khám trạm.",
        "Find out what is wrong with a box, and what to do: over a USB cable, or through its gateway with --box; "
        "--gateway alone: with the gateway.",
    )
)
def doctor(
    port: Annotated[
        str | None,
        typer.Option(
            "--port", help=pick("Cổng của bo mạch, nếu có nhiều cổng.", "The board's port, if there are more.")
        ),
    ] = None,
    box: Annotated[
        str | None,
        typer.Option("--box", help=pick("Tên hộp, hỏi qua trạm.", "The box's name: asked through its gateway.")),
    ] = None,
    gateway: Annotated[
        str | None,
        typer.Option(
            "--gateway",
            help=pick(
                "Trạm nào, nếu biết nhiều trạm; không có --box: khám chính trạm đó.",
                "Which gateway, of several; without --box that gateway itself is examined.",
            ),
        ),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", help=pick("Lưu hồ sơ (.zip) để gửi điều hành.", "Save a file (.zip) to send to ops.")),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait", min=1, max=120, help=pick("Đợi hộp trả lời, giây.", "How long to wait for it, in seconds.")
        ),
    ] = 12.0,
) -> None:
    from scripts.tram.doctor import saving
    from scripts.tram.doctor.finding import OK, worst
    from scripts.tram.doctor.words import WORDS
    from scripts.tram.trouble import Trouble

    if port is not None and (box is not None or gateway is not None):
        raise Trouble("box_needs_one", exits.USAGE, WORDS)
    if box is not None:
        from scripts.tram.doctor import lan

        seen = lan.look(box, gateway)
    elif gateway is not None:
        from scripts.tram.doctor import lan

        seen = lan.look_at_gateway(gateway)
    else:
        from scripts.tram.doctor import usb
        from scripts.tram.ports import BOARD_KINDS, choose

        seen = usb.look(choose(port, BOARD_KINDS | {"uf2"}), wait)
    if save is not None:
        saving.save(save, seen, seen.findings)
    counts = {level: sum(1 for finding in seen.findings if finding.level == level) for level in ("bad", "warn", "ok")}
    lines = [line for finding in seen.findings for line in finding.lines()]
    lines += [WORDS("saved", file=save)] if save is not None else []
    is_well = worst(seen.findings) == OK
    lines.append(WORDS("all_well") if is_well else WORDS("some_wrong", **counts))
    told = [finding.told() for finding in seen.findings]
    facts: dict[str, object] = {
        "way": seen.way,
        "findings": told,
        "counts": counts,
        "saved": str(save) if save else None,
    }
    out.result(facts, *lines)
    if not is_well:
        raise typer.Exit(exits.FOUND)
