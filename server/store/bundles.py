"""Bundles of firmware: each version once, whole, never changed."""

from sqlalchemy import Connection, insert, select

from server.errors import Refused
from server.fleet.bundle import Bundle
from server.store.fleet_tables import bundle_files, bundles


def put(connection: Connection, bundle: Bundle, by: str, now_ms: int) -> bool:
    """Keep it; False: it is here already. Raises `Refused`: `version_taken`."""
    asked = select(bundles.c.manifest_sha256).where(bundles.c.version == bundle.version)
    there = connection.execute(asked).scalar()
    if there is not None:
        if there != bundle.manifest_sha256:
            raise Refused("version_taken", f"there is another firmware of version {bundle.version} already")
        return False
    connection.execute(
        insert(bundles).values(
            version=bundle.version,
            name=bundle.name,
            boards=",".join(bundle.boards),
            manifest_length=bundle.manifest_length,
            manifest_sha256=bundle.manifest_sha256,
            given_by=by,
            given_ms=now_ms,
        )
    )
    rows = [
        {"version": bundle.version, "path": path, "content": content} for path, content in sorted(bundle.files.items())
    ]
    connection.execute(insert(bundle_files), rows)
    return True


def file(connection: Connection, version: int, path: str) -> bytes | None:
    """One file of a bundle; None where there is none."""
    asked = select(bundle_files.c.content).where(bundle_files.c.version == version, bundle_files.c.path == path)
    return connection.execute(asked).scalar()


def listed(connection: Connection) -> list[dict[str, object]]:
    """Every bundle, the newest first."""
    rows = connection.execute(select(bundles).order_by(bundles.c.version.desc()))
    return [dict(row._mapping) for row in rows]
