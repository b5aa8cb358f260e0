"""Lists of providers, narrowed by what they are, have, belong to and could give."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, exists, func, select

from pileus.kernel.api.call import Call
from pileus.kernel.api.errors import BadRequest
from pileus.kernel.store import Row, Tx
from pileus.placement.allocations.table import ALLOCATIONS
from pileus.placement.errors import ResourceClassNotFound
from pileus.placement.providers.table import INVENTORIES, PROVIDER_AGGREGATES, PROVIDER_TRAITS, PROVIDERS
from pileus.placement.resource_classes.logic import ResourceClasses
from pileus.placement.scheduling import words
from pileus.placement.traits.logic import Traits
from pileus.placement.versions import ANY_TRAITS, FORBIDDEN_AGGREGATES, FORBIDDEN_TRAITS, MANY_MEMBER_OF


class Wanted(msgspec.Struct, frozen=True):
    """What the providers of a list are like; see `words` for the forms."""

    name: str = ""
    uuid: str = ""
    in_tree: str = ""
    amounts: dict[str, int] = {}
    required: words.AnyOf = []
    forbidden: frozenset[str] = frozenset()
    member_of: words.AnyOf = []
    not_member_of: frozenset[str] = frozenset()


def wanted(call: Call) -> Wanted:
    """What a request asks for.

    Raises:
        BadRequest: a parameter is malformed, or not understood in the request's version.
    """
    several: dict[str, list[str]] = {}
    for name, value in call.params:
        several.setdefault(name, []).append(value)
    required, forbidden = words.all_traits(
        several.get("required", []), forbidding=call.applies(FORBIDDEN_TRAITS), choosing=call.applies(ANY_TRAITS)
    )
    member_of, not_member_of = words.member_of(
        several.get("member_of", []),
        "",
        several=call.applies(MANY_MEMBER_OF),
        forbidding=call.applies(FORBIDDEN_AGGREGATES),
    )
    query = call.query
    return Wanted(
        name=query.get("name", ""),
        uuid=query.get("uuid", ""),
        in_tree=query.get("in_tree", ""),
        amounts=words.amounts(query["resources"]) if "resources" in query else {},
        required=required,
        forbidden=forbidden,
        member_of=member_of,
        not_member_of=not_member_of,
    )


class Listing:
    """Finds providers."""

    def __init__(self, classes: ResourceClasses, traits: Traits) -> None:
        self._classes = classes
        self._traits = traits

    async def find(self, tx: Tx, wanted: Wanted) -> list[Row]:
        """The providers that are as wanted, in the order in which they were made.

        Raises:
            BadRequest: there is no such resource class or trait.
        """
        try:
            await self._classes.must_exist(tx, list(wanted.amounts))
        except ResourceClassNotFound as error:
            raise BadRequest(f"Invalid resource class in resources parameter: {error.text}") from None
        named = wanted.forbidden.union(*wanted.required)
        missing = named - await self._traits.known(tx, named)
        if missing:
            text = f"No such trait(s): {', '.join(sorted(missing))}."
            raise BadRequest(f'Invalid trait(s) in "required" parameter: {text}')
        statement = select(PROVIDERS).where(*_conditions(wanted)).order_by(PROVIDERS.c.created_at, PROVIDERS.c.name)
        return await tx.all(statement)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    c = PROVIDERS.c
    found: list[ColumnElement[bool]] = []
    if wanted.name:
        found.append(c.name == wanted.name)
    if wanted.uuid:
        found.append(c.uuid == wanted.uuid)
    if wanted.in_tree:
        other = PROVIDERS.alias()
        found.append(c.root == select(other.c.root).where(other.c.uuid == wanted.in_tree).scalar_subquery())
    found += [_has(PROVIDER_TRAITS, "trait", names) for names in wanted.required]
    found += [_has(PROVIDER_AGGREGATES, "aggregate", ids) for ids in wanted.member_of]
    if wanted.forbidden:
        found.append(~_has(PROVIDER_TRAITS, "trait", wanted.forbidden))
    if wanted.not_member_of:
        found.append(~_has(PROVIDER_AGGREGATES, "aggregate", wanted.not_member_of))
    found += [_gives(name, amount) for name, amount in wanted.amounts.items()]
    return found


def _has(table: Any, column: str, values: frozenset[str]) -> ColumnElement[bool]:
    return exists().where(table.c.provider == PROVIDERS.c.uuid, table.c[column].in_(sorted(values)))


def _gives(name: str, amount: int) -> ColumnElement[bool]:
    i, a = INVENTORIES.c, ALLOCATIONS.c
    used = select(func.coalesce(func.sum(a.used), 0)).where(a.provider == PROVIDERS.c.uuid, a.resource_class == name)
    return exists().where(
        i.provider == PROVIDERS.c.uuid,
        i.resource_class == name,
        i.min_unit <= amount,
        i.max_unit >= amount,
        amount % i.step_size == 0,
        (i.total - i.reserved) * i.allocation_ratio >= used.correlate(PROVIDERS).scalar_subquery() + amount,
    )
