"""The page of one's own second factor: the secret as a picture and as text, a code back, the recovery codes once.

1. The secret is shown to who has given the password in that very request, and to nobody who comes back to the page.
   With a wrong code it is shown again to who sends it along, and to nobody else.
2. Who has confirmed goes on in a new session; the ones of before have ended (`second_factor`).
3. Nothing here comes from another site's page, and nobody keeps it (no-store).
"""

from io import BytesIO
from typing import Any

import segno
import structlog
from litestar import Response, get, post
from litestar.response import Redirect

from server.access import totp
from server.access.who import USER, Who
from server.errors import Refused, TramError
from server.web import entry, second_factor
from server.web.desk import desk_of
from server.web.doors import COOKIE
from server.web.page_frame import FACTOR, FORM, PAGE, at, framed
from server.web.page_parts import Anything, Lang, fields_of, phrases
from server.web.words import Phrases


@get(FACTOR, **PAGE)
async def get_factor(request: Anything, lang: Lang = "") -> Response[Any]:
    """Whether there is one, and the way to one."""
    say = phrases(request, lang)
    who = await _user(request)
    if who is None:
        return _out(say)
    user, kept = await desk_of(request).access.secrets(who.id)
    return framed(say, who, "factor.html", FACTOR, has_factor=user.has_totp, left=len(kept.recovery))


@post(FACTOR, **FORM)
async def post_factor(request: Anything, lang: Lang = "") -> Response[Any]:
    """With the password: the secret."""
    say = phrases(request, lang)
    who = await _user(request)
    if who is None:
        return _out(say)
    try:
        fields = await fields_of(request)
        secret = await second_factor.begin(desk_of(request), who.id, fields.get("password", ""))
    except TramError as err:
        return await _refused(request, say, who, err)
    return secret_page(say, who, secret)


@post(FACTOR + "/confirm", **FORM)
async def post_confirm(request: Anything, lang: Lang = "") -> Response[Any]:
    """With a code of it: it counts, and the recovery codes are told."""
    say, desk = phrases(request, lang), desk_of(request)
    who = await _user(request)
    if who is None:
        return _out(say)
    secret = ""
    try:
        fields = await fields_of(request)
        secret = fields.get("secret", "")
        user, codes = await second_factor.confirm(desk, who.id, fields.get("code", ""), secret)
    except TramError as err:
        if err.code not in ("totp_wrong", "locked"):
            return await _refused(request, say, who, err)
        desk.metrics.error(err.code)
        return secret_page(say, who, secret, err)
    cookie = await desk.logins.go_on(user, request.cookies.get(COOKIE, ""))
    structlog.get_logger().info("second_factor_set", user=user.id)
    page = framed(say, who, "factor_codes.html", FACTOR, codes=codes)
    page.set_cookie(entry.session_cookie(request, cookie))
    return page


def secret_page(say: Phrases, who: Who, secret: str, err: TramError | None = None) -> Response[Any]:
    """The picture, the text, and where the code goes."""
    uri = totp.uri(secret, who.name)
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return framed(say, who, "factor_secret.html", FACTOR, err, qr=_drawn(uri), uri=uri, secret=secret, grouped=grouped)


def _drawn(uri: str) -> str:
    """An SVG of presentation attributes alone: no style, no script, as our policy wants it."""
    out = BytesIO()
    segno.make(uri, micro=False, error="m").save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, light="#fff", svgclass="qr", lineclass=None
    )
    return out.getvalue().decode().strip()


async def _user(request: Anything) -> Who | None:
    """Who has logged in by name, with a password of their own."""
    try:
        who = await entry.person(request)
    except Refused:
        return None
    return who if who.by == USER and not who.must_change_password else None


async def _refused(request: Anything, say: Phrases, who: Who, err: TramError) -> Response[Any]:
    desk = desk_of(request)
    desk.metrics.error(err.code)
    user, kept = await desk.access.secrets(who.id)
    facts: dict[str, Any] = {"has_factor": user.has_totp, "left": len(kept.recovery)}
    if err.code == "wrong_password":  # nothing else was asked for
        facts["wrong"] = say("factor_password_wrong")
    return framed(say, who, "factor.html", FACTOR, err, **facts)


def _out(say: Phrases) -> Redirect:
    return Redirect(at("/", say), status_code=303)


HANDLERS: list[Any] = [get_factor, post_factor, post_confirm]
