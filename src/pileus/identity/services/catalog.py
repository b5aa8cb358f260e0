"""The catalog as tokens carry it: enabled services with their enabled endpoints, addresses filled in."""

import re
from typing import Any

import msgspec
from sqlalchemy import select

from pileus.identity.endpoint_filters.logic import shown
from pileus.identity.endpoint_filters.table import ENDPOINT_GROUPS, PROJECT_ENDPOINT_GROUPS, PROJECT_ENDPOINTS
from pileus.identity.endpoints.table import ENDPOINTS
from pileus.identity.services.table import SERVICES
from pileus.kernel.store import Row, Tx

_PLACE = re.compile(r"[%$]\((\w+)\)s")


KNOWN_PLACES = frozenset({"user_id", "project_id", "tenant_id"})


def unknown_places(url: str) -> set[str]:
    """The places of an address that nothing fills."""
    return set(_PLACE.findall(url)) - KNOWN_PLACES


def filled(url: str, values: dict[str, str]) -> str | None:
    """An address with its places filled in; None where a value is not known, and the endpoint is left out."""
    if any(not values.get(name) for name in _PLACE.findall(url)):
        return None
    return _PLACE.sub(lambda found: values[found[1]], url)


class Catalog:
    """Renders the catalog, keeping what it rendered for as long as nothing in it changes."""

    MOST = 4096

    def __init__(self) -> None:
        self._generation = -1
        self._services: list[dict[str, Any]] = []
        self._rendered: dict[tuple[str, str], msgspec.Raw] = {}
        self._by_user = False
        self._filters: dict[str, set[str]] = {}
        """The ids of the endpoints that are left, by project; projects without filter are not there."""

    async def refresh(self, tx: Tx, generation: int) -> None:
        """Read services and endpoints again where they are of another generation."""
        if self._generation == generation:
            return
        services = {row["id"]: {**row, "endpoints": []} for row in await tx.all(select(SERVICES)) if row["enabled"]}
        endpoints = await tx.all(select(ENDPOINTS).order_by(ENDPOINTS.c.interface))
        for row in endpoints:
            if row["enabled"] and row["service_id"] in services:
                services[row["service_id"]]["endpoints"].append(row)
        self._services = sorted(services.values(), key=lambda row: (row["type"], row["id"]))
        self._by_user = any("(user_id)" in row["url"] for row in endpoints)
        self._filters = await self._filtered(tx, endpoints)
        self._rendered.clear()
        self._generation = generation

    async def _filtered(self, tx: Tx, endpoints: list[Row]) -> dict[str, set[str]]:
        single: dict[str, set[str]] = {}
        for row in await tx.all(select(PROJECT_ENDPOINTS)):
            single.setdefault(row["project_id"], set()).add(row["endpoint_id"])
        by_id = {row["id"]: row for row in await tx.all(select(ENDPOINT_GROUPS))}
        groups: dict[str, list[Row]] = {}
        for row in await tx.all(select(PROJECT_ENDPOINT_GROUPS)):
            groups.setdefault(row["project_id"], []).append(by_id[row["endpoint_group_id"]])
        return {
            project: left
            for project in single.keys() | groups.keys()
            if (left := shown(endpoints, single.get(project, set()), groups.get(project, ())))
        }

    def plain(self, user_id: str, project_id: str) -> list[dict[str, Any]]:
        """The catalog for a user in a project (or in none)."""
        values = {"user_id": user_id, "project_id": project_id, "tenant_id": project_id}
        left = self._filters.get(project_id)
        listed = []
        for service in self._services:
            endpoints = []
            for row in service["endpoints"]:
                url = filled(row["url"], values)
                if url is not None and (left is None or row["id"] in left):
                    region = row["region_id"]
                    endpoints.append(
                        {
                            "id": row["id"],
                            "interface": row["interface"],
                            "region_id": region,
                            "region": region,
                            "url": url,
                        }
                    )
            name = service["extra"].get("name") or ""
            if left is not None and not endpoints:
                continue  # only a catalog without filter shows services that have nothing to show
            listed.append({"endpoints": endpoints, "id": service["id"], "type": service["type"], "name": name})
        return listed

    def rendered(self, user_id: str, project_id: str) -> msgspec.Raw:
        """The same as JSON."""
        key = (user_id if self._by_user else "", project_id)
        found = self._rendered.get(key)
        if found is None:
            if len(self._rendered) >= self.MOST:
                self._rendered.clear()
            found = msgspec.Raw(msgspec.json.encode(self.plain(user_id, project_id)))
            self._rendered[key] = found
        return found
