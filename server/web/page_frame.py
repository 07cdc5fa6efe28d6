"""What every page of a person has around it: their pages by role, the language, the way out.

1. A link is shown to who may use the page now; a role that needs a second factor and has none is led to setting it up.
2. An error stands beside its field where it has one, and at the top otherwise; its status is that of its code.
3. Who is not in is led to the log-in; what cannot be shown is said on a page, and not as JSON (`PAGE`).
"""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.response import Redirect

from server.access import roles
from server.access.who import USER, Who
from server.errors import TramError
from server.web import problems
from server.web.desk import desk_of
from server.web.doors import COOKIE
from server.web.page_parts import html, phrases, sentence
from server.web.words import Phrases

Anything = Request[Any, Any, Any]
FACTOR = "/second-factor"
PAGES = (
    ("/", "menu_ledger", roles.may("look_at_scans")),
    ("/requests", "menu_requests", roles.may("answer_requests")),
    ("/users", "menu_users", roles.may("change_users")),
)


class Link(NamedTuple):
    """One of a person's pages."""

    href: str
    text: str
    is_here: bool


def menu(say: Phrases, who: Who, here: str = "") -> list[Link]:
    """The pages of who asks, those first that are theirs by a role."""
    found = [(path, key) for path, key, may in PAGES if who.acting & frozenset(may) and not who.must_change_password]
    if who.by == USER and not who.must_change_password:
        found.append((FACTOR, "menu_factor"))
    return [Link(at(path, say), say(key), path == here) for path, key in found]


def framed(
    say: Phrases, who: Who, template: str, here: str, err: TramError | None = None, **facts: Any
) -> Response[Any]:
    """A page. `here`: its path; `err`: what went wrong, said in it as `wrong`."""
    around = {"name": who.name, "menu": menu(say, who, here), "here": here, "wrong": sentence(say, err)}
    return html(template, problems.status_of(err) if err else 200, say=say, **(around | facts))


def on_page_error(request: Anything, err: TramError) -> Response[Any]:
    """What stopped a page, as a page."""
    say = phrases(request, request.query_params.get("lang", ""))
    desk_of(request).metrics.error(err.code)
    if problems.status_of(err) == 401:
        return to_log_in(request, say)
    return html("refused.html", problems.status_of(err), say=say, wrong=sentence(say, err))


def to_log_in(request: Anything, say: Phrases) -> Redirect:
    """For who is not in, or not any more."""
    more = {"ended": "true"} if request.cookies.get(COOKIE) else {}
    return Redirect(at("/login", say, **more), status_code=303)


def at(path: str, say: Phrases, **more: str) -> str:
    """A path of ours, in this language."""
    return f"{path}?{urlencode({'lang': say.lang, **more})}"


PAGE: Any = {"include_in_schema": False, "exception_handlers": {TramError: on_page_error}}
FORM: Any = {**PAGE, "status_code": 200}
