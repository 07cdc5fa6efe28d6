"""What OpenAPI says of a request that its handler reads by hand: the form of its body, the version that a change names.

A body is read only after it is known who sends it, so it is no parameter of its handler.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Parameter, RequestBody, Schema

JSON = "application/json"
DEFINED = "#/$defs/"
TAG = '^"[0-9a-f]{1,16}"$'


class JsonSchema(Schema):
    """A JSON schema that is there already."""

    def __init__(self, said: dict[str, Any]) -> None:
        super().__init__()
        self.said = said

    def to_schema(self) -> dict[str, Any]:
        return self.said


def takes(
    form: Any = None,
    media_type: str = JSON,
    description: str = "JSON, as the summary says.",
    names_version: bool = False,
    may_name_version: bool = False,
    may_be_new: bool = False,
    may_be_known: bool = False,
) -> type[Operation]:
    """The class of an operation. `form`: what the body is read into; a mapping: its JSON schema; None: there is none.
    `names_version`: a change says in If-Match what it changes (`may_name_version`: where it wants to); `may_be_new`:
    or, in If-None-Match, that it is new. `may_be_known`: a look says there what it knows, and a 304 answers."""

    @dataclass
    class Takes(Operation):
        def __post_init__(self) -> None:
            if form is not None:
                content = {media_type: OpenAPIMediaType(schema=JsonSchema(schema_of(form)))}
                self.request_body = RequestBody(content=content, description=description, required=True)
            more = []
            if names_version or may_name_version:
                more.append(_header("If-Match", TAG, "The ETag of what was seen", names_version and not may_be_new))
            if may_be_new:
                more.append(_header("If-None-Match", r"^\*$", "It is to be new", False))
            if may_be_known:
                more.append(_header("If-None-Match", TAG, "The ETag that is known: 304", False))
                known = OpenAPIResponse(description="As If-None-Match says it is known")
                self.responses = {**(self.responses or {}), "304": known}
            self.parameters = [*(self.parameters or []), *more] or None

    return Takes


def schema_of(form: Any) -> dict[str, Any]:
    """The JSON schema of a form, all in one piece."""
    if isinstance(form, dict):
        return form
    said = msgspec.json.schema(form)
    defined = said.pop("$defs", {})

    def whole(part: Any) -> Any:
        if isinstance(part, list):
            return [whole(one) for one in part]
        if not isinstance(part, dict):
            return part
        ref = part.get("$ref", "")
        if ref.startswith(DEFINED):
            return whole(defined[ref.removeprefix(DEFINED)])
        return {name: whole(one) for name, one in part.items()}

    made: dict[str, Any] = whole(said)
    return made


def _header(name: str, pattern: str, description: str, required: bool) -> Parameter:
    said = JsonSchema({"type": "string", "pattern": pattern})
    return Parameter(name=name, param_in="header", schema=said, description=description, required=required)
