"""What every page is made with: templates, words, forms as they come in, and how an error is said."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

import jinja2
from litestar import MediaType, Request, Response
from litestar.params import QueryParameter

from server.errors import Refused, TramError
from server.web import bodies
from server.web.desk import desk_of
from server.web.said import SAID
from server.web.words import Phrases, choose

FOLDER = Path(__file__).parent
MOST_FORM_BYTES = 8192
MOST_FIELDS = 16
FORM = "application/x-www-form-urlencoded"

TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

Lang = Annotated[str, QueryParameter(max_length=8)]
Anything = Request[Any, Any, Any]


def phrases(request: Anything, lang: str) -> Phrases:
    """The words of the language that is asked for, or preferred."""
    return Phrases(choose(lang, request.headers.get("accept-language", "")))


def html(template: str, status_code: int = 200, **facts: object) -> Response[Any]:
    """A page that nobody keeps."""
    return Response(
        TEMPLATES.get_template(template).render(**facts),
        media_type=MediaType.HTML,
        status_code=status_code,
        headers={"Cache-Control": "no-store"},
    )


async def fields_of(request: Anything) -> dict[str, str]:
    """A form as it was sent. Raises `Refused`: `content_type`, `too_long`, `body_timeout`, `field`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise Refused("content_type", FORM)
    data = await bodies.read(request, MOST_FORM_BYTES, desk_of(request).limits.body_timeout_s, "too_long")
    try:
        found = parse_qs(data.decode(), errors="strict", max_num_fields=MOST_FIELDS, keep_blank_values=True)
    except (UnicodeDecodeError, ValueError) as err:
        raise Refused("field", "not a form") from err
    return {name: values[0] for name, values in found.items()}


def sentence(say: Phrases, err: TramError | None) -> str:
    """What is wrong, to a person; empty: nothing."""
    if err is None:
        return ""
    said = sentence_of(say, err.code)
    after_s = getattr(err, "retry_after_s", None)
    return said if after_s is None else f"{said} {say('wait', n=after_s)}"


def sentence_of(say: Phrases, code: str) -> str:
    """What a code says to a person."""
    _, english, vietnamese = SAID.get(code, SAID["request"])
    return say.known(code, vietnamese if say.lang == "vi" else english)
