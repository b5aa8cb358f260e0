"""Who asks: one token for each kind of caller that rights tell apart, and the resources that they ask about."""

from typing import Any

from tests.fuzz.cloud import FuzzCloud, Reply

LADDER = ("reader", "member", "manager", "admin")
PERSONAS = (
    "nobody",
    "stranger",
    *LADDER,
    "service",
    "domain-reader",
    "domain-manager",
    "domain-admin",
    "system-reader",
    "system-member",
    "system-admin",
)
"""From no token at all to everything.  `stranger` is a manager of another project; reader, member, manager and admin
have that role in the project that owns the resources, service has it in a project of its own; the domain's have it in
that project's domain."""


def checked(reply: Reply, *statuses: int) -> Any:
    """The answer's JSON, if it went well."""
    assert reply.status in (statuses or (200, 201, 202, 204)), (reply.sent, reply.status, reply.body[:500])
    return reply.json if reply.body else None


def login(cloud: FuzzCloud, user: str, password: str, scope: dict[str, Any]) -> str:
    """A token for a user of the default domain."""
    who = {"name": user, "password": password, "domain": {"id": "default"}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}, "scope": scope}}
    reply = cloud.ask("POST", "/identity/v3/auth/tokens", body=body)
    checked(reply, 201)
    return reply.headers["x-subject-token"]


def populate(cloud: FuzzCloud) -> None:
    """Make the personas' users and projects, and log each one in."""
    default = {"domain": {"id": "default"}}
    cloud.tokens["root"] = login(cloud, "admin", "admin-pw", {"project": {"name": "admin", **default}})
    cloud.tokens["demo"] = login(cloud, "demo", "demo-pw", {"project": {"name": "demo", **default}})
    rows = checked(cloud.ask("GET", "/identity/v3/roles", token="root"))["roles"]
    roles = {row["name"]: row["id"] for row in rows}
    for name in ("ours", "theirs", "services"):
        body = {"project": {"name": name, "domain_id": "default"}}
        project = checked(cloud.ask("POST", "/identity/v3/projects", token="root", body=body))["project"]
        cloud.seeds[name] = project["id"]
    for person in PERSONAS[1:]:
        role, place, scope = _place(cloud, person)
        body = {"user": {"name": f"fuzz-{person}", "password": "pw-of-" + person, "domain_id": "default"}}
        user = checked(cloud.ask("POST", "/identity/v3/users", token="root", body=body))["user"]
        cloud.seeds[f"user:{person}"] = user["id"]
        grant = f"/identity/v3/{place}/users/{user['id']}/roles/{roles[role]}"
        checked(cloud.ask("PUT", grant, token="root"), 204)
        cloud.tokens[person] = login(cloud, f"fuzz-{person}", "pw-of-" + person, scope)
    cloud.tokens["nobody"] = ""


def _place(cloud: FuzzCloud, person: str) -> tuple[str, str, dict[str, Any]]:
    """A persona's role, where it has it, and the scope of its token."""
    where, _, role = person.rpartition("-")
    if where == "domain":
        return role, "domains/default", {"domain": {"id": "default"}}
    if where == "system":
        return role, "system", {"system": {"all": True}}
    name = {"stranger": "theirs", "service": "services"}.get(person, "ours")
    role = "manager" if person == "stranger" else person
    return role, f"projects/{cloud.seeds[name]}", {"project": {"id": cloud.seeds[name]}}
