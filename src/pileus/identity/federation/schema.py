"""What federation's resources are on the wire."""

from typing import Any

from pileus.identity.federation.rules import VERSIONS
from pileus.identity.versions import HISTORY
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema

_URL = r"^[a-zA-Z0-9+.-]+:.+"


class IdentityProvider(Schema, key="identity_provider", history=HISTORY):
    """Who vouches for users of its own."""

    id = f.text("Identifier.", read_only=True)
    domain_id = f.text(
        "The domain that its users lie in; one is made for it by default.", nullable=True, most=64, create_only=True
    )
    enabled = f.boolean("Whether it is believed.", default=False)
    description = f.text("What it is.", nullable=True, most=None, default=None)
    authorization_ttl = f.integer(
        "Minutes that memberships of groups outlive a login.", nullable=True, least=0, most=2**31 - 1, default=None
    )
    remote_ids = f.anything(
        "What it calls itself: entity ids, issuers.",
        {"type": ["array", "null"], "items": {"type": "string", "maxLength": 255}, "uniqueItems": True},
        default=[],
    )
    links = f.anything(
        "Where it lies, and its protocols.",
        read_only=True,
        show=lambda row, call: {
            "self": call.url("OS-FEDERATION", "identity_providers", row["id"]),
            "protocols": call.url("OS-FEDERATION", "identity_providers", row["id"], "protocols"),
        },
    )


class FederationProtocol(Schema, key="protocol", history=HISTORY):
    """A way in which an identity provider vouches."""

    id = f.text("Identifier: openid, saml2, mapped, ….", read_only=True)
    mapping_id = f.text("How users are mapped.", least=1, most=64, required=True)
    remote_id_attribute = f.text(
        "The attribute that names the provider; its issuer or entity id by default.",
        nullable=True,
        most=64,
        default=None,
        show=lambda row, _call: row["remote_id_attribute"],
    )
    links = f.anything(
        "Where it lies, and its identity provider.",
        read_only=True,
        show=lambda row, call: {
            "self": call.url(*_place(row), "protocols", row["id"]),
            "identity_provider": call.url(*_place(row)),
        },
    )


def _place(row: Any) -> tuple[str, str, str]:
    return "OS-FEDERATION", "identity_providers", row["identity_provider_id"]


_DOMAIN = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    "additionalProperties": False,
}
_PROJECT = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "domain": _DOMAIN,
        "roles": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "required": ["name"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["name", "roles"],
    "additionalProperties": False,
}
_LOCAL = {
    "type": "object",
    "properties": {
        "user": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string"},
                "email": {"type": "string"},
                "domain": _DOMAIN,
                "type": {"type": "string", "enum": ["ephemeral", "local"]},
            },
            "additionalProperties": False,
        },
        "projects": {"anyOf": [{"type": "array", "items": _PROJECT}, {"type": "string"}]},
        "projects_json": {"type": "string"},
        "group": {
            "oneOf": [
                {
                    "type": "object",
                    "properties": {"id": {"type": "string"}},
                    "required": ["id"],
                    "additionalProperties": False,
                },
                {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "domain": _DOMAIN},
                    "required": ["name", "domain"],
                    "additionalProperties": False,
                },
            ]
        },
        "groups": {"type": "string"},
        "group_ids": {"type": "string"},
        "domain": _DOMAIN,
    },
    "additionalProperties": False,
}


def _condition(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            name: {"type": "array", "items": {"type": "string"}},
            "regex": {"type": "boolean"},
        },
        "required": ["type", name],
        "additionalProperties": False,
    }


_REMOTE = {
    "oneOf": [
        {
            "type": "object",
            "properties": {"type": {"type": "string"}},
            "required": ["type"],
            "additionalProperties": False,
        },
        *(_condition(name) for name in ("any_one_of", "not_any_of", "blacklist", "whitelist")),
    ]
}
RULES = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "local": {"type": "array", "items": _LOCAL},
            "remote": {"type": "array", "minItems": 1, "items": _REMOTE},
        },
        "required": ["local", "remote"],
        "additionalProperties": False,
    },
}


class AttributeMapping(Schema, key="mapping", history=HISTORY):
    """How what an identity provider says of a user is turned into what we make of it."""

    id = f.text("Identifier.", read_only=True)
    rules = f.anything("Rules, all of which that hold count.", RULES, required=True)
    schema_version = f.text(
        "The rules' version: 2.0 honours domains, 3.0 takes away what is not told any more.",
        choices=VERSIONS,
        default=VERSIONS[0],
    )
    links = f.anything(
        "Where it lies.",
        read_only=True,
        show=lambda row, call: {"self": call.url("OS-FEDERATION", "mappings", row["id"])},
    )


class ServiceProvider(Schema, key="service_provider", history=HISTORY):
    """Another cloud, that believes this one."""

    id = f.text("Identifier.", read_only=True)
    auth_url = f.text("Where a token of it is to be had.", least=1, most=225, required=True, pattern=_URL)
    sp_url = f.text("Where assertions are sent.", least=1, most=225, required=True, pattern=_URL)
    enabled = f.boolean("Whether users are sent there.", default=False)
    description = f.text("What it is.", nullable=True, most=None, default=None)
    relay_state_prefix = f.text(
        "What the RelayState of an assertion starts with.", nullable=True, most=256, default="ss:mem:"
    )
    links = f.anything(
        "Where it lies.",
        read_only=True,
        show=lambda row, call: {"self": call.url("OS-FEDERATION", "service_providers", row["id"])},
    )


class Assertion(Schema, key="auth", history=HISTORY):
    """A token, and the service provider that an assertion is for."""

    identity = f.anything(
        "The token.",
        {
            "type": "object",
            "properties": {
                "token": {
                    "type": "object",
                    "properties": {"id": {"type": "string"}},
                    "required": ["id"],
                    "additionalProperties": False,
                },
                "methods": {"type": "array"},
            },
            "required": ["token"],
            "additionalProperties": False,
        },
        required=True,
    )
    scope = f.anything(
        "The service provider.",
        {
            "type": "object",
            "properties": {
                "service_provider": {
                    "type": "object",
                    "properties": {"id": {"type": "string"}},
                    "required": ["id"],
                    "additionalProperties": False,
                }
            },
            "required": ["service_provider"],
            "additionalProperties": False,
        },
        required=True,
    )
