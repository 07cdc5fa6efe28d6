"""Errors as answers: one table from code to HTTP status and sentences, one form (RFC 9457, `application/problem+json`).

A code that is not in the table (`server.web.said`) is the wire's: what was sent is wrong, 400. A 503 says when to come
again. `title` is in the language that was asked for, `en` and `vi` are there always. What the database's driver says
goes to the log and not outside: it names hosts, users and files. A browser that asked for a page is told on a page.
"""

import http
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec

from server.errors import TramError, Unavailable
from server.web.desk import desk_of
from server.web.headers import HEADERS
from server.web.page_parts import html, phrases, sentence_of
from server.web.said import SAID
from server.web.words import choose

# what Litestar itself finds wrong with a request
MOST_DETAIL = 300
BUSY = "store_busy"
OF_THE_STORE = (BUSY, "store_failed", "store_full", "store_damaged")
FRAMEWORK_CODES = {404: "not_found", 405: "method", 413: "batch_too_large"}


class Problem(msgspec.Struct):
    """What is wrong: `code` is stable; `en` and `vi` say it to a person, `title` in the language that was asked for;
    `detail` is more of it, in English."""

    title: str
    status: int
    code: str
    detail: str
    en: str = ""
    vi: str = ""


def refusals(*codes: int) -> dict[int, ResponseSpec]:
    """Answers that are problems, for OpenAPI; whoever asks too often gets one anywhere."""
    return refusals_to_gateways(*codes, 429)


def refusals_to_gateways(*codes: int) -> dict[int, ResponseSpec]:
    """The same where nobody counts who asks (`pace.FREE`)."""
    return {
        code: ResponseSpec(Problem, media_type="application/problem+json", generate_examples=False) for code in codes
    }


def on_tram_error(request: Request[Any, Any, Any], err: TramError) -> Response[Problem]:
    """One of our own errors. One that knows when to come again (`retry_after_s`) says so."""
    detail = err.detail
    if err.code in OF_THE_STORE:
        if err.code != BUSY:  # which comes with every request for as long as it lasts
            structlog.get_logger().warning("store_unavailable", code=err.code, detail=detail)
        detail = ""
    answer = _answer(request, err.code, status_of(err), detail)
    if (after_s := getattr(err, "retry_after_s", None)) is not None:
        answer.headers["Retry-After"] = str(after_s)
    return answer


def status_of(err: TramError) -> int:
    """The HTTP status of one of our own errors."""
    said = SAID.get(err.code)
    return said[0] if said else 503 if isinstance(err, Unavailable) else 400


def on_http_error(request: Request[Any, Any, Any], err: HTTPException) -> Response[Any]:
    """An error of the framework: an unknown path, a parameter that is no number."""
    if err.status_code >= 500:
        return on_mistake(request, err)
    code = FRAMEWORK_CODES.get(err.status_code, "request")
    detail = err.detail
    if isinstance(err.extra, list):
        detail += ": " + ", ".join(f"{one.get('key')}: {one.get('message')}" for one in err.extra)
    if _wants_page(request):
        return _page(request, code, err.status_code)
    answer = _answer(request, code, err.status_code, detail)
    if (allow := (err.headers or {}).get("allow")) is not None:
        answer.headers["Allow"] = allow
    return answer


def on_mistake(request: Request[Any, Any, Any], err: Exception) -> Response[Any]:
    """A mistake of ours: in the log with its trace, and not told outside."""
    structlog.get_logger().error("mistake", path=request.url.path, exc_info=err)
    if _wants_page(request):
        return _page(request, "internal", 500)
    return _answer(request, "internal", 500, "")


def _wants_page(request: Request[Any, Any, Any]) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")


def _page(request: Request[Any, Any, Any], code: str, status: int) -> Response[Any]:
    desk_of(request).metrics.error(code)
    say = phrases(request, request.query_params.get("lang", ""))
    answer = html("refused.html", status, say=say, wrong=sentence_of(say, code))
    answer.headers.update(HEADERS)
    return answer


def _answer(request: Request[Any, Any, Any], code: str, status: int, detail: str) -> Response[Problem]:
    desk = desk_of(request)
    desk.metrics.error(code)
    headers = dict(HEADERS)
    detail = "".join(letter for letter in detail[:MOST_DETAIL] if letter.isprintable())
    if status == 503:
        headers["Retry-After"] = str(desk.limits.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (408, 413):
        headers["Connection"] = "close"
    _, en, vi = SAID.get(code, (status, http.HTTPStatus(status).phrase, http.HTTPStatus(status).phrase))
    lang = choose("", request.headers.get("accept-language", "en"))
    headers["Content-Language"] = lang
    headers["Vary"] = "Accept-Language"
    return Response(
        Problem(vi if lang == "vi" else en, status, code, detail, en, vi),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )
