"""The southbound side: where ports are bound, and which hosts there are.  Only read, never written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pileus.host.chassis.ovsdb import Connection
from pileus.network.backend.ovn.rows import KEY
from pileus.network.backend.protocol import ChassisStatus, PortStatus

TABLES = {
    "Chassis": ("name", "hostname", "encaps", "other_config", "external_ids"),
    "Chassis_Private": ("name", "chassis", "nb_cfg", "nb_cfg_timestamp", "external_ids"),
    "Encap": ("type", "ip"),
    "Port_Binding": ("logical_port", "type", "chassis", "up", "external_ids"),
    "SB_Global": ("nb_cfg", "options"),
}

_PLUGGABLE = frozenset({"", "virtual", "external"})


class Southbound:
    """See the module.  ``alive`` is judged by whether a host keeps up with the rounds of ``nb_cfg``."""

    def __init__(
        self,
        remote: str,
        within: float,
        *,
        on_port: Callable[[PortStatus], None],
        on_progress: Callable[[], None],
        monotonic: Callable[[], float],
        grace: float,
    ) -> None:
        """Connect; the callbacks come on another thread.  ``grace`` is how long a host may be behind."""
        self._on_port = on_port
        self._on_progress = on_progress
        self._monotonic = monotonic
        self._grace = grace
        self._behind_since: dict[str, float] = {}
        self._connection = Connection.open(remote, "OVN_Southbound", TABLES, self._changed, within)

    def _changed(self, event: str, row: Any) -> None:
        table = row._table.name
        if table == "Port_Binding":
            status = _status(row)
            if status is not None and event == "delete":
                self._on_port(PortStatus(status.port_id, up=False, chassis=None, gone=True))
            elif status is not None:
                self._on_port(status)
        elif table in ("Chassis_Private", "SB_Global"):
            self._on_progress()

    def ports(self) -> dict[str, PortStatus]:
        """See :meth:`NetworkBackend.ports_up`."""
        with self._connection.lock:
            found = [_status(row) for row in self._connection.tables["Port_Binding"].rows.values()]
        return {status.port_id: status for status in found if status is not None}

    def lagging(self, round_number: int) -> list[str]:
        """Living hosts that have not finished a round."""
        with self._connection.lock:
            rows = self._private()
            return [row.name for row in rows if row.nb_cfg < round_number and self._alive(row)]

    def chassis(self) -> list[ChassisStatus]:
        """See :meth:`NetworkBackend.chassis`."""
        with self._connection.lock:
            central = next(iter(self._connection.tables["SB_Global"].rows.values()), None)
            version = "" if central is None else central.options.get("northd_internal_version", "")
            return sorted((self._describe(row, version) for row in self._private()), key=lambda each: each.name)

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def _private(self) -> list[Any]:
        """Rows of hosts that are still registered."""
        return [row for row in self._connection.tables["Chassis_Private"].rows.values() if row.chassis]

    def _alive(self, row: Any) -> bool:
        central = next(iter(self._connection.tables["SB_Global"].rows.values()), None)
        if central is None or row.nb_cfg >= central.nb_cfg:
            self._behind_since.pop(row.name, None)
            return True
        since = self._behind_since.setdefault(row.name, self._monotonic())
        return self._monotonic() - since < self._grace

    def _describe(self, row: Any, version: str) -> ChassisStatus:
        chassis = row.chassis[0]
        config = {**chassis.external_ids, **chassis.other_config}
        mappings = [pair.partition(":") for pair in config.pop("ovn-bridge-mappings", "").split(",") if pair]
        gateway = "enable-chassis-as-gw" in config.get("ovn-cms-options", "").split(",")
        return ChassisStatus(
            name=row.name,
            hostname=chassis.hostname,
            alive=self._alive(row),
            type="OVN Controller Gateway agent" if gateway else "OVN Controller agent",
            version=version,
            reported_at=row.nb_cfg_timestamp / 1000 or None,
            gateway=gateway,
            bridge_mappings={name: bridge for name, _, bridge in mappings},
            encapsulations={encap.type: encap.ip for encap in chassis.encaps},
            config={**config, "nb_cfg": str(row.nb_cfg), "nb_cfg_timestamp": str(row.nb_cfg_timestamp)},
        )


def _status(row: Any) -> PortStatus | None:
    """What a binding says, None where it is not a port that something is plugged into."""
    if row.type not in _PLUGGABLE or KEY not in row.external_ids:
        return None
    chassis = row.chassis[0].name if row.chassis and row.chassis[0] is not None else None
    return PortStatus(row.logical_port, up=bool(row.up and row.up[0]), chassis=chassis)
