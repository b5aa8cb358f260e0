"""What scheduling works on: hosts as they are, what a server asks for, and what came of it."""

from dataclasses import dataclass, field

from pileus.placement.service import Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """One host.

    Attributes:
        id: of its placement provider.
        alive: whether its pulse was felt lately.
        enabled: whether nobody has disabled or forced it down.
        zone: its availability zone.
        inventories, used: by resource class.
        traits: what it can do.
        arch: "x86_64" …
        servers: how many are on it.
    """

    id: str
    name: str
    alive: bool = True
    enabled: bool = True
    zone: str = "nova"
    inventories: dict[str, Inventory] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()
    arch: str = "x86_64"
    servers: int = 0

    def free(self, resource: str) -> int:
        """How much of a resource class can still be given, over-commitment included."""
        inventory = self.inventories.get(resource)
        if inventory is None:
            return 0
        return int((inventory.total - inventory.reserved) * inventory.allocation_ratio) - self.used.get(resource, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The server group of a new server.

    Attributes:
        policy: "affinity", "anti-affinity" and their soft forms.
        hosts: how many members are on each host.
        most: members that one host may have under anti-affinity.
    """

    policy: str
    hosts: dict[str, int] = field(default_factory=dict)
    most: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a new server asks for.

    Attributes:
        resources: amounts by resource class; zeros are not asked for.
        zone: only hosts of this zone; empty for any.
        host: only this host; empty for any.
        forced: whether `host` is taken even if it is disabled.
        required, forbidden: traits.
        arch: of the image; empty for any.
        same, different: hosts from scheduler hints; None where there was no hint.
    """

    resources: dict[str, int]
    zone: str = ""
    host: str = ""
    forced: bool = False
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    arch: str = ""
    group: Group | None = None
    same: frozenset[str] | None = None
    different: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The chosen host, and those that would do as well, best first."""

    host: HostView
    alternates: tuple[HostView, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """No host will do.

    Attributes:
        removed: how many hosts each filter removed, in the order of the filters.
        nearest: the host that failed by the least, and by what; empty when nothing can be said.
        total: how many hosts there were.
    """

    removed: tuple[tuple[str, int], ...]
    nearest: str
    total: int

    @property
    def message(self) -> str:
        """What the user reads in the server's fault."""
        text = "No valid host was found. "
        if not self.total:
            return text + "This cloud has no compute hosts yet."
        counts = ", ".join(f"{name} removed {count}" for name, count in self.removed if count)
        text += f"Of {self.total} host{'s' if self.total != 1 else ''}: {counts}."
        return f"{text} {self.nearest}" if self.nearest else text
