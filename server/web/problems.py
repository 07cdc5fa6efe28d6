"""Errors as answers: one table from code to HTTP status, one form (RFC 9457, `application/problem+json`).

A code that is not in the table is the wire's: what was sent is wrong, 400. A 503 says when to come again.
"""

import http
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from server.errors import TramError, Unavailable
from server.web.desk import desk_of
from server.web.headers import HEADERS

STATUS = {
    "no_token": 401,
    "wrong_token": 401,
    "no_certificate": 401,
    "gateway_mismatch": 403,
    "other_certificate": 403,
    "other_site": 403,
    "not_found": 404,
    "method": 405,
    "body_timeout": 408,
    "box_not_assigned": 409,
    "box_fixed": 409,
    "command_taken": 409,
    "version_taken": 409,
    "too_many": 409,
    "batch_too_large": 413,
    "too_long": 413,
    "content_type": 415,
    "encoding": 415,
    "range": 416,
    "too_many_readers": 503,
    "store_busy": 503,
    "store_full": 503,
    "store_failed": 503,
    "store_damaged": 503,
    "internal": 500,
}
# what Litestar itself finds wrong with a request
FRAMEWORK_CODES = {404: "not_found", 405: "method", 413: "batch_too_large"}


class Problem(msgspec.Struct):
    """What is wrong: `code` is stable, `detail` is for a person."""

    title: str
    status: int
    code: str
    detail: str


def on_tram_error(request: Request[Any, Any, Any], err: TramError) -> Response[Problem]:
    """One of our own errors."""
    return _answer(request, err.code, STATUS.get(err.code, 503 if isinstance(err, Unavailable) else 400), err.detail)


def on_http_error(request: Request[Any, Any, Any], err: HTTPException) -> Response[Problem]:
    """An error of the framework: an unknown path, a parameter that is no number."""
    if err.status_code >= 500:
        return on_mistake(request, err)
    code = FRAMEWORK_CODES.get(err.status_code, "request")
    detail = err.detail
    if isinstance(err.extra, list):
        detail += ": " + ", ".join(f"{one.get('key')}: {one.get('message')}" for one in err.extra)
    return _answer(request, code, err.status_code, detail)


def on_mistake(request: Request[Any, Any, Any], err: Exception) -> Response[Problem]:
    """A mistake of ours: in the log with its trace, and not told outside."""
    structlog.get_logger().error("mistake", path=request.url.path, exc_info=err)
    return _answer(request, "internal", 500, "")


def _answer(request: Request[Any, Any, Any], code: str, status: int, detail: str) -> Response[Problem]:
    desk = desk_of(request)
    desk.metrics.error(code)
    headers = dict(HEADERS)
    if status == 503:
        headers["Retry-After"] = str(desk.limits.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (408, 413):
        headers["Connection"] = "close"
    return Response(
        Problem(http.HTTPStatus(status).phrase, status, code, detail),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )
