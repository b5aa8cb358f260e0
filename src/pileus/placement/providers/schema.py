"""Providers on the wire: their fields, bodies and query strings."""

from collections.abc import Mapping
from typing import Any

from pileus.kernel.api.fields import anything, ident, integer, text
from pileus.kernel.api.schema import Schema
from pileus.placement.versions import (
    AGGREGATES,
    ALLOCATIONS_LINK,
    FREE_RESOURCES,
    MEMBER_OF,
    NESTED_PROVIDERS,
    PLACEMENT,
    PROVIDERS_TRAITS,
    TRAITS,
)

_LINKS = {
    "inventories": None,
    "usages": None,
    "aggregates": AGGREGATES,
    "traits": TRAITS,
    "allocations": ALLOCATIONS_LINK,
}


def _links(row: Mapping[str, Any], call: Any) -> list[dict[str, str]]:
    """Links without a host, as behind whatever proxy they are followed."""
    here = f"{call.service.prefix}/resource_providers/{row['uuid']}"
    below = [rel for rel, change in _LINKS.items() if change is None or call.applies(change)]
    return [{"rel": "self", "href": here}, *({"rel": rel, "href": f"{here}/{rel}"} for rel in below)]


class ProviderFields(Schema, key="", plural="resource_providers", history=PLACEMENT):
    """A resource provider."""

    uuid = ident("Its id; chance, unless it is given.", create_only=True)
    name = text("Its name, unlike any other's.", most=200, required=True)
    generation = integer("Grows with every change of what it has; writers must name it.", read_only=True)
    links = anything("Where to find it and what it has.", {"type": "array"}, read_only=True, show=_links)
    parent_provider_uuid = ident(
        "The provider above it; null for none.", source="parent", nullable=True, since=NESTED_PROVIDERS
    )
    root_provider_uuid = ident(
        "The provider at the top of its tree; itself where nothing lies above it.",
        source="root",
        read_only=True,
        since=NESTED_PROVIDERS,
    )


class ChangedProvider(Schema, key="", history=PLACEMENT):
    """What can be changed of a provider; the name must always be given."""

    name = text("Its name.", most=200, required=True)
    parent_provider_uuid = ident("The provider above it; null for none.", nullable=True, since=NESTED_PROVIDERS)


class ProviderQuery(Schema, history=PLACEMENT):
    """How a list of providers is narrowed."""

    name = text("Its name.", most=None)
    uuid = ident("Its id.")
    member_of = text("Aggregates it must, or with `!` must not, belong to.", most=None, since=MEMBER_OF)
    resources = text("What it must be able to give: `VCPU:2,MEMORY_MB:1024`.", most=None, since=FREE_RESOURCES)
    in_tree = ident("A provider of its tree.", since=NESTED_PROVIDERS)
    required = text("Traits it must, or with `!` must not, have.", most=None, since=PROVIDERS_TRAITS)
