"""The search against a slow one that tries everything, on small random clouds."""

import itertools
import random
from datetime import UTC, datetime

import pytest

from pileus.placement.scheduling.request import Group, Request
from pileus.placement.scheduling.search import search
from pileus.placement.scheduling.snapshot import Snapshot, node_of
from pileus.placement.service import Inventory, Provider

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES, TRAITS = ("VCPU", "VGPU"), ("T1", "T2")


def cloud(chance):
    """Up to three trees of up to four providers."""
    snapshot = Snapshot()
    for tree in range(chance.randint(1, 3)):
        ids = []
        for number in range(chance.randint(1, 4)):
            totals = {name: chance.randint(1, 4) for name in CLASSES if chance.random() < 0.6}
            facts = Provider(
                id=f"{tree}{number}",
                name=f"{tree}{number}",
                generation=0,
                inventories={name: Inventory(total=n, max_unit=chance.randint(1, n)) for name, n in totals.items()},
                used={name: chance.randint(0, n) for name, n in totals.items()},
                traits=frozenset(trait for trait in TRAITS if chance.random() < 0.4),
                aggregates=frozenset(),
            )
            parent = chance.choice(ids) if ids else None
            snapshot.put(node_of(facts, parent, f"{tree}0", 1, NOW))
            ids.append(facts.id)
    return snapshot


def asked(chance):
    """Up to three groups."""
    groups = []
    for suffix in ("", "_A", "_B")[: chance.randint(1, 3)]:
        amounts = {name: chance.randint(1, 2) for name in CLASSES if chance.random() < 0.5} or {"VCPU": 1}
        required = [frozenset([chance.choice(TRAITS)])] if chance.random() < 0.3 else []
        forbidden = frozenset([chance.choice(TRAITS)]) if chance.random() < 0.2 else frozenset()
        groups.append(Group(suffix, amounts, required, forbidden, [], frozenset(), ""))
    subtrees = [frozenset(["_A", "_B"])] if len(groups) == 3 and chance.random() < 0.3 else []
    return Request(groups, isolate=chance.random() < 0.5, subtrees=subtrees)


def everything(snapshot, request):
    """All candidates, by trying every provider for every amount."""
    wanted = [(group, name, n) for group in request.groups for name, n in group.amounts.items()]
    found = set()
    for tree in snapshot.trees.values():
        for chosen in itertools.product(tree.values(), repeat=len(wanted)):
            if works(snapshot, request, list(zip(wanted, chosen, strict=True))):
                found.add(
                    frozenset((g.suffix, name, node.uuid) for (g, name, _), node in zip(wanted, chosen, strict=True))
                )
    return found


def works(snapshot, request, choices):
    by_group, sums = {}, {}
    for (group, name, n), node in choices:
        if name not in node.room or not node.room[name].gives(n) or group.forbidden & node.traits:
            return False
        by_group.setdefault(group.suffix, set()).add(node.uuid)
        sums[node.uuid, name] = sums.get((node.uuid, name), 0) + n
    for (uid, name), n in sums.items():
        room = snapshot.nodes[uid].room[name]
        if n > room.free or n > room.most:
            return False
    for group in request.groups:
        nodes = [snapshot.nodes[uid] for uid in by_group[group.suffix]]
        if group.suffix and len(nodes) > 1:
            return False
        if not all(names & frozenset().union(*(node.traits for node in nodes)) for names in group.required):
            return False
    own = [uid for suffix, ids in by_group.items() if suffix for uid in ids]
    if request.isolate and len(set(own)) < len(own):
        return False
    for suffixes in request.subtrees:
        ids = set().union(*(by_group[suffix] for suffix in suffixes))
        if not any(all(top in snapshot.ancestors(uid) for uid in ids) for top in ids):
            return False
    return True


@pytest.mark.parametrize("seed", range(300))
def test_the_search_finds_what_trying_everything_finds(seed):
    chance = random.Random(seed)
    snapshot, request = cloud(chance), asked(chance)
    if not snapshot.nested:
        return  # without any nesting, the group without a name keeps to one provider too: the same, as trees are single
    found = list(search(snapshot, request))
    for candidate in found:
        for uid, amounts in candidate.amounts.items():
            for name, amount in amounts.items():
                room = snapshot.nodes[uid].room[name]
                assert amount <= min(room.free, room.most)
    assert len(found) == len(everything(snapshot, request))
    assert len(list(search(snapshot, request, most=1))) == min(1, len(found))


def test_a_snapshot_forgets_what_is_dropped():
    snapshot = cloud(random.Random(7))
    for uid in list(snapshot.nodes):
        snapshot.drop(uid)
    assert (snapshot.nodes, snapshot.trees, snapshot.nested, snapshot.total) == ({}, {}, 0, 0)
    assert not any(snapshot.by_class.values())
    assert not any(snapshot.by_trait.values())
