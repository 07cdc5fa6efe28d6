"""`tram poster`: what hangs at a gate."""

from pathlib import Path
from typing import Annotated

import typer

from scripts.tram import exits, out
from scripts.tram.lang import pick
from scripts.tram.poster.words import PURPOSE, TITLE, WORDS
from scripts.tram.trouble import Trouble

_MOST = {"--title": 80, "--basis": 160, "--contact": 120, "--code": 300, "--code-title": 60}

app = typer.Typer(add_completion=False)


@app.command(
    help=pick(
        "Áp phích ở cổng: phải làm gì, đèn báo gì, ở đây giữ gì. Tiếng Việt và tiếng Anh.",
        "A gate's poster: what to do, what the lights mean, what is kept. In Vietnamese and English.",
    )
)
def poster(
    title: Annotated[str, typer.Option(help=pick("Tên địa điểm và cổng.", "The place and the gate."))] = "",
    direction: Annotated[str, typer.Option(help=pick("Chiều: in, out, both.", "in, out or both."))] = "both",
    purpose: Annotated[
        str,
        typer.Option(
            help=pick("identified (giữ từng người) hoặc counts_only (chỉ đếm).", "identified or counts_only.")
        ),
    ] = "counts_only",
    basis: Annotated[str, typer.Option(help=pick("Căn cứ pháp lý.", "On what legal basis."))] = "",
    contact: Annotated[str, typer.Option(help=pick("Liên hệ ai.", "Whom to ask."))] = "",
    code: Annotated[
        str, typer.Option(help=pick("Mã của địa điểm (chữ trong mã QR).", "The place's own code: its text."))
    ] = "",
    code_title: Annotated[str, typer.Option(help=pick("Chữ dưới mã đó.", "What stands below it."))] = "",
    size: Annotated[str, typer.Option(help=pick("Cỡ giấy: a4, a3.", "Paper: a4 or a3."))] = "a4",
    to: Annotated[
        Path, typer.Option("--out", help=pick("Ghi vào tệp .pdf hoặc .png.", "Into this .pdf or .png."))
    ] = Path("poster.pdf"),
) -> None:
    texts = {"--title": title, "--basis": basis, "--contact": contact, "--code": code, "--code-title": code_title}
    _check(direction, purpose, basis, texts)
    from scripts.tram.paper.saving import checked, saved
    from scripts.tram.poster.draw import SIZES, Poster, drawn

    checked(to)
    if size.lower() not in SIZES:
        raise Trouble("size_unknown", exits.USAGE, WORDS, text=size)
    made = drawn(Poster(title, direction, purpose, basis, contact, code, code_title), size.lower())
    files = [str(file) for file in saved(made, to, 200)]
    facts: dict[str, object] = {"size": size.lower(), "purpose": purpose, "direction": direction, "files": files}
    out.result(facts, WORDS("saved", files=", ".join(files)), WORDS("hang"))


def _check(direction: str, purpose: str, basis: str, texts: dict[str, str]) -> None:
    if direction not in TITLE:
        raise Trouble("direction_unknown", exits.USAGE, WORDS, text=direction)
    if purpose not in PURPOSE:
        raise Trouble("purpose_unknown", exits.USAGE, WORDS, text=purpose)
    if purpose == "identified" and not basis.strip():
        raise Trouble("basis_needed", exits.USAGE, WORDS)
    for option, text in texts.items():
        if len(text) > _MOST[option]:
            raise Trouble("text_long", exits.REFUSED, WORDS, option=option, most=_MOST[option])
