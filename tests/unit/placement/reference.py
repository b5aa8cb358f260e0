"""The search for candidates said plainly: everything is tried, nothing is kept, nothing is left early.

What `scheduling/search.py` finds, and in which order, is what this finds.
"""

import itertools

from pileus.placement.scheduling.snapshot import SHARES


def candidates(snapshot, request, *, nested=True):
    """Every candidate as (amounts, mappings), those of the trees in turn."""
    trees = [under(snapshot, request, anchor) for anchor in anchors(snapshot, request)]
    found = []
    for row in itertools.zip_longest(*trees):
        for candidate in row:
            if candidate is not None and candidate not in found and (nested or flat(snapshot, candidate)):
                found.append(candidate)
    return found


def flat(snapshot, candidate):
    roots = [snapshot.nodes[uid].root for uid in candidate[0]]
    return len(roots) == len(set(roots))


def serves(snapshot, node):
    """The roots of the trees that a node gives to, its own first."""
    others = set()
    if SHARES in node.traits:
        others = {other.root for other in snapshot.nodes.values() if other.aggregates & node.aggregates}
    return [node.root, *sorted(others - {node.root})]


def combines(snapshot, group):
    """Whether what a group asks for may come from several nodes."""
    nodes = snapshot.nodes.values()
    return not group.suffix and any(node.parent is not None or SHARES in node.traits for node in nodes)


def gives(node, name, amount):
    room = node.room.get(name)
    return room is not None and amount <= room.free and room.least <= amount <= room.most and amount % room.step == 0


def suits(snapshot, request, group, node, anchor):
    """Whether a node may give a group anything under an anchor, whatever it has."""
    if group.in_tree:
        if group.in_tree not in snapshot.nodes or node.root != snapshot.nodes[group.in_tree].root:
            return False
        if combines(snapshot, group) and node.root != anchor:
            return False
    top = snapshot.nodes.get(anchor)
    traits = top.traits if top is not None else frozenset()
    if not request.root_required <= traits or request.root_forbidden & traits:
        return False
    if group.forbidden & node.traits:
        return False
    # an aggregate of the root is one of its whole tree
    inherits = combines(snapshot, group) and top is not None
    belongs = all(ids & node.aggregates for ids in group.member_of)
    if inherits and not belongs and node.root == anchor:
        belongs = all(ids & top.aggregates for ids in group.member_of)
    strange = bool(group.not_member_of & node.aggregates)
    if inherits:
        strange = strange or bool(group.not_member_of & top.aggregates)
    return belongs and not strange


def options(snapshot, request, group, anchor):
    """Each way to satisfy a group under an anchor: a node for each of its amounts."""
    near = [node for node in snapshot.nodes.values() if anchor in serves(snapshot, node)]
    near = [node for node in near if suits(snapshot, request, group, node, anchor)]
    wanted = list(group.amounts.items())
    if not combines(snapshot, group):
        chosen = [(node,) * max(len(wanted), 1) for node in near]
    else:
        chosen = list(itertools.product(near, repeat=len(wanted))) if wanted else []
    found = []
    for nodes in chosen:
        traits = frozenset().union(*(node.traits for node in nodes))
        enough = all(gives(node, name, amount) for node, (name, amount) in zip(nodes, wanted, strict=False))
        if enough and all(names & traits for names in group.required):
            found.append(nodes)
    return found


def anchors(snapshot, request):
    """The anchors, in the order of the nodes that give the first amount of the first group."""
    group = request.groups[0]
    first = next(iter(group.amounts.items()), None)
    found = []
    for node in snapshot.nodes.values():
        if first is not None and not gives(node, *first):
            continue
        for anchor in serves(snapshot, node):
            if not suits(snapshot, request, group, node, anchor) or anchor in found:
                continue
            alone = not combines(snapshot, group)
            if alone and (node,) * max(len(group.amounts), 1) not in options(snapshot, request, group, anchor):
                continue
            found.append(anchor)
    return found


def under(snapshot, request, anchor):
    """The candidates of one anchor."""
    ways = [options(snapshot, request, group, anchor) for group in request.groups]
    found = []
    for chosen in itertools.product(*ways):
        by_group = dict(zip((group.suffix for group in request.groups), chosen, strict=True))
        if works(snapshot, request, by_group):
            found.append((amounts(request, by_group), mappings(by_group)))
    return found


def amounts(request, by_group):
    taken = {}
    for group in request.groups:
        for node, (name, amount) in zip(by_group[group.suffix], group.amounts.items(), strict=False):
            entry = taken.setdefault(node.uuid, {})
            entry[name] = entry.get(name, 0) + amount
    return taken


def mappings(by_group):
    return {suffix: list(dict.fromkeys(node.uuid for node in nodes)) for suffix, nodes in by_group.items()}


def works(snapshot, request, by_group):
    """Whether the groups' choices go together."""
    for uid, taken in amounts(request, by_group).items():
        room = snapshot.nodes[uid].room
        if any(amount > min(room[name].free, room[name].most) for name, amount in taken.items()):
            return False
    own = [nodes[0].uuid for suffix, nodes in by_group.items() if suffix]
    if request.isolate and len(set(own)) < len(own):
        return False
    for suffixes in request.subtrees:
        ids = {node.uuid for suffix in suffixes for node in by_group[suffix]}
        if not any(ids <= {uid for uid in ids if top in snapshot.ancestors(uid)} for top in ids):
            return False
    return True
