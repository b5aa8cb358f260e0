"""The search: providers that can give what each group asks for, and combinations of them for all groups.

Within a tree anything may be combined.  A provider that shares also gives to the trees that it has an aggregate in
common with; the root of the tree that is served is the candidate's *anchor*.
"""

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from pileus.placement.scheduling.options import Option, Ways
from pileus.placement.scheduling.request import Group, Request
from pileus.placement.scheduling.snapshot import Node, Snapshot


class Candidate(msgspec.Struct, gc=False):
    """One way to satisfy all groups.

    Attributes:
        amounts: by provider, by resource class.
        mappings: the providers of each group.
    """

    amounts: dict[str, dict[str, int]]
    mappings: dict[str, list[str]]


def search(snapshot: Snapshot, request: Request, *, most: int = 0, nested: bool = True) -> Iterator[Candidate]:
    """The candidates for a request, those of the different trees in turn, one after the other as they are found.

    Trees come in the order of the nodes that give the first amount; a tree is looked at when its turn comes, which
    with a limit it seldom does.

    Args:
        most: candidates at the most; 0 for all.
        nested: whether several providers of one tree may be used together.
    """
    by_group = _ways(snapshot, request)
    if by_group is None:
        return iter(())
    anchors, counted = _anchors(by_group), _contested(request)
    if len(by_group) == 1 and not request.subtrees:
        found = _in_turn(_single(request.groups[0].suffix, by_group[0], anchor) for anchor in anchors)
    else:
        found = _in_turn(_Combination(snapshot, request, by_group, counted, anchor).walk() for anchor in anchors)
    if not nested:
        found = (candidate for candidate in found if _one_of_each_tree(snapshot, candidate))
    if snapshot.sharing():
        found = _distinct(found)
    return itertools.islice(found, most) if most else found


def _ways(snapshot: Snapshot, request: Request) -> list[Ways] | None:
    """The ways of each group, those that ask for the same thing being one; None if one names a tree that is not."""
    roots = _roots(snapshot, request)
    found: list[Ways] = []
    same: list[tuple[Group, Ways]] = []
    for group in request.groups:
        root = ""
        if group.in_tree:
            node = snapshot.nodes.get(group.in_tree)
            if node is None:
                return None
            root = node.root
        alike = [
            w for other, w in same if group.suffix and other == msgspec.structs.replace(group, suffix=other.suffix)
        ]
        made = alike[0] if alike else Ways(snapshot, group, roots, root)
        if group.suffix and not alike:
            same.append((group, made))
        found.append(made)
    return found


def _anchors(by_group: list[Ways]) -> Iterator[str]:
    """The anchors under which every group may be satisfied."""
    order = sorted(dict.fromkeys(by_group), key=lambda ways: ways.scarcity)
    for anchor in by_group[0].anchors():
        for ways in order:
            if not ways.of(anchor):
                break
        else:
            yield anchor


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


def _single(suffix: str, ways: Ways, anchor: str) -> Iterator[Candidate]:
    """The candidates of the only group under an anchor: its options as they are."""
    if not ways.several:
        amounts = dict(ways.wanted)
        for (node,) in ways.of(anchor):
            uid = node.uuid
            yield Candidate({uid: amounts} if amounts else {}, {suffix: [uid]})
        return
    for option in ways.of(anchor):
        taken: dict[str, dict[str, int]] = {}
        for node, (name, amount) in zip(option, ways.wanted, strict=True):
            if node.uuid in taken:
                taken[node.uuid][name] = amount
            else:
                taken[node.uuid] = {name: amount}
        yield Candidate(taken, {suffix: list(taken)})


class _Combination:
    """A walk through the options of all groups, one group after the other; dead ends are left early."""

    def __init__(
        self, snapshot: Snapshot, request: Request, by_group: list[Ways], counted: list[bool], anchor: str
    ) -> None:
        self._snapshot = snapshot
        self._request = request
        self._ways = by_group
        self._by_group = [ways.of(anchor) for ways in by_group]
        self._chosen: list[Option] = []
        self._alone = [request.isolate and bool(group.suffix) for group in request.groups]
        self._counted = counted
        self._taken: dict[str, dict[str, int]] = {}
        self._own: set[str] = set()

    def walk(self) -> Iterator[Candidate]:
        """The candidates, those that differ in the last group first."""
        last = len(self._by_group) - 1
        left = [iter(self._by_group[0])]
        while left:
            at = len(left) - 1
            if len(self._chosen) > at:
                self._take_back(at)
            if not self._choose(left[at], at):
                left.pop()
            elif at < last:
                left.append(iter(self._by_group[at + 1]))
            elif not self._request.subtrees or self._in_subtrees():
                yield self._candidate()

    def _choose(self, options: Iterator[Option], at: int) -> bool:
        """Choose the next of a group's options that goes with what is chosen for the groups before it."""
        alone, counted = self._alone[at], self._counted[at]
        for option in options:
            if alone and option[0].uuid in self._own:
                continue
            if counted:
                if not self._fits(option, self._ways[at]):
                    continue
                self._account(option, self._ways[at], 1)
            if alone:
                self._own.add(option[0].uuid)
            self._chosen.append(option)
            return True
        return False

    def _take_back(self, at: int) -> None:
        option = self._chosen.pop()
        if self._alone[at]:
            self._own.discard(option[0].uuid)
        if self._counted[at]:
            self._account(option, self._ways[at], -1)

    def _in_subtrees(self) -> bool:
        subtrees = self._request.subtrees
        return all(_below_one(self._snapshot, self._request, self._chosen, suffixes) for suffixes in subtrees)

    def _fits(self, option: Option, ways: Ways) -> bool:
        """Whether nodes that other groups take from as well have enough for this one too."""
        for node, (name, amount) in _pairs(option, ways):
            taken = self._taken.get(node.uuid)
            if taken and name in taken:
                room = node.room[name]
                needed = taken[name] + amount
                if needed > room.free or needed > room.most:
                    return False
        return True

    def _account(self, option: Option, ways: Ways, sign: int) -> None:
        for node, (name, amount) in _pairs(option, ways):
            taken = self._taken.setdefault(node.uuid, {})
            taken[name] = taken.get(name, 0) + sign * amount

    def _candidate(self) -> Candidate:
        amounts: dict[str, dict[str, int]] = {}
        mappings = {}
        for group, ways, option in zip(self._request.groups, self._ways, self._chosen, strict=True):
            uid = option[0].uuid
            if len(option) == 1 and uid not in amounts:
                if ways.wanted:
                    amounts[uid] = dict(ways.wanted)
                mappings[group.suffix] = [uid]
                continue
            for node, (name, amount) in _pairs(option, ways):
                entry = amounts.setdefault(node.uuid, {})
                entry[name] = entry.get(name, 0) + amount
            mappings[group.suffix] = list(dict.fromkeys([node.uuid for node in option]))
        return Candidate(amounts, mappings)


def _contested(request: Request) -> list[bool]:
    """For each group, whether another one may take the same class of the same node, so that the sum has to fit."""
    groups = request.groups
    return [
        any(
            one.amounts.keys() & other.amounts.keys()
            for other in groups
            if other is not one and not (request.isolate and one.suffix and other.suffix)
        )
        for one in groups
    ]


def _pairs(option: Option, ways: Ways) -> Iterable[tuple[Node, tuple[str, int]]]:
    """Who gives which amount."""
    return zip(option if ways.several else itertools.repeat(option[0]), ways.wanted, strict=False)


def _below_one(snapshot: Snapshot, request: Request, chosen: list[Option], suffixes: frozenset[str]) -> bool:
    """Whether the providers of some groups all lie below one of them."""
    groups = zip(request.groups, chosen, strict=True)
    ids = {node.uuid for group, option in groups if group.suffix in suffixes for node in option}
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
