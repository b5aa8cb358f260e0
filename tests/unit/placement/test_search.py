"""The search against one that tries everything, on small random clouds: the same candidates in the same order."""

import random
from datetime import UTC, datetime

import pytest
from tests.unit.placement.reference import candidates

from pileus.placement.scheduling.request import Group, Request
from pileus.placement.scheduling.search import search
from pileus.placement.scheduling.snapshot import SHARES, Snapshot, node_of
from pileus.placement.service import Inventory, Provider

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES, TRAITS, AGGREGATES = ("VCPU", "VGPU", "DISK_GB"), ("T1", "T2", SHARES), ("A", "B")


def some(chance, words, share):
    return frozenset(word for word in words if chance.random() < share)


def cloud(chance, *, sharing):
    """Up to four trees of up to four providers, some of which were changed after they were made."""
    snapshot = Snapshot()
    for tree in range(chance.randint(1, 4)):
        ids = []
        for number in range(chance.randint(1, 4)):
            totals = {name: chance.randint(2, 6) for name in CLASSES if chance.random() < 0.75}
            facts = Provider(
                id=f"{tree}{number}",
                name=f"{tree}{number}",
                generation=0,
                inventories={
                    name: Inventory(total=n, max_unit=chance.randint(1, n), step_size=chance.choice((1, 1, 2)))
                    for name, n in totals.items()
                },
                used={name: chance.randint(0, n // 2) for name, n in totals.items()},
                traits=some(chance, TRAITS if sharing else TRAITS[:2], 0.35),
                aggregates=some(chance, AGGREGATES, 0.4),
            )
            parent = chance.choice(ids) if ids else None
            snapshot.put(node_of(facts, parent, f"{tree}0", 1, NOW))
            ids.append(facts.id)
    changed = chance.sample(list(snapshot.nodes), min(3, len(snapshot.nodes)))
    for uid in changed:
        snapshot.put(snapshot.nodes[uid])
    return snapshot


def asked(chance, snapshot):
    """Up to three groups with conditions of every kind."""
    groups = []
    for suffix in ("", "_A", "_B")[chance.randint(0, 1) : chance.randint(2, 3)]:
        amounts = {name: chance.randint(1, 2) for name in CLASSES if chance.random() < 0.5}
        if not amounts and (not suffix or chance.random() < 0.7):
            amounts = {"VCPU": 1}
        required = [some(chance, TRAITS, 0.5) or frozenset(["T1"])] if chance.random() < 0.2 else []
        forbidden = frozenset([chance.choice(TRAITS)]) if chance.random() < 0.15 else frozenset()
        member_of = [some(chance, AGGREGATES, 0.6) or frozenset("A")] if chance.random() < 0.2 else []
        strangers = frozenset([chance.choice(AGGREGATES)]) if chance.random() < 0.15 else frozenset()
        in_tree = chance.choice(list(snapshot.nodes)) if chance.random() < 0.1 else ""
        groups.append(Group(suffix, amounts, required, forbidden, member_of, strangers, in_tree))
    named = frozenset(group.suffix for group in groups if group.suffix)
    return Request(
        groups,
        isolate=chance.random() < 0.5,
        root_required=frozenset(["T1"] if chance.random() < 0.15 else []),
        root_forbidden=frozenset(["T2"] if chance.random() < 0.1 else []),
        subtrees=[named] if len(named) > 1 and chance.random() < 0.4 else [],
    )


def shown(found):
    return [(candidate.amounts, candidate.mappings) for candidate in found]


@pytest.mark.parametrize("sharing", [False, True])
@pytest.mark.parametrize("part", range(10))
def test_the_search_finds_what_trying_everything_finds(part, sharing):
    for seed in range(part * 100, part * 100 + 100):
        chance = random.Random(seed)
        snapshot = cloud(chance, sharing=sharing)
        request = asked(chance, snapshot)
        nested = chance.random() < 0.8
        wanted = candidates(snapshot, request, nested=nested)
        assert shown(search(snapshot, request, nested=nested)) == wanted, (seed, request)
        assert shown(search(snapshot, request, nested=nested, most=2)) == wanted[:2], (seed, request)


def test_some_random_requests_are_satisfied():
    """Else the test above would compare nothing with nothing."""
    sizes = []
    for seed in range(200):
        chance = random.Random(seed)
        snapshot = cloud(chance, sharing=True)
        sizes.append(len(candidates(snapshot, asked(chance, snapshot))))
    assert sum(size > 0 for size in sizes) > 60
    assert max(sizes) > 10


def test_a_snapshot_forgets_what_is_dropped():
    snapshot = cloud(random.Random(7), sharing=True)
    for uid in list(snapshot.nodes):
        snapshot.drop(uid)
    assert (snapshot.nodes, snapshot.trees, snapshot.nested, snapshot.total) == ({}, {}, 0, 0)
    assert (snapshot.stocks, snapshot.order) == ({}, {})
    assert not any(snapshot.by_class.values())
    assert not any(snapshot.by_trait.values())


def test_a_snapshot_follows_who_shares_with_whom():
    """What was worked out of sharing is forgotten when a trait, an aggregate or a tree changes."""
    chance = random.Random(3)
    for _ in range(100):
        snapshot = cloud(chance, sharing=True)
        for _ in range(3):
            roots = {root: set(snapshot.reaching(root)) for root in snapshot.trees}
            for root, ids in roots.items():
                wanted = {uid for uid in snapshot.sharing() if root in snapshot.anchors(snapshot.nodes[uid])}
                assert ids == {uid for uid in wanted if snapshot.nodes[uid].root != root}
            uid = chance.choice(list(snapshot.nodes))
            old = snapshot.nodes[uid]
            facts = Provider(uid, uid, 1, {}, {}, some(chance, TRAITS, 0.4), some(chance, AGGREGATES, 0.4))
            snapshot.put(node_of(facts, old.parent, old.root, 2, NOW))
            if chance.random() < 0.3 and len(snapshot.nodes) > 1:
                snapshot.drop(chance.choice(list(snapshot.nodes)))
