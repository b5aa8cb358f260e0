"""The machine below a real cloud, as its settings want it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pileus.cloud.folder import StateFolder
from pileus.cloud.networks import PHYSICAL
from pileus.cloud.settings import CloudSettings, MachineSettings
from pileus.kernel.settings import load

if TYPE_CHECKING:  # a simulated cloud has no machine
    from pileus.platform.machine import Machine
    from pileus.platform.plan import Plan


def plan_of(settings: MachineSettings, folder: StateFolder) -> Plan:
    """What the cloud wants of this machine."""
    from pileus.platform.plan import Plan

    return Plan(
        state=folder.root,
        chassis=settings.name or socket.gethostname(),
        encapsulation_address=settings.encapsulation_address,
        physical_network=PHYSICAL,
        external_address=settings.external_address,
        translate=settings.translate,
    )


def settings_of(folder: StateFolder) -> CloudSettings:
    """The cloud's settings.

    Raises:
        InvalidSettings: the file cannot be used.
    """
    return load(CloudSettings, folder.settings if folder.settings.exists() else None)


def machine_of(folder: StateFolder) -> Machine:
    """The machine, not yet up."""
    from pileus.platform.machine import Machine

    return Machine(plan_of(settings_of(folder).machine, folder))
