"""All providers with what is left of them, in the form that the search walks through.

A snapshot is plain data with indexes; `put` and `drop` keep them right.  How it follows the database is `keeper.py`.
"""

from datetime import datetime

import msgspec

from pileus.placement.service import Inventory, Provider

SHARES = "MISC_SHARES_VIA_AGGREGATE"
"""The trait of providers that give to others in their aggregates."""

_encode = msgspec.json.Encoder().encode


class Room(msgspec.Struct, gc=False):
    """What a provider has of one resource class.

    Attributes:
        capacity: what it can give out in all.
        used: what it has given out.
        free: what is left of that; negative where the inventory has shrunk.
        least, most, step: what it gives at a time.
    """

    capacity: int
    used: int
    free: int
    least: int
    most: int
    step: int

    def gives(self, amount: int) -> bool:
        """Whether it can give an amount."""
        return amount <= self.free and self.least <= amount <= self.most and not amount % self.step


class Node(msgspec.Struct, gc=False):
    """One provider; never changed, but replaced.

    There are many of these and they live long, so the garbage collector is told not to walk through them; nothing in
    them refers back to them.

    Attributes:
        facts: the provider as other services see it.
        stamp, updated_at: of its row.
        room: by resource class.
    """

    uuid: str
    parent: str | None
    root: str
    stamp: int
    updated_at: datetime
    facts: Provider
    room: dict[str, Room]
    traits: frozenset[str]
    aggregates: frozenset[str]


def node_of(facts: Provider, parent: str | None, root: str, stamp: int, updated_at: datetime) -> Node:
    """The node of a provider."""
    room = {name: room_of(inventory, facts.used.get(name, 0)) for name, inventory in facts.inventories.items()}
    return Node(facts.id, parent, root, stamp, updated_at, facts, room, facts.traits, facts.aggregates)


def room_of(inventory: Inventory, used: int) -> Room:
    """What is left of an inventory."""
    capacity = int((inventory.total - inventory.reserved) * inventory.allocation_ratio)
    sizes = inventory.min_unit, inventory.max_unit, inventory.step_size
    return Room(capacity, used, capacity - used, *sizes)


class Snapshot:
    """Every provider, indexed.

    Attributes:
        nodes: by id.
        trees: nodes by their root's id, by their id.
        by_class: the nodes that have an inventory of a class, by their id.
        stocks: those of one tree: by root, class and id.
        order: by id, a number that grows with each `put`; every index of nodes is in that order.
        by_trait, by_aggregate: ids of nodes.
        nested: how many nodes have a parent.
        total: the sum of all stamps.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.trees: dict[str, dict[str, Node]] = {}
        self.by_class: dict[str, dict[str, Node]] = {}
        self.stocks: dict[str, dict[str, dict[str, Node]]] = {}
        self.order: dict[str, int] = {}
        self.by_trait: dict[str, set[str]] = {}
        self.by_aggregate: dict[str, set[str]] = {}
        self.nested = 0
        self.total = 0
        self._puts = 0
        self._rendered: dict[tuple[str, bool], bytes] = {}
        self._reach: dict[str, list[str]] | None = None

    def put(self, node: Node) -> None:
        """Add a node, in place of one with the same id."""
        uid = node.uuid
        old = self.nodes.get(uid)
        if (
            old is None
            or (old.root, old.aggregates) != (node.root, node.aggregates)
            or SHARES in old.traits ^ node.traits
        ):
            self._reach = None
        reach = self._reach
        self.drop(uid)
        self._reach = reach
        self._puts += 1
        self.order[uid] = self._puts
        self.nodes[uid] = node
        self.trees.setdefault(node.root, {})[uid] = node
        stock = self.stocks.setdefault(node.root, {})
        for name in node.room:
            self.by_class.setdefault(name, {})[uid] = node
            stock.setdefault(name, {})[uid] = node
        for trait in node.traits:
            self.by_trait.setdefault(trait, set()).add(uid)
        for aggregate in node.aggregates:
            self.by_aggregate.setdefault(aggregate, set()).add(uid)
        self.nested += node.parent is not None
        self.total += node.stamp
        self._forget(node.root)

    def drop(self, uid: str) -> None:
        """Remove the node with that id, if there is one."""
        node = self.nodes.pop(uid, None)
        if node is None:
            return
        del self.order[uid]
        del self.trees[node.root][uid]
        for name in node.room:
            del self.by_class[name][uid]
            del self.stocks[node.root][name][uid]
        if not self.trees[node.root]:
            del self.trees[node.root], self.stocks[node.root]
        self._reach = None
        for trait in node.traits:
            self.by_trait[trait].discard(uid)
        for aggregate in node.aggregates:
            self.by_aggregate[aggregate].discard(uid)
        self.nested -= node.parent is not None
        self.total -= node.stamp
        self._forget(node.root)

    def _forget(self, root: str) -> None:
        self._rendered.pop((root, True), None)
        self._rendered.pop((root, False), None)

    def sharing(self) -> set[str]:
        """The ids of the nodes that give to others in their aggregates."""
        return self.by_trait.get(SHARES, set())

    def with_any_trait(self, traits: frozenset[str]) -> set[str]:
        """The ids of the nodes that have at least one of the traits."""
        return set().union(*(self.by_trait.get(trait, ()) for trait in traits))

    def in_any_aggregate(self, aggregates: frozenset[str]) -> set[str]:
        """The ids of the nodes that belong to at least one of the aggregates."""
        return set().union(*(self.by_aggregate.get(aggregate, ()) for aggregate in aggregates))

    def anchors(self, node: Node) -> set[str]:
        """The roots of the trees that a sharing node gives to, if it belongs to any aggregate."""
        return {self.nodes[uid].root for uid in self.in_any_aggregate(node.aggregates)}

    def reaching(self, root: str) -> list[str]:
        """The ids of the sharing nodes of other trees that give to a tree; kept until one of them changes."""
        if self._reach is None:
            self._reach = {}
            for uid in self.sharing():
                node = self.nodes[uid]
                for anchor in self.anchors(node) - {node.root}:
                    self._reach.setdefault(anchor, []).append(uid)
        return self._reach.get(root, [])

    def ancestors(self, uid: str) -> set[str]:
        """A node's id and those of all above it."""
        found = set()
        at: str | None = uid
        while at is not None and at in self.nodes:
            found.add(at)
            at = self.nodes[at].parent
        return found

    def summaries(self, root: str, *, nested: bool) -> bytes:
        """The members of `provider_summaries` for a tree, as JSON without the braces around them; kept.

        Args:
            nested: whether parents and roots are shown.
        """
        found = self._rendered.get((root, nested))
        if found is None:
            nodes = self.trees.get(root, {}).values()
            shown = {node.uuid: summary(node, traits=True, nested=nested) for node in nodes}
            found = self._rendered[root, nested] = _encode(shown)[1:-1]
        return found


def trait_order(name: str) -> tuple[bool, str]:
    """Sorts traits: standard ones first."""
    return name.startswith("CUSTOM_"), name


def summary(node: Node, *, traits: bool, nested: bool, classes: frozenset[str] | None = None) -> dict[str, object]:
    """What candidates tell of a provider.

    Args:
        traits, nested: whether traits, and parent and root, are shown.
        classes: the resource classes shown; None for all.
    """
    room = {
        name: {"capacity": room.capacity, "used": room.used}
        for name, room in node.room.items()
        if classes is None or name in classes
    }
    shown: dict[str, object] = {"resources": room}
    if traits:
        shown["traits"] = sorted(node.traits, key=trait_order)
    if nested:
        shown |= {"parent_provider_uuid": node.parent, "root_provider_uuid": node.root}
    return shown
