"""The default rules of OpenStack's own services, as `tests/fuzz/upstream_rules.tsv` keeps them.

Facts for `tests/fuzz/rights/test_upstream_rules.py`: what a service registers with oslo.policy, one rule a
line.  Run it with the interpreter of an environment of its own, for instance

    python -m venv /tmp/upstream
    /tmp/upstream/bin/pip install keystone glance openstack-placement
    /tmp/upstream/bin/python tools/upstream_rules.py > tests/fuzz/upstream_rules.tsv

Deprecated check strings are left out: they do not count where the new defaults are enforced.
"""

import sys
from importlib.metadata import entry_points, version
from typing import Any

SERVICES = {
    "identity": ("keystone", "keystone"),
    "image": ("glance", "glance"),
    "placement": ("placement", "openstack-placement"),
}
"""By our name of a service: its name among the entry points of `oslo.policy.policies`, and its package."""

HEAD = ("service", "rule", "check", "scopes", "operations")


def rules_of(project: str) -> list[Any]:
    """What a service registers."""
    (found,) = entry_points(group="oslo.policy.policies", name=project)
    return list(found.load()())


def row(service: str, rule: Any) -> tuple[str, ...]:
    """A rule's line."""
    scopes = ",".join(sorted(rule.scope_types or ()))
    operations = []
    for item in getattr(rule, "operations", ()):
        methods = item["method"] if isinstance(item["method"], list) else [item["method"]]
        operations += [f"{method} {item['path']}" for method in methods]
    return service, rule.name, " ".join(rule.check_str.split()), scopes, ", ".join(operations)


def main() -> None:
    """Write the table."""
    names = ", ".join(f"{package} {version(package)}" for _, package in SERVICES.values())
    lines = [f"# {names}", "\t".join(HEAD)]
    for service, (project, _) in SERVICES.items():
        lines += ["\t".join(row(service, rule)) for rule in sorted(rules_of(project), key=lambda rule: rule.name)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
