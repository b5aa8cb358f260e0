"""Placement's microversions: the only place where their numbers stand.

Source: the Placement API's version history, 1.0 to 1.39.  Everything else names the change.
"""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from pileus.kernel.api.versions import History

PLACEMENT = History("placement", "1.0", vary="openstack-api-version")
"""The history; `OpenStack-API-Version: placement 1.N` chooses from it, and 1.0 is what one gets without."""

_add = PLACEMENT.add

AGGREGATES = _add("1.1", "Providers belong to aggregates.")
RESOURCE_CLASSES = _add("1.2", "Resource classes are listed, and custom ones made.")
MEMBER_OF = _add("1.3", "Providers are filtered by aggregate (`member_of`).")
FREE_RESOURCES = _add("1.4", "Providers are filtered by what they could give (`resources`).")
DROP_INVENTORIES = _add("1.5", "All inventories of a provider are removed with one DELETE.")
TRAITS = _add("1.6", "Traits, and the traits of providers.")
ENSURED_CLASS = _add("1.7", "PUT of a resource class has no body and makes it unless it exists.")
CONSUMER_OWNER = _add("1.8", "Allocations name the consumer's project and user.")
TOTAL_USAGES = _add("1.9", "Usages of a project, and of one user in it.")
CANDIDATES = _add("1.10", "Allocation candidates.")
ALLOCATIONS_LINK = _add("1.11", "Providers link to their allocations.")
ALLOCATIONS_BY_PROVIDER = _add("1.12", "Allocations are written in the form they are read in: by provider.")
MANY_CONSUMERS = _add("1.13", "Allocations of several consumers are written at once.")
NESTED_PROVIDERS = _add("1.14", "Providers have parents and roots, and are filtered by tree (`in_tree`).")
CACHE_HEADERS = _add("1.15", "Answers say when they were last modified and that they are not to be cached.")
CANDIDATES_LIMIT = _add("1.16", "The number of candidates can be limited.")
CANDIDATES_TRAITS = _add("1.17", "Candidates are asked for with required traits, and show them.")
PROVIDERS_TRAITS = _add("1.18", "Providers are filtered by required traits.")
AGGREGATES_GENERATION = _add("1.19", "Aggregates are written with the provider's generation.")
SHOW_NEW_PROVIDER = _add("1.20", "Making a provider answers 200 with the provider.")
CANDIDATES_MEMBER_OF = _add("1.21", "Candidates are filtered by aggregate.")
FORBIDDEN_TRAITS = _add("1.22", "Traits are forbidden with `!`.")
ERROR_CODES = _add("1.23", "Errors have a code.")
MANY_MEMBER_OF = _add("1.24", "`member_of` may be given more than once.")
GRANULAR_GROUPS = _add("1.25", "Candidates are asked for in numbered groups, each of one provider.")
ALL_RESERVED = _add("1.26", "All of an inventory may be reserved.")
SUMMARY_ALL_CLASSES = _add("1.27", "Candidates' summaries show every resource class.")
CONSUMER_GENERATION = _add("1.28", "Allocations are written with the consumer's generation.")
NESTED_CANDIDATES = _add("1.29", "Candidates use several providers of a tree.")
RESHAPER = _add("1.30", "Inventories and allocations are moved between providers in one step.")
CANDIDATES_IN_TREE = _add("1.31", "Candidates are limited to a tree, group by group.")
FORBIDDEN_AGGREGATES = _add("1.32", "Aggregates are forbidden with `!` and `!in:`.")
NAMED_GROUPS = _add("1.33", "Groups have names of letters, digits, `_` and `-` instead of numbers.")
MAPPINGS = _add("1.34", "Candidates say which provider satisfies which group; allocations may bring that along.")
ROOT_REQUIRED = _add("1.35", "Candidates are asked for with traits of the tree's root.")
SAME_SUBTREE = _add("1.36", "Groups can be kept in one subtree; such groups need no resources.")
REPARENTING = _add("1.37", "Providers change or lose their parents.")
CONSUMER_TYPES = _add("1.38", "Consumers have a type.")
ANY_TRAITS = _add("1.39", "One of several traits is required with `in:`; `required` may be given more than once.")


def not_cached(call: Any, modified: datetime | None = None) -> None:
    """Say in the answer's headers when it was last modified (now, where that is not known) and not to cache it.

    Answers have these headers from `CACHE_HEADERS` on.
    """
    if call.applies(CACHE_HEADERS):
        call.headers["Cache-Control"] = "no-cache"
        call.headers["Last-Modified"] = format_datetime(modified or call.world.clock.now(), usegmt=True)
