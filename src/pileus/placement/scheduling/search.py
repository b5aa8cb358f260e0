"""The search: providers that can give what each group asks for, and combinations of them for all groups.

Within a tree anything may be combined.  A provider that shares also gives to the trees that it has an aggregate in
common with; the root of the tree that is served is the candidate's *anchor*.
"""

import itertools
from collections.abc import Iterable, Iterator

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


Options = dict[str, list[Option]]
"""The options of one group by anchor."""


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
        if not options:
            return iter(())
        by_group.append(options)
    anchors = [a for a in by_group[0] if all(a in options for options in by_group[1:])]
    if len(by_group) == 1 and nested and not request.subtrees:
        found = _single(request.groups[0].suffix, by_group[0], anchors, distinct=not snapshot.sharing())
    else:
        found = _in_turn(_combined(snapshot, request, [options[a] for options in by_group]) for a in anchors)
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


def _options(snapshot: Snapshot, group: Group, roots: set[str] | None) -> Options:
    """The ways to satisfy a group."""
    root = ""
    if group.in_tree:
        node = snapshot.nodes.get(group.in_tree)
        if node is None:
            return {}
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
    found: Options = {}
    for node in nodes:
        uid = node.uuid
        if (members is not None and uid not in members) or uid in strangers:
            continue
        if not _gives(node, wanted[1:]) or not _is_like(node, group):
            continue
        option = Option(tuple([(uid, name, amount) for name, amount in wanted]), (uid,))
        if roots is None or node.root in roots:
            found.setdefault(node.root, []).append(option)
        if SHARES in node.traits:
            for anchor in sorted(snapshot.anchors(node) - {node.root}):
                if roots is None or anchor in roots:
                    found.setdefault(anchor, []).append(option)
    return found


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
    found: Options = {}
    for anchor in trees or ():
        options = [
            _taken(chosen, wanted)
            for chosen in itertools.product(*(by_anchor[anchor] for by_anchor in by_class))
            if not group.required or _have(chosen, group)
        ]
        if options:
            found[anchor] = options
    return found


def _have(chosen: tuple[Node, ...], group: Group) -> bool:
    """Whether the providers have, together, the traits that the group requires."""
    traits = frozenset().union(*(node.traits for node in chosen))
    return all(names & traits for names in group.required)


def _taken(chosen: tuple[Node, ...], wanted: list[tuple[str, int]]) -> Option:
    uses = tuple([(node.uuid, name, amount) for node, (name, amount) in zip(chosen, wanted, strict=True)])
    return Option(uses, tuple(dict.fromkeys([node.uuid for node in chosen])))


def _single(suffix: str, options: Options, anchors: list[str], *, distinct: bool) -> Iterator[Candidate]:
    """The candidates of the only group: its options as they are.

    Args:
        distinct: whether no option stands under two anchors.
    """
    seen: set[tuple[Use, ...]] = set()
    for rank in range(max((len(options[anchor]) for anchor in anchors), default=0)):
        for anchor in anchors:
            if rank >= len(options[anchor]):
                continue
            option = options[anchor][rank]
            if not distinct:
                if option.uses in seen:
                    continue
                seen.add(option.uses)
            amounts: dict[str, dict[str, int]] = {}
            for provider, name, amount in option.uses:
                if provider in amounts:
                    amounts[provider][name] = amount
                else:
                    amounts[provider] = {name: amount}
            yield Candidate(amounts, {suffix: list(option.providers)})


def _combined(snapshot: Snapshot, request: Request, by_group: list[list[Option]]) -> Iterator[Candidate]:
    """One option of each group of one anchor, in all combinations that work; dead ends are left early."""
    chosen: list[Option] = []
    taken: dict[tuple[str, str], int] = {}
    own: set[str] = set()

    def fits(option: Option, group: Group) -> bool:
        if request.isolate and group.suffix and option.providers[0] in own:
            return False
        for provider, name, amount in option.uses:
            room = snapshot.nodes[provider].room[name]
            needed = taken.get((provider, name), 0) + amount
            if needed > room.free or needed > room.most:
                return False
        return True

    def account(option: Option, group: Group, sign: int) -> None:
        for provider, name, amount in option.uses:
            taken[provider, name] = taken.get((provider, name), 0) + sign * amount
        if request.isolate and group.suffix:
            (own.add if sign > 0 else own.discard)(option.providers[0])

    def walk(at: int) -> Iterator[Candidate]:
        if at == len(by_group):
            if all(_below_one(snapshot, request, chosen, suffixes) for suffixes in request.subtrees):
                yield _candidate(request, chosen)
            return
        group = request.groups[at]
        for option in by_group[at]:
            if fits(option, group):
                account(option, group, 1)
                chosen.append(option)
                yield from walk(at + 1)
                chosen.pop()
                account(option, group, -1)

    return walk(0)


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
    left = list(sources)
    while left:
        still = []
        for source in left:
            candidate = next(source, None)
            if candidate is not None:
                yield candidate
                still.append(source)
        left = still
