"""The ways to satisfy one group of a request, tree by tree: looked for when a tree's turn comes, and not before."""

from collections.abc import Iterable, Iterator
from itertools import product

from pileus.placement.scheduling.request import Group
from pileus.placement.scheduling.snapshot import Node, Snapshot

Option = tuple[Node, ...]
"""Who gives what a group asks for: one node for each of its amounts, or a single one for all of them."""


class Ways:
    """The options of one group.

    Args:
        roots: the anchors that may be; None for any.
        root: the only tree whose nodes may give; empty for any.

    Attributes:
        wanted: classes with their amounts.
        several: whether each amount may come from another node.
    """

    def __init__(self, snapshot: Snapshot, group: Group, roots: set[str] | None, root: str) -> None:
        self._snapshot = snapshot
        self._group = group
        self._roots = roots
        self._root = root
        self._members: set[str] | None = None
        if group.member_of:
            self._members = set.intersection(*(snapshot.in_any_aggregate(ids) for ids in group.member_of))
        self._strangers = snapshot.in_any_aggregate(group.not_member_of) if group.not_member_of else set()
        self._sharing = snapshot.sharing()
        self.wanted = list(group.amounts.items())
        self.several = not group.suffix and bool(snapshot.nested or self._sharing)
        self._picky = bool(group.forbidden or self._strangers) or self._members is not None or roots is not None
        if not self.several:
            self._picky = self._picky or bool(group.required or self.wanted[1:])
        self._found: tuple[str, list[Option]] = ("", [])

    @property
    def scarcity(self) -> int:
        """How few nodes have the class that fewest have: where to look first for a reason to leave a tree."""
        return min((len(self._snapshot.by_class.get(name, ())) for name, _ in self.wanted), default=1 << 62)

    def anchors(self) -> Iterator[str]:
        """The anchors under which somebody gives the first amount, each once, in the order of those nodes."""
        seen = set()
        alone = not self.several and not self._sharing
        for node in self._first():
            shares = node.uuid in self._sharing
            if (not shares and node.root in seen) or not self._gives(node):
                continue
            under = [node.root]
            if shares and not (self.several and self._root):
                under += sorted(self._snapshot.anchors(node) - {node.root})
            for anchor in under:
                if anchor not in seen and (not self._picky or self._likes(node, anchor)):
                    seen.add(anchor)
                    if alone and len(self._snapshot.trees[anchor]) == 1:
                        self._found = (anchor, [(node,)])  # that is all there is to find
                    yield anchor

    def _first(self) -> Iterable[Node]:
        """The nodes that have the first class, or all of them where nothing is asked for."""
        if not self.wanted:
            return (self._snapshot.trees[self._root] if self._root else self._snapshot.nodes).values()
        name = self.wanted[0][0]
        if self._root:
            return self._snapshot.stocks[self._root].get(name, {}).values()
        return self._snapshot.by_class.get(name, {}).values()

    def _gives(self, node: Node) -> bool:
        """Whether a node can give the first amount."""
        return not self.wanted or node.room[self.wanted[0][0]].gives(self.wanted[0][1])

    def of(self, anchor: str) -> list[Option]:
        """The options under an anchor; groups that ask for the same are one `Ways`, so that the newest is kept."""
        if self._found[0] != anchor:
            self._found = (anchor, self._look(anchor))
        return self._found[1]

    def _look(self, anchor: str) -> list[Option]:
        if self.several and not self.wanted:
            return []
        if not self.several:
            return [(node,) for node in self._givers(anchor, self.wanted[0] if self.wanted else None)]
        by_class = []
        for one in self.wanted:
            nodes = self._givers(anchor, one)
            if not nodes:
                return []
            by_class.append(nodes)
        if not self._group.required:
            return list(product(*by_class))
        return [chosen for chosen in product(*by_class) if self._have(chosen)]

    def _givers(self, anchor: str, one: tuple[str, int] | None) -> list[Node]:
        """The nodes that may give an amount under an anchor."""
        nodes = self._near(anchor, one and one[0])
        if one is not None:
            name, amount = one
            nodes = [
                node
                for node in nodes
                if amount <= (room := node.room[name]).free  # Room.gives, without the call: most of a search is this
                and room.least <= amount <= room.most
                and not amount % room.step
            ]
        return [node for node in nodes if self._likes(node, anchor)] if self._picky else nodes

    def _near(self, anchor: str, name: str | None) -> list[Node]:
        """The nodes of the anchor's tree, and those that share with it, that have a class, in the snapshot's order."""
        snapshot = self._snapshot
        own = not self._root or anchor == self._root
        stock = snapshot.trees[anchor] if name is None else snapshot.stocks[anchor].get(name, {})
        nodes = list(stock.values()) if own else []
        if not self._sharing or (self.several and self._root):
            return nodes
        far = [snapshot.nodes[uid] for uid in snapshot.reaching(anchor)]
        far = [node for node in far if (name is None or name in node.room) and self._root in {"", node.root}]
        return sorted(nodes + far, key=lambda node: snapshot.order[node.uuid]) if far else nodes

    def _likes(self, node: Node, anchor: str) -> bool:
        """Whether a node may give under an anchor; where nodes are not combined, whether it gives all the rest too."""
        if self._roots is not None and anchor not in self._roots:
            return False
        group, members, strangers = self._group, self._members, self._strangers
        if group.forbidden and group.forbidden & node.traits:
            return False
        if self.several:
            # an aggregate of the root is one of the whole tree
            if members is not None and node.uuid not in members and (node.root != anchor or anchor not in members):
                return False
            return not strangers or (node.uuid not in strangers and anchor not in strangers)
        if (members is not None and node.uuid not in members) or node.uuid in strangers:
            return False
        for name, amount in self.wanted[1:]:
            room = node.room.get(name)
            if room is None or not room.gives(amount):
                return False
        for names in group.required:  # noqa: SIM110 - a plain loop is twice as fast here
            if not names & node.traits:
                return False
        return True

    def _have(self, chosen: Option) -> bool:
        """Whether the nodes have, together, the traits that the group requires."""
        traits = frozenset().union(*(node.traits for node in chosen))
        return all(names & traits for names in self._group.required)
