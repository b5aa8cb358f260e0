"""What OpenStack 2026.2 allows by default, from `upstream_rules.tsv`, and whether two check strings mean the same.

The table is facts taken from the services' own packages by `tools/upstream_rules.py`.
"""

import itertools
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from pileus.kernel.auth.caller import Caller

TABLE = Path(__file__).parents[1] / "upstream_rules.tsv"
SERVICES = ("identity", "image", "placement")
_NAMED = re.compile(r"%\(([^)]+)\)s")
MOST_TARGETS = 60
"""How many targets a check is tried on at the most; where there are more, these are drawn."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """One rule as a service registers it."""

    name: str
    check: str
    scopes: frozenset[str]
    operations: frozenset[str]


def rules(service: str) -> dict[str, Upstream]:
    """A service's rules by their names."""
    found = {}
    for line in TABLE.read_text().splitlines()[2:]:
        type_, name, check, scopes, operations = line.split("\t")
        if type_ == service:
            parts = (
                frozenset(filter(None, text.split(separator)))
                for text, separator in ((scopes, ","), (operations, ", "))
            )
            found[name] = Upstream(name, check, *parts)
    return found


def shape(operation: str) -> str:
    """An operation's method and path with its parameters' names left out, which differ without meaning anything."""
    return re.sub(r"\{[^}]*\}", "{}", operation)


def callers() -> dict[str, Caller]:
    """One caller of each kind, as in `people.py`, in the places `one` and `two`."""
    ladder = {"reader": {"reader"}, "member": {"reader", "member"}, "manager": {"reader", "member", "manager"}}
    ladder |= {"admin": {"reader", "member", "manager", "admin"}, "service": {"service"}, "none": set()}
    scopes: dict[str, dict[str, Any]] = {
        "project": {"project_id": "one", "project_domain_id": "one"},
        "stranger": {"project_id": "two", "project_domain_id": "two", "user_id": "two"},
        "domain": {"domain_id": "one"},
        "system": {"system": True},
        "unscoped": {},
    }
    made = {}
    for (scope, place), (role, names) in itertools.product(scopes.items(), ladder.items()):
        if scope == "unscoped" and role != "none":
            continue
        token: dict[str, Any] = {}
        if "domain_id" in place:
            token["domain"] = {"id": place["domain_id"]}
        if "project_id" in place:
            token["project"] = {"id": place["project_id"], "domain": {"id": place["project_domain_id"]}}
        facts = {"user_id": "one", "user_domain_id": "one", **place}
        made[f"{scope} {role}"] = Caller(roles=frozenset(names), is_admin="admin" in names, extra=token, **facts)
    return made


def targets(*checks: str) -> Iterator[dict[str, Any]]:
    """Targets in which everything that the checks name is the caller's, another's, nothing, or a word they know."""
    names = sorted({name for check in checks for name in _NAMED.findall(check)})
    words = {word for check in checks for word in re.findall(r"'(\w+)':", check)}
    values: list[Any] = ["one", "two", None, *sorted(words)]
    if len(values) ** len(names) <= MOST_TARGETS:
        chosen: Any = itertools.product(values, repeat=len(names))
    else:
        chance = random.Random(1)
        chosen = ([chance.choice(values) for _ in names] for _ in range(MOST_TARGETS))
    for row in chosen:
        yield dict(zip(names, row, strict=True))


class Judge:
    """Evaluates check strings by oslo.policy itself."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._enforcer = policy.Enforcer(cfg.ConfigOpts(), use_conf=False)
        self._enforcer.set_rules(policy.Rules.from_dict(dict(texts)), use_conf=False)

    def allows(self, name: str, caller: Caller, target: Mapping[str, Any]) -> bool:
        """Whether a rule lets a caller in, whatever the scopes."""
        return bool(self._enforcer.enforce(name, dict(target), dict(caller.credentials())))
