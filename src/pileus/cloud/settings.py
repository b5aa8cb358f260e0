"""Every setting of a cloud: the file `settings.toml` in its state folder."""

from typing import Annotated

from pileus.compute.settings import ComputeSettings
from pileus.identity.settings import IdentitySettings
from pileus.image.settings import ImageSettings
from pileus.kernel.settings import Settings, doc
from pileus.network.settings import NetworkSettings
from pileus.object_store.settings import ObjectStoreSettings
from pileus.placement.settings import PlacementSettings


class LogSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of logging."""

    level: Annotated[str, doc("The least severity that is written: DEBUG, INFO, WARNING or ERROR.")] = "INFO"
    json: Annotated[bool, doc("Whether lines are JSON instead of text for people.")] = False


class StoreSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the database."""

    url: Annotated[str, doc("postgresql://user:password@host/name; empty keeps SQLite in the state folder.")] = ""
    durable: Annotated[bool, doc("Whether SQLite waits for the disk at each commit; simulated clouds never do.")] = True


class MachineSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of the machine that real servers run on."""

    name: Annotated[str, doc("The host's name in the cloud; empty takes the machine's own.")] = ""
    external_address: Annotated[str, doc("This machine's address on the external network, with its prefix.")] = (
        "172.24.4.1/24"
    )
    translate: Annotated[bool, doc("Whether servers reach the outside under the machine's own address (NAT).")] = True
    encapsulation_address: Annotated[str, doc("Where other machines send their tunnelled frames.")] = "127.0.0.1"


class SimulatedSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of simulated hosts."""

    hosts: Annotated[int, doc("How many there are.")] = 3
    vcpus: Annotated[int, doc("Processors of each.")] = 64
    memory_mib: Annotated[int, doc("Memory of each, MiB.")] = 262144
    disk_gib: Annotated[int, doc("Disk of each, GiB.")] = 4096


class CloudSettings(Settings, frozen=True, forbid_unknown_fields=True):
    """Of a whole cloud."""

    region: Annotated[str, doc("The region's name in the catalog.")] = "RegionOne"
    listen: Annotated[str, doc("Where the APIs answer, address:port.")] = "127.0.0.1:5000"
    public_url: Annotated[str, doc("The address in the catalog and in links; empty makes it from `listen`.")] = ""
    allowed_origins: Annotated[
        tuple[str, ...],
        doc("Origins of web pages whose scripts may ask the APIs (CORS), `*` for all; none by default."),
    ] = ()
    log: LogSettings = LogSettings()
    store: StoreSettings = StoreSettings()
    machine: MachineSettings = MachineSettings()
    simulated: SimulatedSettings = SimulatedSettings()
    identity: IdentitySettings = IdentitySettings()
    image: ImageSettings = ImageSettings()
    network: NetworkSettings = NetworkSettings()
    placement: PlacementSettings = PlacementSettings()
    compute: ComputeSettings = ComputeSettings()
    object_store: ObjectStoreSettings = ObjectStoreSettings()
