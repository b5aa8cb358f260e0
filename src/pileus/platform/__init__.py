"""Everything about the machine below Pileus: packages, daemons, bridges, the way out, and taking it all down again.

The door is `Machine`: `up` starts Open vSwitch, OVN and libvirt where they do not run and joins the machine to its
networks; `events` reports daemons that died and came back; `down` removes all of it.  `facts.probe` and
`doctor.examine` say what the machine has and lacks.  Nothing here knows a service or the cloud's database.
"""

from pileus.platform.daemons.events import DaemonEvent, DaemonStatus
from pileus.platform.inspection.doctor import Check
from pileus.platform.inspection.facts import Facts
from pileus.platform.lock import InUse
from pileus.platform.machine import Machine, MachineStatus, NotUsable
from pileus.platform.plan import Connections, Plan
from pileus.platform.record import Entry, Record
from pileus.platform.removal.leftovers import NAMESPACE_PREFIX, Leftover

__all__ = [
    "NAMESPACE_PREFIX",
    "Check",
    "Connections",
    "DaemonEvent",
    "DaemonStatus",
    "Entry",
    "Facts",
    "InUse",
    "Leftover",
    "Machine",
    "MachineStatus",
    "NotUsable",
    "Plan",
    "Record",
]
