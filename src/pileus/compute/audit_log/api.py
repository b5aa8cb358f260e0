"""The operations on the log of usage audits.  Usage is computed when it is asked for, so no host ever ran an audit."""

from datetime import UTC, datetime
from typing import Any

from pileus.compute.rules import ADMIN
from pileus.compute.services.logic import COMPUTE_BINARY, listed
from pileus.compute.settings import ComputeSettings
from pileus.kernel.api.call import Call
from pileus.kernel.api.declare import get, resource
from pileus.kernel.api.errors import BadRequest


def _period(before: datetime) -> tuple[datetime, datetime]:
    """The last whole month before a moment."""
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begin = end.replace(year=end.year - 1, month=12) if end.month == 1 else end.replace(month=end.month - 1)
    return begin, end


@resource("/os-instance_usage_audit_log", policy="os_compute_api:os-instance-usage-audit-log:%s")
class AuditLog:
    """For which hosts usage was reported."""

    def __init__(self, settings: ComputeSettings) -> None:
        self._settings = settings

    async def _log(self, call: Call, before: datetime) -> dict[str, Any]:
        services = await listed(call.tx, call.world.clock.now(), self._settings, binary=COMPUTE_BINARY)
        hosts = sorted(row["host"] for row in services)
        begin, end = _period(before)
        done = "ALL" if not hosts else f"0 of {len(hosts)}"
        return {
            "period_beginning": begin.strftime("%Y-%m-%d %H:%M:%S"),
            "period_ending": end.strftime("%Y-%m-%d %H:%M:%S"),
            "num_hosts": len(hosts),
            "num_hosts_done": 0,
            "num_hosts_running": 0,
            "num_hosts_not_run": len(hosts),
            "hosts_not_run": hosts,
            "total_instances": 0,
            "total_errors": 0,
            "overall_status": f"{done} hosts done. 0 errors.",
            "log": {},
        }

    @get(rule="list", allow=ADMIN)
    async def index(self, call: Call) -> dict[str, Any]:
        """Show the log of the last period."""
        return {"instance_usage_audit_logs": await self._log(call, call.world.clock.now())}

    @get("/{before}", rule="show", allow=ADMIN)
    async def show(self, call: Call, before: str) -> dict[str, Any]:
        """Show the log of the last period before a moment."""
        for form in ("%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S"):
            try:
                moment = datetime.strptime(before, form).replace(tzinfo=UTC)
            except ValueError:
                continue
            return {"instance_usage_audit_log": await self._log(call, moment)}
        raise BadRequest(f"Invalid timestamp for date {before}")
