"""Bodies of allocations in every form that they have had."""

import uuid
from typing import Any

from msgspec import UNSET

from pileus.kernel.api.document import Document
from pileus.placement.allocations.logic import Claim
from pileus.placement.versions import (
    ALLOCATIONS_BY_PROVIDER,
    CONSUMER_GENERATION,
    CONSUMER_OWNER,
    CONSUMER_TYPES,
    MAPPINGS,
)

Json = dict[str, Any]

UUID_KEY = "^[0-9a-fA-F-]{36}$"
CLASS_NAME = "^[A-Z0-9_]+$"
_UUID = {"type": "string", "format": "uuid-like"}
_OWNER = {"type": "string", "minLength": 1, "maxLength": 255}


def closed(properties: Json, *required: str) -> Json:
    """The JSON Schema of an object that has no other properties."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def keyed(pattern: str, values: Json, least: int = 0) -> Json:
    """The JSON Schema of an object whose keys match a pattern."""
    return {
        "type": "object",
        "propertyNames": {"pattern": pattern},
        "additionalProperties": values,
        "minProperties": least,
    }


_RESOURCES = keyed(CLASS_NAME, {"type": "integer", "minimum": 1}, 1)
_LISTED = {
    "type": "array",
    "minItems": 1,
    "items": closed(
        {"resource_provider": closed({"uuid": _UUID}, "uuid"), "resources": _RESOURCES},
        "resource_provider",
        "resources",
    ),
}
_ENTRY = closed({"generation": {"type": "integer"}, "resources": _RESOURCES}, "resources")
_MAPPINGS = {
    "type": "object",
    "minProperties": 1,
    "patternProperties": {"[a-zA-Z0-9_-]{1,64}": {"type": "array", "minItems": 1, "items": _UUID}},
}


def consumer_json(version: int, *, may_be_empty: bool) -> Json:
    """The JSON Schema of what is said of one consumer."""
    by_provider = ALLOCATIONS_BY_PROVIDER.applies(version)
    allocations = keyed(UUID_KEY, _ENTRY, 0 if may_be_empty else 1) if by_provider else _LISTED
    properties: Json = {"allocations": allocations}
    required = ["allocations"]
    if CONSUMER_OWNER.applies(version):
        properties |= {"project_id": _OWNER, "user_id": _OWNER}
        required += ["project_id", "user_id"]
    if CONSUMER_GENERATION.applies(version):
        properties["consumer_generation"] = {"type": ["integer", "null"]}
        required.append("consumer_generation")
    if MAPPINGS.applies(version):
        properties["mappings"] = _MAPPINGS
    if CONSUMER_TYPES.applies(version):
        properties["consumer_type"] = {**_OWNER, "pattern": CLASS_NAME}
        required.append("consumer_type")
    return closed(properties, *required)


def one_json(version: int) -> Json:
    """The JSON Schema of the body that sets one consumer's allocations."""
    return consumer_json(version, may_be_empty=CONSUMER_GENERATION.applies(version))


def many_json(version: int, least: int = 1) -> Json:
    """The JSON Schema of the body that sets several consumers' allocations."""
    return keyed(UUID_KEY, consumer_json(version, may_be_empty=True), least)


class OneConsumer(Document):
    """What one consumer shall have."""

    shape = staticmethod(one_json)


class ManyConsumers(Document):
    """What several consumers shall have, by their ids."""

    shape = staticmethod(many_json)


def claim_of(consumer: str, body: Json, project: str, user: str) -> Claim:
    """What is said of one consumer, in whatever form.

    Args:
        project, user: the owner, where the body names none.
    """
    said = body["allocations"]
    if isinstance(said, list):
        said = {entry["resource_provider"]["uuid"]: entry for entry in said}
    return Claim(
        consumer=consumer,
        project_id=body.get("project_id", project),
        user_id=body.get("user_id", user),
        allocations={provider: dict(entry["resources"]) for provider, entry in said.items()},
        generation=body.get("consumer_generation", UNSET),
        type=body.get("consumer_type"),
    )


def consumer_id(text: str) -> str:
    """The id of a consumer with its dashes.

    Raises:
        ValueError: it is no UUID.
    """
    return str(uuid.UUID(text))
