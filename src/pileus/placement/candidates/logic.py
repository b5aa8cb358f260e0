"""Candidates: the search over the newest snapshot, and its answer as JSON."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.ids import Chance
from pileus.kernel.store import Tx
from pileus.kernel.world import World
from pileus.placement.resource_classes.logic import ResourceClasses
from pileus.placement.scheduling.keeper import Keeper
from pileus.placement.scheduling.request import Request
from pileus.placement.scheduling.search import Candidate, search
from pileus.placement.scheduling.snapshot import Snapshot, summary
from pileus.placement.settings import PlacementSettings
from pileus.placement.traits.logic import Traits
from pileus.placement.versions import (
    ALLOCATIONS_BY_PROVIDER,
    CANDIDATES_TRAITS,
    MAPPINGS,
    NESTED_CANDIDATES,
    SUMMARY_ALL_CLASSES,
)

_encode = msgspec.json.Encoder().encode


class Candidates:
    """Finds candidates."""

    def __init__(
        self, world: World, keeper: Keeper, classes: ResourceClasses, traits: Traits, settings: PlacementSettings
    ) -> None:
        self._world = world
        self._keeper = keeper
        self._classes = classes
        self._traits = traits
        self._settings = settings

    async def find(self, tx: Tx, request: Request, version: int) -> bytes:
        """The answer to a request in the form of a version.

        Raises:
            BadRequest: there is no such resource class or trait.
        """
        names = request.classes()
        known = await self._classes.known(tx, names)
        for name in names:
            if name not in known:
                raise BadRequest(f"Invalid resource class in resources parameter: No such resource class {name}.")
        missing = request.traits() - await self._traits.known(tx, request.traits())
        if missing:
            raise BadRequest(f"No such trait(s): {', '.join(sorted(missing))}.")
        snapshot = await self._keeper.current(tx)
        with _uncollected():
            return answer(snapshot, request, version, self._settings, self._world.ids.random())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Hold the garbage collector off for the length of a block that waits for nothing.

    A search makes thousands of objects within milliseconds, none of them in cycles.  Their number alone would make the
    collector walk through the whole process several times, which takes longer than the search.
    """
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def answer(snapshot: Snapshot, request: Request, version: int, settings: PlacementSettings, chance: Chance) -> bytes:
    """The answer to a request in the form of a version: pure."""
    nested = NESTED_CANDIDATES.applies(version)
    bounds = [bound for bound in (settings.most_candidates, request.limit) if bound]
    if settings.randomize_candidates:
        every = list(search(snapshot, request, most=settings.most_candidates, nested=nested))
        found = iter(chance.sample(every, min(request.limit or len(every), len(every))))
    else:
        found = search(snapshot, request, most=min(bounds, default=0), nested=nested)
    shown, used = [], {}
    for candidate in found:  # each is let go of at once: ten thousand that live long are work for the garbage collector
        shown.append(_encode(_request(candidate, version)))
        used.update(candidate.amounts)
    summaries = _summaries(snapshot, request, list(used), version)
    return b'{"allocation_requests":[' + b",".join(shown) + b'],"provider_summaries":{' + summaries + b"}}"


def _request(candidate: Candidate, version: int) -> dict[str, object]:
    """A candidate in the form in which a version writes allocations."""
    amounts = candidate.amounts
    if not ALLOCATIONS_BY_PROVIDER.applies(version):
        return {"allocations": [{"resource_provider": {"uuid": u}, "resources": n} for u, n in amounts.items()]}
    shown: dict[str, object] = {"allocations": {uid: {"resources": named} for uid, named in amounts.items()}}
    if MAPPINGS.applies(version):
        shown["mappings"] = candidate.mappings
    return shown


def _summaries(snapshot: Snapshot, request: Request, used: list[str], version: int) -> bytes:
    """The members of the summaries: every provider of the trees that the candidates take something from.

    Versions that know of no nesting see only the providers that something is taken from, once there is nesting.
    """
    nested = NESTED_CANDIDATES.applies(version)
    roots = dict.fromkeys(snapshot.nodes[uid].root for uid in used)
    whole = SUMMARY_ALL_CLASSES.applies(version)
    if whole and (nested or not snapshot.nested):
        return b",".join([snapshot.summaries(root, nested=nested) for root in roots])
    trees = (node for root in roots for node in snapshot.trees[root].values())
    nodes = trees if not snapshot.nested else (snapshot.nodes[uid] for uid in used)
    classes = None if whole else frozenset(request.classes())
    traits = CANDIDATES_TRAITS.applies(version)
    return _encode({n.uuid: summary(n, traits=traits, nested=nested, classes=classes) for n in nodes})[1:-1]
