"""All roles and what they imply, held in memory: there are few, and every token needs them."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from pileus.identity.roles.table import IMPLICATIONS, ROLES
from pileus.kernel.store import Tx


@dataclass(slots=True)
class RoleBook:
    """The roles of one generation."""

    generation: int = -1
    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    implied: dict[str, set[str]] = field(default_factory=dict)

    async def refresh(self, tx: Tx, generation: int) -> None:
        """Read the roles again where they are of another generation."""
        if self.generation == generation:
            return
        self.by_id = {row["id"]: row for row in await tx.all(select(ROLES))}
        implied: dict[str, set[str]] = {}
        for row in await tx.all(select(IMPLICATIONS)):
            implied.setdefault(row["prior_id"], set()).add(row["implied_id"])
        self.implied = implied
        self.generation = generation

    def closure(self, ids: set[str]) -> set[str]:
        """The roles with all that they imply, at any distance."""
        found: set[str] = set()
        left = list(ids)
        while left:
            identifier = left.pop()
            if identifier not in found and identifier in self.by_id:
                found.add(identifier)
                left += self.implied.get(identifier, ())
        return found

    def shown(self, ids: set[str]) -> list[dict[str, str]]:
        """What a token says of them; roles of a single domain only count for what they imply."""
        rows = [self.by_id[identifier] for identifier in self.closure(ids)]
        return [
            {"id": row["id"], "name": row["name"]}
            for row in sorted(rows, key=lambda row: str(row["name"]))
            if not row["domain_id"]
        ]
