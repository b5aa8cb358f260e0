"""What a request for candidates asks for: groups of amounts, each with conditions, and conditions for all."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.formats import is_whole
from pileus.placement.errors import BadParameter, DuplicateParameter, MissingParameter
from pileus.placement.scheduling import words
from pileus.placement.versions import (
    ANY_TRAITS,
    CANDIDATES_IN_TREE,
    CANDIDATES_LIMIT,
    CANDIDATES_MEMBER_OF,
    CANDIDATES_TRAITS,
    FORBIDDEN_AGGREGATES,
    FORBIDDEN_TRAITS,
    GRANULAR_GROUPS,
    MANY_MEMBER_OF,
    NAMED_GROUPS,
    ROOT_REQUIRED,
    SAME_SUBTREE,
)

_LIMIT = re.compile(r"[1-9][0-9]*")
_NUMBER = r"[1-9][0-9]*"
_NAME = r"[a-zA-Z0-9_-]{1,64}"


class Group(msgspec.Struct, frozen=True):
    """Amounts, and what the providers that give them must be like.

    Attributes:
        suffix: the group's name; empty for the one group whose amounts may come from several providers of a tree.
    """

    suffix: str
    amounts: dict[str, int]
    required: words.AnyOf
    forbidden: frozenset[str]
    member_of: words.AnyOf
    not_member_of: frozenset[str]
    in_tree: str


class Request(msgspec.Struct, frozen=True):
    """A request for candidates.

    Attributes:
        limit: candidates at the most; 0 for all.
        isolate: whether each named group must have a provider of its own.
        root_required, root_forbidden: traits of the tree's root.
        subtrees: sets of groups whose providers must all lie below one of them.
    """

    groups: list[Group]
    limit: int = 0
    isolate: bool = False
    root_required: frozenset[str] = frozenset()
    root_forbidden: frozenset[str] = frozenset()
    subtrees: list[frozenset[str]] = []

    def classes(self) -> list[str]:
        """The resource classes that are named, each once."""
        return list(dict.fromkeys(name for group in self.groups for name in group.amounts))

    def traits(self) -> set[str]:
        """The traits that are named."""
        found = set(self.root_required | self.root_forbidden)
        for group in self.groups:
            found |= group.forbidden.union(*group.required)
        return found


class _Parameters:
    """The query string, by parameter, with what its version understands."""

    def __init__(self, params: Sequence[tuple[str, str]], version: int) -> None:
        self._version = version
        self.values: dict[str, list[str]] = {}
        for name, value in params:
            self.values.setdefault(name, []).append(value)
        self.suffixes: list[str] = []
        self._sort_out()

    def has(self, change: Any) -> bool:
        return bool(change.applies(self._version))

    def _sort_out(self) -> None:
        """Find the groups' suffixes, and refuse what is not understood."""
        kinds = ["resources"]
        kinds += ["required"] * self.has(CANDIDATES_TRAITS) + ["member_of"] * self.has(CANDIDATES_MEMBER_OF)
        kinds += ["in_tree"] * self.has(CANDIDATES_IN_TREE)
        suffix = _NAME if self.has(NAMED_GROUPS) else _NUMBER
        optional = f"({suffix})?" if self.has(GRANULAR_GROUPS) else "()"
        pattern = re.compile(f"({'|'.join(kinds)}){optional}")
        single = {
            "limit": CANDIDATES_LIMIT,
            "group_policy": GRANULAR_GROUPS,
            "root_required": ROOT_REQUIRED,
            "same_subtree": SAME_SUBTREE,
        }
        alone = {name for name, change in single.items() if self.has(change)}
        for name in self.values:
            match = pattern.fullmatch(name)
            if match is not None:
                if (match[2] or "") not in self.suffixes:
                    self.suffixes.append(match[2] or "")
            elif name not in alone:
                raise BadRequest(f"Invalid query string parameters: {self._unknown(name, kinds, suffix)}")

    def _unknown(self, name: str, kinds: list[str], suffix: str) -> str:
        if not self.has(GRANULAR_GROUPS):
            return f"Additional properties are not allowed ('{name}' was unexpected)"
        patterns = ", ".join(f"'^{kind}({suffix})?$'" for kind in sorted(kinds))
        return f"'{name}' does not match any of the regexes: {patterns}"

    def last(self, name: str) -> str | None:
        return self.values[name][-1] if name in self.values else None


def parse(params: Sequence[tuple[str, str]], version: int) -> Request:
    """What a query string asks for.

    Raises:
        BadRequest: it is malformed, contradicts itself, or is not understood in the version.
    """
    given = _Parameters(params, version)
    if not given.has(GRANULAR_GROUPS) and "resources" not in given.values:
        raise BadRequest("Invalid query string parameters: 'resources' is a required property")
    limit, policy = _limit(given), _policy(given)
    required, forbidden = _of_root(given)
    subtrees = _subtrees(given)
    groups = [_group(given, suffix) for suffix in given.suffixes]
    if given.has(SAME_SUBTREE):
        _check_subtrees(groups, subtrees)
    else:
        _check_amounts(groups)
    if given.has(FORBIDDEN_TRAITS):
        _check_conflicts(groups)
    if policy is None and sum(1 for group in groups if group.suffix) > 1:
        raise BadRequest(
            'The "group_policy" parameter is required when specifying more than one "resources{N}" parameter.'
        )
    return Request(groups, limit, policy == "isolate", required, forbidden, subtrees)


def _limit(given: _Parameters) -> int:
    values = given.values.get("limit", [])
    if values and not _LIMIT.fullmatch(values[-1]):
        raise BadRequest(
            f"Invalid query string parameters: '{values[-1]}' does not match '^[1-9][0-9]*$'\n\n"
            "Failed validating 'pattern' in schema"
        )
    return int(values[0]) if values and is_whole(values[0]) else 0


def _policy(given: _Parameters) -> str | None:
    values = given.values.get("group_policy", [])
    if values and values[-1] not in {"none", "isolate"}:
        raise BadRequest(f"Invalid query string parameters: '{values[-1]}' is not one of ['none', 'isolate']")
    return values[0] if values else None


def _of_root(given: _Parameters) -> tuple[frozenset[str], frozenset[str]]:
    values = given.values.get("root_required", [])
    if not values:
        return frozenset(), frozenset()
    if len(values) > 1:
        raise DuplicateParameter("Query parameter 'root_required' may be specified only once.")
    sets, forbidden = words.traits(values[0], forbidding=True, choosing=False)
    required = frozenset().union(*sets)
    if required & forbidden:
        both = ", ".join(sorted(required & forbidden))
        raise BadParameter(f"Conflicting required and forbidden traits found in root_required: {both}")
    return required, forbidden


def _subtrees(given: _Parameters) -> list[frozenset[str]]:
    found = []
    for value in given.values.get("same_subtree", []):
        suffixes = frozenset(suffix.strip() for suffix in value.split(","))
        if "" in suffixes:
            raise BadParameter("Empty string (unsuffixed group) can not be specified in `same_subtree` ")
        found.append(suffixes)
    return found


def _group(given: _Parameters, suffix: str) -> Group:
    amounts = given.last("resources" + suffix)
    required, forbidden = words.all_traits(
        given.values.get("required" + suffix, []),
        forbidding=given.has(FORBIDDEN_TRAITS),
        choosing=given.has(ANY_TRAITS),
    )
    member_of, not_member_of = words.member_of(
        given.values.get("member_of" + suffix, []),
        suffix,
        several=given.has(MANY_MEMBER_OF),
        forbidding=given.has(FORBIDDEN_AGGREGATES),
    )
    in_tree = given.last("in_tree" + suffix)
    return Group(
        suffix=suffix,
        amounts=words.amounts(amounts) if amounts is not None else {},
        required=required,
        forbidden=forbidden,
        member_of=member_of,
        not_member_of=not_member_of,
        in_tree=words.tree(in_tree) if in_tree is not None else "",
    )


def _check_subtrees(groups: list[Group], subtrees: list[frozenset[str]]) -> None:
    """Groups without amounts must be in a subtree, and there must be others; subtrees name only groups."""
    empty = [group.suffix for group in groups if not group.amounts]
    if len(empty) == len(groups):
        raise MissingParameter("There must be at least one resources or resources[$S] parameter.")
    named = frozenset().union(*subtrees)
    lost = [suffix for suffix in empty if suffix not in named]
    if lost:
        raise BadParameter(
            "Resourceless suffixed group request should be specified in `same_subtree` query param: "
            f"bad group(s) - {lost}."
        )
    known = [group.suffix for group in groups]
    unknown = sorted(named.difference(known))
    if unknown:
        raise BadParameter(f"Real suffixes should be specified in `same_subtree`: {unknown} not found in {known}.")


def _check_amounts(groups: list[Group]) -> None:
    """Every group has amounts, and there is one."""
    orphans = [f"required{group.suffix}" for group in groups if group.required and not group.amounts]
    if orphans:
        text = "All traits parameters must be associated with resources.  Found the following orphaned traits keys: "
        raise BadRequest(text + ", ".join(orphans))
    lost = [group for group in groups if not group.amounts and (group.member_of or group.not_member_of)]
    if lost:
        text = (
            "All member_of parameters must be associated with resources. Found the following orphaned member_of keys: "
        )
        raise BadRequest(text + ", ".join(f"member_of{group.suffix}" for group in lost))
    if not all(group.amounts for group in groups):
        raise BadRequest("All request groups must specify resources.")
    if not groups:
        raise BadRequest("At least one request group (`resources` or `resources{$S}`) is required.")


def _check_conflicts(groups: list[Group]) -> None:
    """No group requires what it forbids."""
    found = [
        f"required{group.suffix}: ({', '.join(sorted(names))})"
        for group in groups
        for names in group.required
        if names <= group.forbidden
    ]
    if found:
        text = "Conflicting required and forbidden traits found in the following traits keys: "
        raise BadRequest(text + ", ".join(sorted(found)))
