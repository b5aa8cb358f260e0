"""The settings of compute."""

from typing import Annotated

from pileus.kernel.settings import Settings, doc


class ComputeSettings(Settings, frozen=True):
    """Compute's settings."""

    default_zone: Annotated[str, doc("availability zone of hosts that no aggregate puts into one")] = "nova"
    service_down_seconds: Annotated[int, doc("seconds without a heartbeat after which a service is down")] = 60
