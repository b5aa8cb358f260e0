"""Making servers: their resources, operations and reconcilers, from the parts that they are handed."""

from dataclasses import dataclass
from typing import Any

from pileus.compute.console.api import ConsoleTokens, ServerConsoles
from pileus.compute.instance_actions.api import InstanceActions
from pileus.compute.metadata.answering import MetadataService
from pileus.compute.reconcilers.orphans import Orphans
from pileus.compute.reconcilers.power import Power
from pileus.compute.servers.actions.api import ServerActions
from pileus.compute.servers.api import Servers
from pileus.compute.servers.around.parts import ServerParts
from pileus.compute.servers.attributes.api import ServerAttributes
from pileus.compute.servers.nics.api import ServerNicActions, ServerNics
from pileus.compute.servers.operations import create, nics, power
from pileus.compute.servers.operations.delete import DeleteServer
from pileus.kernel.operations import Kind
from pileus.kernel.reconcile.loop import Reconciler


@dataclass(frozen=True, slots=True)
class ServersMade:
    """What servers add to the compute service.

    Attributes:
        resources: for `Service.add`.
        kinds: durable operations, for `Engine.register`.
        reconcilers: for `Loops.add`, beside the pulse of the hosts.
        metadata: answers guests.
    """

    resources: tuple[Any, ...]
    kinds: tuple[Kind, ...]
    reconcilers: tuple[Reconciler, ...]
    metadata: MetadataService


def make(parts: ServerParts) -> ServersMade:
    """Everything about servers."""
    kinds: tuple[Kind, ...] = (
        create.CreateServer(parts),
        DeleteServer(parts),
        nics.AttachInterface(parts),
        nics.DetachInterface(parts),
        *power.kinds(parts),
    )
    resources = (
        Servers(parts),
        ServerActions(parts),
        ServerNics(parts),
        ServerNicActions(parts),
        ServerAttributes(parts),
        ServerConsoles(parts),
        ConsoleTokens(),
        InstanceActions(),
    )
    return ServersMade(resources, kinds, (Power(parts), Orphans(parts)), MetadataService(parts))
