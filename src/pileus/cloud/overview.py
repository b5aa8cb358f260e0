"""What the running cloud tells of itself: status, audits, traces, metrics."""

from typing import Any

from sqlalchemy import func, select
from starlette.requests import Request

from pileus.cloud.assembly import Cloud
from pileus.cloud.inquiry import Answer as Answering
from pileus.cloud.workers.keeper import Keeper
from pileus.kernel.api.call import Answer
from pileus.kernel.operations import OPERATION_STEPS, OPERATIONS


class Overview:
    """Answers questions about one cloud.

    Args:
        keeper: of the processes that serve objects, if there are any.
    """

    def __init__(self, cloud: Cloud, keeper: Keeper | None = None) -> None:
        self._cloud = cloud
        self._keeper = keeper
        self._since = cloud.parts.world.clock.monotonic()

    def answers(self) -> dict[str, Answering]:
        """By the words of `inquiry.ask`."""
        return {"status": self.status, "audit": self.audit, "trace": self.trace}

    async def status(self, _question: dict[str, Any]) -> dict[str, Any]:
        """How the cloud and its machine do."""
        parts = self._cloud.parts
        async with parts.store.read() as tx:
            states = select(OPERATIONS.c.state, func.count().label("n")).group_by(OPERATIONS.c.state)
            operations = {row["state"]: row["n"] for row in await tx.all(states)}
        reconcilers = {
            name: health.error or f"well, looked {health.runs} times, closed {health.closed} differences"
            for name, health in parts.loops.health.items()
        }
        return {
            "up for": f"{parts.world.clock.monotonic() - self._since:.0f} s",
            "services": ", ".join(service.type for service in self._cloud.services),
            "operations": operations,
            "reconcilers": reconcilers,
            **({"objects": self._keeper.status()} if self._keeper is not None else {}),
            "machine": await self._cloud.ground.status(),
        }

    async def audit(self, _question: dict[str, Any]) -> list[str]:
        """Where database, hypervisor, network and disk do not agree."""
        cloud = self._cloud
        return [*await cloud.compute.audit(), *await cloud.network.audit(), *await cloud.object_store.audit()]

    async def trace(self, question: dict[str, Any]) -> list[dict[str, Any]]:
        """The operations of a request, with their steps."""
        async with self._cloud.parts.store.read() as tx:
            chosen = select(OPERATIONS).where(OPERATIONS.c.request_id == question["request"])
            operations = await tx.all(chosen.order_by(OPERATIONS.c.created_at))
            ids = [operation["id"] for operation in operations]
            steps = await tx.all(select(OPERATION_STEPS).where(OPERATION_STEPS.c.operation_id.in_(ids)))
        return [
            {
                "kind": operation["kind"],
                "resource_id": operation["resource_id"],
                "state": operation["state"],
                "created_at": operation["created_at"].isoformat(),
                "steps": [
                    {
                        "name": step["name"],
                        "state": step["state"],
                        "error": step["error"],
                        "seconds": (step["finished_at"] - step["started_at"]).total_seconds(),
                    }
                    for step in sorted(steps, key=lambda step: step["position"])
                    if step["operation_id"] == operation["id"]
                ],
            }
            for operation in operations
        ]

    async def metrics(self, request: Request) -> Answer:
        """Figures in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, Gauge, generate_latest

        registry = CollectorRegistry()
        operations = Gauge("pileus_operations", "Durable operations by state.", ["state"], registry=registry)
        closed = Gauge("pileus_reconciler_closed", "Differences closed.", ["reconciler"], registry=registry)
        failing = Gauge("pileus_reconciler_failures", "Looks failed in a row.", ["reconciler"], registry=registry)
        damaged = Gauge("pileus_objects_damaged", "Objects whose bytes are not those that were put.", registry=registry)
        damaged.set(len(await self._cloud.object_store.audit()))
        async with self._cloud.parts.store.read() as tx:
            states = select(OPERATIONS.c.state, func.count().label("n")).group_by(OPERATIONS.c.state)
            for row in await tx.all(states):
                operations.labels(row["state"]).set(row["n"])
        for name, health in self._cloud.parts.loops.health.items():
            closed.labels(name).set(health.closed)
            failing.labels(name).set(health.failures)
        return Answer(200, {"Content-Type": "text/plain; version=0.0.4"}, generate_latest(registry))
