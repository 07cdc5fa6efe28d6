"""What comes in at the operators' side of the fleet, and what a wish is answered with."""

from typing import Annotated, Any

import msgspec

from server.fleet import forms, wishes
from server.web.fleet_views import CommandView

ID_PATTERN = "^[a-z0-9][a-z0-9-]{2,31}$"


class FirmwareForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a box is to run; 0: nothing is wished any more."""

    version: Annotated[int, msgspec.Meta(ge=0, le=forms.U32_MAX)]


class CommandForm(msgspec.Struct, forbid_unknown_fields=True):
    """What a box is to do once, under an id that may be given."""

    box_id: Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]{1,32}$")]
    argument: dict[str, Any] | None = None
    within_s: Annotated[int, msgspec.Meta(ge=1, le=wishes.MOST_WITHIN_S)] = 300
    id: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")] | msgspec.UnsetType = msgspec.UNSET


class KeyForm(msgspec.Struct, forbid_unknown_fields=True):
    """64 hexadecimal digits; null: the key that each gateway has."""

    key: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None


class KeyView(msgspec.Struct):
    """The key that every gateway is to seal to; null: the one that each has. `version` is its ETag."""

    key: str | None
    version: int


class Wished(msgspec.Struct):
    """It is kept. `version` is that of the settings, or of the gateway's wishes."""

    version: int


class Given(msgspec.Struct):
    """A command is kept under this id; `is_new` false: it had been given before."""

    id: str
    is_new: bool


class BundleView(msgspec.Struct):
    """A bundle of firmware; `is_new` false: it was here already."""

    version: int
    name: str
    boards: list[str]
    manifest_sha256: str
    files: int
    is_new: bool


class CommandList(msgspec.Struct):
    """The latest first; `next` goes into `after`, null: there are no more."""

    commands: list[CommandView]
    next: str | None


class KnownBundle(msgspec.Struct):
    """A bundle of firmware that is here. `boards`: their names, with commas between."""

    version: int
    name: str
    boards: str
    manifest_length: int
    manifest_sha256: str
    given_by: str
    given_ms: int


class BundleList(msgspec.Struct):
    """The newest first; `next` goes into `after`, null: there are no more."""

    bundles: list[KnownBundle]
    next: int | None
