"""The search: providers that can give what each group asks for, and combinations of them for all groups.

Within a tree anything may be combined.  A provider that shares also gives to the trees that it has an aggregate in
common with; the root of the tree that is served is the candidate's *anchor*.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from pileus.placement.scheduling.request import Group, Request
from pileus.placement.scheduling.snapshot import SHARES, Node, Snapshot

Use = tuple[str, str, int]
"""A provider, a resource class, an amount."""


class Option(msgspec.Struct, gc=False):
    """One way to satisfy one group.

    Attributes:
        uses: what is taken of whom; nothing for groups without amounts.
        providers: who satisfies the group.
    """

    uses: tuple[Use, ...]
    providers: tuple[str, ...]


class Candidate(msgspec.Struct, gc=False):
    """One way to satisfy all groups.

    Attributes:
        amounts: by provider, by resource class.
        mappings: the providers of each group.
    """

    amounts: dict[str, dict[str, int]]
    mappings: dict[str, list[str]]


class Options(msgspec.Struct, gc=False):
    """The ways to satisfy one group.

    Attributes:
        anchors: whoever gives something, by anchor.
        make: the options under an anchor: made when its turn comes, which with a limit it seldom does.
    """

    anchors: dict[str, Any]
    make: Callable[[str], list[Option]]


def search(snapshot: Snapshot, request: Request, *, most: int = 0, nested: bool = True) -> Iterator[Candidate]:
    """The candidates for a request, those of the different trees in turn, one after the other as they are found.

    Args:
        most: candidates at the most; 0 for all.
        nested: whether several providers of one tree may be used together.
    """
    roots = _roots(snapshot, request)
    by_group: list[Options] = []
    for group in request.groups:
        options = _options(snapshot, group, roots)
        if options is None or not options.anchors:
            return iter(())
        by_group.append(options)
    anchors = [a for a in by_group[0].anchors if all(a in options.anchors for options in by_group[1:])]
    if len(by_group) == 1 and not request.subtrees:
        found = _in_turn(_single(request.groups[0].suffix, by_group[0], anchor) for anchor in anchors)
    else:
        found = _in_turn(_combined(snapshot, request, by_group, anchor) for anchor in anchors)
    if not nested:
        found = (candidate for candidate in found if _one_of_each_tree(snapshot, candidate))
    if snapshot.sharing():
        found = _distinct(found)
    return itertools.islice(found, most) if most else found


def _roots(snapshot: Snapshot, request: Request) -> set[str] | None:
    """The roots that have the traits that roots must have; None for any."""
    if not request.root_required and not request.root_forbidden:
        return None
    return {
        root
        for root in snapshot.trees
        if root in snapshot.nodes
        and request.root_required <= snapshot.nodes[root].traits
        and not request.root_forbidden & snapshot.nodes[root].traits
    }


def _options(snapshot: Snapshot, group: Group, roots: set[str] | None) -> Options | None:
    """The ways to satisfy a group; None if it names a tree that there is none of."""
    root = ""
    if group.in_tree:
        node = snapshot.nodes.get(group.in_tree)
        if node is None:
            return None
        root = node.root
    members = None
    if group.member_of:
        members = set.intersection(*(snapshot.in_any_aggregate(ids) for ids in group.member_of))
    strangers = snapshot.in_any_aggregate(group.not_member_of) if group.not_member_of else set()
    if not group.suffix and (snapshot.nested or snapshot.sharing()):
        return _of_several(snapshot, group, roots, root, members, strangers)
    return _of_one(snapshot, group, roots, root, members, strangers)


def _givers(snapshot: Snapshot, name: str, amount: int, root: str) -> list[Node]:
    """The nodes that can give an amount, of one tree if a root is given."""
    nodes: Iterable[Node] = snapshot.by_class.get(name, {}).values()
    if root:
        nodes = (node for node in snapshot.trees[root].values() if name in node.room)
    found = []
    for node in nodes:
        room = node.room[name]
        if amount <= room.free and room.least <= amount <= room.most and not amount % room.step:
            found.append(node)
    return found


def _of_one(
    snapshot: Snapshot, group: Group, roots: set[str] | None, root: str, members: set[str] | None, strangers: set[str]
) -> Options:
    """Options that take everything from one provider."""
    wanted = list(group.amounts.items())
    if wanted:
        nodes = _givers(snapshot, *wanted[0], root)
    else:
        nodes = list((snapshot.trees[root] if root else snapshot.nodes).values())
    found: dict[str, list[Node]] = {}
    for node in nodes:
        if (members is not None and node.uuid not in members) or node.uuid in strangers:
            continue
        if not _gives(node, wanted[1:]) or not _is_like(node, group):
            continue
        if roots is None or node.root in roots:
            found.setdefault(node.root, []).append(node)
        if SHARES in node.traits:
            for anchor in sorted(snapshot.anchors(node) - {node.root}):
                if roots is None or anchor in roots:
                    found.setdefault(anchor, []).append(node)

    def make(anchor: str) -> list[Option]:
        return [
            Option(tuple([(node.uuid, name, amount) for name, amount in wanted]), (node.uuid,))
            for node in found[anchor]
        ]

    return Options(found, make)


def _gives(node: Node, wanted: list[tuple[str, int]]) -> bool:
    for name, amount in wanted:
        room = node.room.get(name)
        if room is None or not room.gives(amount):
            return False
    return True


def _is_like(node: Node, group: Group) -> bool:
    """Whether a provider has, by itself, the traits that the group requires, and none that it forbids."""
    if group.forbidden and group.forbidden & node.traits:
        return False
    for names in group.required:  # noqa: SIM110 - a plain loop is twice as fast here
        if not names & node.traits:
            return False
    return True


def _of_several(
    snapshot: Snapshot, group: Group, roots: set[str] | None, root: str, members: set[str] | None, strangers: set[str]
) -> Options:
    """Options that take from the providers of a tree, and from those that share with it."""
    by_class: list[dict[str, list[Node]]] = []
    shares = set() if root else snapshot.sharing()
    trees: Iterable[str] | None = None
    for name, amount in group.amounts.items():
        by_anchor: dict[str, list[Node]] = {}
        for node in _givers(snapshot, name, amount, root):
            if group.forbidden and group.forbidden & node.traits:
                continue
            anchors: Iterable[str] = (node.root,)
            if node.uuid in shares and (members is None or node.uuid in members):
                anchors = snapshot.anchors(node) | {node.root}
            for anchor in anchors:
                if roots is not None and anchor not in roots:
                    continue
                # an aggregate of the root is one of the whole tree
                if members is not None and node.uuid not in members and anchor not in members:
                    continue
                if node.uuid in strangers or anchor in strangers:
                    continue
                by_anchor.setdefault(anchor, []).append(node)
        by_class.append(by_anchor)
        trees = by_anchor if trees is None else [anchor for anchor in trees if anchor in by_anchor]
    wanted = list(group.amounts.items())

    def make(anchor: str) -> list[Option]:
        return [
            _taken(chosen, wanted)
            for chosen in itertools.product(*(by_anchor[anchor] for by_anchor in by_class))
            if not group.required or _have(chosen, group)
        ]

    return Options(dict.fromkeys(trees or ()), make)


def _have(chosen: tuple[Node, ...], group: Group) -> bool:
    """Whether the providers have, together, the traits that the group requires."""
    traits = frozenset().union(*(node.traits for node in chosen))
    return all(names & traits for names in group.required)


def _taken(chosen: tuple[Node, ...], wanted: list[tuple[str, int]]) -> Option:
    uses = tuple([(node.uuid, name, amount) for node, (name, amount) in zip(chosen, wanted, strict=True)])
    return Option(uses, tuple(dict.fromkeys([node.uuid for node in chosen])))


def _single(suffix: str, options: Options, anchor: str) -> Iterator[Candidate]:
    """The candidates of the only group under an anchor: its options as they are."""
    for option in options.make(anchor):
        amounts: dict[str, dict[str, int]] = {}
        for provider, name, amount in option.uses:
            if provider in amounts:
                amounts[provider][name] = amount
            else:
                amounts[provider] = {name: amount}
        yield Candidate(amounts, {suffix: list(option.providers)})


def _combined(snapshot: Snapshot, request: Request, groups: list[Options], anchor: str) -> Iterator[Candidate]:
    """One option of each group under an anchor, in all combinations that work."""
    by_group = [options.make(anchor) for options in groups]
    return _Combination(snapshot, request, by_group).walk(0) if all(by_group) else iter(())


class _Combination:
    """A walk through the options of all groups, one group after the other; dead ends are left early."""

    def __init__(self, snapshot: Snapshot, request: Request, by_group: list[list[Option]]) -> None:
        self._snapshot = snapshot
        self._request = request
        self._by_group = by_group
        self._chosen: list[Option] = []
        self._taken: dict[tuple[str, str], int] = {}
        self._own: set[str] = set()

    def walk(self, at: int) -> Iterator[Candidate]:
        """The candidates that go on from what is chosen for the groups before this one."""
        if at == len(self._by_group):
            subtrees = self._request.subtrees
            if all(_below_one(self._snapshot, self._request, self._chosen, suffixes) for suffixes in subtrees):
                yield _candidate(self._request, self._chosen)
            return
        alone = self._request.isolate and bool(self._request.groups[at].suffix)
        for option in self._by_group[at]:
            if (alone and option.providers[0] in self._own) or not self._fits(option):
                continue
            self._account(option, 1)
            if alone:
                self._own.add(option.providers[0])
            self._chosen.append(option)
            yield from self.walk(at + 1)
            self._chosen.pop()
            if alone:
                self._own.discard(option.providers[0])
            self._account(option, -1)

    def _fits(self, option: Option) -> bool:
        for provider, name, amount in option.uses:
            room = self._snapshot.nodes[provider].room[name]
            needed = self._taken.get((provider, name), 0) + amount
            if needed > room.free or needed > room.most:
                return False
        return True

    def _account(self, option: Option, sign: int) -> None:
        for provider, name, amount in option.uses:
            self._taken[provider, name] = self._taken.get((provider, name), 0) + sign * amount


def _candidate(request: Request, chosen: list[Option]) -> Candidate:
    amounts: dict[str, dict[str, int]] = {}
    for option in chosen:
        for provider, name, amount in option.uses:
            entry = amounts.setdefault(provider, {})
            entry[name] = entry.get(name, 0) + amount
    mappings = {group.suffix: list(option.providers) for group, option in zip(request.groups, chosen, strict=True)}
    return Candidate(amounts, mappings)


def _below_one(snapshot: Snapshot, request: Request, chosen: list[Option], suffixes: frozenset[str]) -> bool:
    """Whether the providers of some groups all lie below one of them."""
    groups = zip(request.groups, chosen, strict=True)
    ids = {uid for group, option in groups if group.suffix in suffixes for uid in option.providers}
    return len(ids) == 1 or bool(set.intersection(*(snapshot.ancestors(uid) for uid in ids)) & ids)


def _one_of_each_tree(snapshot: Snapshot, candidate: Candidate) -> bool:
    roots = [snapshot.nodes[uid].root for uid in candidate.amounts]
    return len(set(roots)) == len(roots)


def _distinct(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """The candidates without those that say the same: a sharing provider stands under several anchors."""
    seen = set()
    for candidate in candidates:
        uses = frozenset((uid, name, n) for uid, amounts in candidate.amounts.items() for name, n in amounts.items())
        key = (uses, tuple((suffix, frozenset(ids)) for suffix, ids in candidate.mappings.items()))
        if key not in seen:
            seen.add(key)
            yield candidate


def _in_turn(sources: Iterable[Iterator[Candidate]]) -> Iterator[Candidate]:
    """One of each source, then the next of each."""
    left: Iterable[Iterator[Candidate]] = sources
    while True:
        still = []
        for source in left:
            candidate = next(source, None)
            if candidate is not None:
                yield candidate
                still.append(source)
        if not still:
            return
        left = still
