"""What is wished, as rows. Every change takes a new number from one counter, which only rises: that is its version."""

from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from server.errors import Refused
from server.fleet import forms
from server.fleet.wishes import MOST_OPEN, BoxWish, BundleHead, Command, Result, Wishes, wanted_versions
from server.store.bell import FLEET
from server.store.dialect import notify, upsert
from server.store.fleet_tables import box_wishes, bundles, commands, fleet, gateways

ASKED_AT_ONCE = 500
EXPIRED = "expired"
_COMMAND = [commands.c[name] for name in Command._fields]


def versions(connection: Connection) -> tuple[int, dict[str, int]]:
    """-> (the fleet's version, that of each gateway that has one of its own)."""
    found = connection.execute(select(gateways.c.gateway_id, gateways.c.version))
    return _fleet(connection).version, {row.gateway_id: row.version for row in found}


def version(connection: Connection, gateway_id: str) -> int:
    """Of this gateway's wishes."""
    own = connection.execute(select(gateways.c.version).where(gateways.c.gateway_id == gateway_id)).scalar()
    return max(own or 0, int(_fleet(connection).version))


def must_be(connection: Connection, gateway_id: str, seen: int | None) -> None:
    """That nothing else was wished since that version was seen. Raises `Refused`: `changed_meanwhile`."""
    if seen is not None and seen != version(connection, gateway_id):
        raise Refused("changed_meanwhile", "something else was wished of this gateway meanwhile")


def touch(connection: Connection, gateway_id: str, above: int = 0) -> int:
    """Something that is wished of this gateway is another thing now; returns the new version."""
    new = _count_up(connection, above)
    row = connection.execute(select(gateways).where(gateways.c.gateway_id == gateway_id)).first()
    place = None if row is None else row.place
    upsert(connection, gateways, {"gateway_id": gateway_id, "version": new, "place": place})
    notify(connection, FLEET, "wishes")
    return new


def read(connection: Connection, gateway_id: str, boxes: frozenset[str], updates_at_once: int, now_ms: int) -> Wishes:
    """All that is wished of this gateway and the boxes that it speaks for."""
    wished = box_wishes_of(connection, boxes)
    versions_wanted = wanted_versions(wished)
    heads = select(bundles.c.version, bundles.c.manifest_length, bundles.c.manifest_sha256).order_by(bundles.c.version)
    row = connection.execute(select(gateways.c.place).where(gateways.c.gateway_id == gateway_id)).first()
    return Wishes(
        gateway_id,
        version(connection, gateway_id),
        wished,
        _open_commands(connection, gateway_id, now_ms),
        [BundleHead(*one) for one in connection.execute(heads) if one.version in versions_wanted],
        updates_at_once,
        forms.read(row.place) if row is not None and row.place is not None else None,
        _fleet(connection).sealing_key,
    )


def box_wishes_of(connection: Connection, boxes: frozenset[str]) -> list[BoxWish]:
    """What is wished of these boxes; those of which nothing is are left out."""
    found, asked = [], sorted(boxes)
    for start in range(0, len(asked), ASKED_AT_ONCE):
        some = box_wishes.c.box_id.in_(asked[start : start + ASKED_AT_ONCE])
        for row in connection.execute(select(box_wishes).where(some).order_by(box_wishes.c.box_id)):
            settings = None if row.settings is None else forms.read(row.settings)
            found.append(BoxWish(row.box_id, row.settings_version, settings, row.firmware))
    return found


def wish_settings(connection: Connection, box_id: str, settings: bytes, number: int) -> None:
    """These settings, under this number."""
    firmware = _box(connection, box_id).firmware
    values = {"box_id": box_id, "settings_version": number, "settings": settings, "firmware": firmware}
    upsert(connection, box_wishes, values)


def settings_version(connection: Connection, box_id: str) -> int:
    """The number of the settings that are wished; 0: none."""
    return int(_box(connection, box_id).settings_version)


def wish_firmware(connection: Connection, box_id: str, wanted: int) -> None:
    """This version; 0: none any more. Raises `Refused`: `not_found` where there is no such bundle."""
    is_there = connection.execute(select(bundles.c.version).where(bundles.c.version == wanted)).first()
    if wanted and is_there is None:
        raise Refused("not_found", f"there is no bundle of version {wanted}")
    wish = _box(connection, box_id)
    settings = None if wish.settings is None else forms.write(wish.settings)
    values = {"box_id": box_id, "settings_version": wish.settings_version, "settings": settings, "firmware": wanted}
    upsert(connection, box_wishes, values)


def wish_place(connection: Connection, gateway_id: str, place: bytes | None) -> None:
    """These rules; None: the gateway's own."""
    values = {"gateway_id": gateway_id, "version": 0, "place": place}
    upsert(connection, gateways, values)


def sealing_key(connection: Connection) -> tuple[str | None, int]:
    """-> (the key that every gateway is to seal to, the fleet's version)."""
    found = _fleet(connection)
    return found.sealing_key, int(found.version)


def wish_sealing_key(connection: Connection, key: str | None, seen: int) -> int:
    """Every gateway seals to this key from now on; returns the fleet's new version. Raises `Refused`:
    `changed_meanwhile`."""
    if seen != sealing_key(connection)[1]:
        raise Refused("changed_meanwhile", "another key was wished meanwhile")
    new = _count_up(connection, 0)
    connection.execute(update(fleet).values(version=new, sealing_key=key))
    notify(connection, FLEET, "wishes")
    return new


def give(connection: Connection, command: Command) -> bool:
    """Wish for a command; False: the very same is there already. Raises `Refused`: `command_taken`, `too_many`."""
    found = connection.execute(select(*_COMMAND).where(commands.c.id == command.id)).first()
    if found is not None:
        there = _command(found)
        same = (there.gateway_id, there.box_id, there.name, there.argument)
        if same != (command.gateway_id, command.box_id, command.name, command.argument):
            raise Refused("command_taken", "another command has this id")
        return False
    waiting = select(func.count()).where(commands.c.gateway_id == command.gateway_id, commands.c.outcome.is_(None))
    waiting = waiting.where(commands.c.expires_utc_ms > command.given_ms)
    if int(connection.execute(waiting).scalar_one()) >= MOST_OPEN:
        raise Refused("too_many", f"{MOST_OPEN} commands wait already")
    argument = None if command.argument is None else forms.write(command.argument)
    connection.execute(insert(commands).values(**{**command._asdict(), "argument": argument}))
    return True


def take_result(connection: Connection, gateway_id: str, body: dict[str, Any], now_ms: int) -> None:
    """The result of a command of this gateway. The first that comes stays, but for `expired`: an answer counts more."""
    connection.execute(
        update(commands)
        .where(commands.c.id == str(body["id"]), commands.c.gateway_id == gateway_id)
        .where(commands.c.box_id == str(body["box_id"]))
        .where(or_(commands.c.outcome.is_(None), commands.c.outcome == EXPIRED))
        .values(outcome=forms.text(body["outcome"], 32) or "?", body=forms.write(body.get("body")), told_ms=now_ms)
    )


def results(
    connection: Connection, gateway_id: str, command_id: str | None, limit: int, after: tuple[int, str] | None = None
) -> list[Result]:
    """Commands of a gateway and what came of them, the latest first; `after`: given then, with this id."""
    asked = select(*_COMMAND, commands.c.outcome, commands.c.body, commands.c.told_ms)
    asked = asked.where(commands.c.gateway_id == gateway_id).order_by(commands.c.given_ms.desc(), commands.c.id)
    if command_id is not None:
        asked = asked.where(commands.c.id == command_id)
    if after is not None:
        given_ms, last_id = commands.c.given_ms, after[1]
        asked = asked.where(or_(given_ms < after[0], and_(given_ms == after[0], commands.c.id > last_id)))
    rows = connection.execute(asked.limit(limit))
    return [
        Result(_command(row), row.outcome, None if row.body is None else forms.read(row.body), row.told_ms)
        for row in rows
    ]


def _open_commands(connection: Connection, gateway_id: str, now_ms: int) -> list[Command]:
    asked = select(*_COMMAND).where(commands.c.gateway_id == gateway_id, commands.c.outcome.is_(None))
    asked = asked.where(commands.c.expires_utc_ms > now_ms).order_by(commands.c.given_ms, commands.c.id)
    return [_command(row) for row in connection.execute(asked)]


def _command(row: Any) -> Command:
    argument = None if row.argument is None else forms.read(row.argument)
    ends = (row.expires_utc_ms, row.given_by, row.given_ms)
    return Command(row.id, row.gateway_id, row.box_id, row.name, argument, *ends)


def _box(connection: Connection, box_id: str) -> BoxWish:
    found = box_wishes_of(connection, frozenset({box_id}))
    return found[0] if found else BoxWish(box_id, 0, None, 0)


def _fleet(connection: Connection) -> Any:
    return connection.execute(select(fleet)).one()


def _count_up(connection: Connection, above: int) -> int:
    new = max(int(_fleet(connection).counter), above) + 1
    connection.execute(update(fleet).values(counter=new))
    return new
