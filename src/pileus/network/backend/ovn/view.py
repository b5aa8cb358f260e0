"""What is wanted, with the way from an object to those that mention it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from pileus.network.backend.wanted import (
    Kind,
    PortKind,
    Ref,
    Wanted,
    WantedFloatingIP,
    WantedNetwork,
    WantedPort,
    WantedRouter,
    WantedSubnet,
    ref_of,
)


def _mentions(wanted: Wanted) -> set[Ref]:
    """The objects whose content decides how this one's rows look."""
    match wanted:
        case WantedSubnet():
            return {Ref(Kind.NETWORK, wanted.network_id)}
        case WantedPort():
            return {
                Ref(Kind.NETWORK, wanted.network_id),
                *(Ref(Kind.SUBNET, fixed.subnet_id) for fixed in wanted.fixed_ips),
                *(Ref(Kind.SECURITY_GROUP, group) for group in wanted.security_groups),
            }
        case WantedRouter():
            legs = [*wanted.interfaces, *((wanted.gateway,) if wanted.gateway else ())]
            networks = {Ref(Kind.NETWORK, leg.network_id) for leg in legs}
            return networks | {Ref(Kind.SUBNET, each.subnet_id) for leg in legs for each in leg.addresses}
        case WantedFloatingIP():
            return {Ref(Kind.ROUTER, wanted.router_id)}
        case _:
            return set()


class View:
    """A replica of the wanted objects that the database holds.  Used by one thread at a time."""

    def __init__(self) -> None:
        self._objects: dict[Ref, Wanted] = {}
        self._mentioned_by: dict[Ref, set[Ref]] = defaultdict(set)

    def put(self, wanted: Wanted) -> Wanted | None:
        """Add or replace an object; returns what was there."""
        ref = ref_of(wanted)
        old = self.drop(ref)
        self._objects[ref] = wanted
        for other in _mentions(wanted):
            self._mentioned_by[other].add(ref)
        return old

    def drop(self, ref: Ref) -> Wanted | None:
        """Forget an object; returns what was there."""
        old = self._objects.pop(ref, None)
        if old is not None:
            for other in _mentions(old):
                self._mentioned_by[other].discard(ref)
                if not self._mentioned_by[other]:
                    del self._mentioned_by[other]
        return old

    def get(self, ref: Ref) -> Wanted | None:
        """The object of this name."""
        return self._objects.get(ref)

    def __iter__(self) -> Iterator[Ref]:
        return iter(self._objects)

    def network(self, network_id: str) -> WantedNetwork | None:
        """A network by its id."""
        found = self._objects.get(Ref(Kind.NETWORK, network_id))
        return found if isinstance(found, WantedNetwork) else None

    def subnet(self, subnet_id: str) -> WantedSubnet | None:
        """A subnet by its id."""
        found = self._objects.get(Ref(Kind.SUBNET, subnet_id))
        return found if isinstance(found, WantedSubnet) else None

    def mentioning(self, ref: Ref) -> set[Ref]:
        """The objects that mention this one."""
        return set(self._mentioned_by.get(ref, ()))

    def metadata_address(self, subnet: WantedSubnet) -> str | None:
        """The address in a subnet behind which metadata is served on every host."""
        for ref in self._mentioned_by.get(Ref(Kind.SUBNET, subnet.id), ()):
            port = self._objects[ref]
            if isinstance(port, WantedPort) and port.kind is PortKind.METADATA:
                for fixed in port.fixed_ips:
                    if fixed.subnet_id == subnet.id:
                        return fixed.address
        return None

    def touched_by(self, old: Wanted | None, new: Wanted | None) -> set[Ref]:
        """The other objects whose rows may look different once ``old`` has become ``new``."""
        subject = new if new is not None else old
        assert subject is not None
        ref = ref_of(subject)
        if old is not None and new is not None and msgspec.structs.replace(old, revision=new.revision) == new:
            return set()
        touched: set[Ref] = set()
        for port in (old, new):
            if isinstance(port, WantedPort) and port.kind is PortKind.METADATA:
                touched |= {Ref(Kind.SUBNET, fixed.subnet_id) for fixed in port.fixed_ips}
        appeared_or_went = old is None or new is None
        if ref.kind in (Kind.NETWORK, Kind.SUBNET) or (
            appeared_or_went and ref.kind in (Kind.SECURITY_GROUP, Kind.ROUTER)
        ):
            touched |= self.mentioning(ref)
        return {other for other in touched if other in self._objects}
