"""The rights of identity, image and placement are those of OpenStack 2026.2: names, checks and scopes.

Checks are compared by what they allow: every kind of caller on every kind of target, judged for us by our own policy,
for them by oslo.policy.
"""

import pytest
from tests.fuzz.rights.upstream import SERVICES, Judge, Upstream, callers, rules, shape, targets

from pileus.cloud.assembly import declared
from pileus.kernel.api.declare import Service
from pileus.kernel.auth.caller import Caller
from pileus.kernel.auth.policy import SCOPES
from pileus.kernel.auth.rules import Right

OURS: dict[str, str] = {}
"""Rights that OpenStack has no rule for, each with the reason, as `service right`."""

OTHERWISE: dict[str, str] = {
    "identity identity:list_roles": "`not domain_id:None` lets in tokens of domains alone: there the credentials of "
    "other tokens say None, which the judge is not told",
}
"""Rights that allow something else, each with the reason."""

UNGUARDED: dict[str, str] = {
    "placement DELETE /resource_providers/{}/inventories": "versions that have no such method refuse everybody with 405",
    "identity GET /v3/auth/tokens/OS-PKI/revoked": "upstream's function asks for nobody's rights either and refuses all",
}
"""Operations without a right of their own that OpenStack has a rule for, each with the reason."""

CALLERS = callers()


@pytest.fixture(scope="module")
def services() -> dict[str, Service]:
    return {service.type: service for service in declared()}


def checks_of(service: Service) -> dict[str, str]:
    return {name: item.check for name, item in {**service.policy.rules, **service.policy.rights}.items()}


def reached(name: str, checks: dict[str, str]) -> list[str]:
    """The text of a rule and of all that it refers to."""
    found, left = {}, [name]
    while left:
        at = left.pop()
        if at not in found and at in checks:
            found[at] = checks[at]
            left += [word.strip("()").removeprefix("rule:") for word in checks[at].split() if "rule:" in word]
    return list(found.values())


def difference(service: Service, right: Right, theirs: Upstream, judge: Judge, upstream: dict[str, Upstream]) -> str:
    """What a right allows or refuses otherwise than OpenStack's; empty for nothing."""
    known = {name: rule.check for name, rule in upstream.items()}
    texts = [*reached(right.name, checks_of(service)), *reached(theirs.name, known)]

    def allowed(caller: Caller, target: dict[str, object]) -> bool:
        in_scope = not theirs.scopes or caller.scope in theirs.scopes
        return in_scope and judge.allows(theirs.name, caller, target)

    for target in targets(*texts):
        for kind, caller in CALLERS.items():
            ours = service.policy.allows(right.name, caller, target)
            if ours != allowed(caller, target):
                return f"{kind} on {target} is {'let in' if ours else 'refused'}"
    return ""


@pytest.mark.parametrize("type", SERVICES)
def test_rights_are_named_and_scoped_as_upstream(services: dict[str, Service], type: str) -> None:
    service, upstream, wrong = services[type], rules(type), []
    for name in service.policy.rights:
        if name not in upstream:
            if f"{type} {name}" not in OURS:
                wrong.append(f"{name}: OpenStack has no such rule")
        elif set(service.policy.scopes(name)) != (upstream[name].scopes or set(SCOPES)):
            wrong.append(f"{name}: of the scopes {service.policy.scopes(name)}, not {sorted(upstream[name].scopes)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("type", SERVICES)
def test_rights_allow_what_upstream_allows(services: dict[str, Service], type: str) -> None:
    service, upstream, wrong = services[type], rules(type), {}
    judge = Judge({name: rule.check for name, rule in upstream.items()})
    for name, right in service.policy.rights.items():
        found = difference(service, right, upstream[name], judge, upstream) if name in upstream else ""
        if found:
            wrong[f"{type} {name}"] = f"{found}\n    ours:   {right.check}\n    theirs: {upstream[name].check}"
    assert not wrong.keys() - OTHERWISE, "\n".join(f"{name}: {wrong[name]}" for name in wrong.keys() - OTHERWISE)
    same = {name for name in OTHERWISE if name.startswith(type)} - wrong.keys()
    assert not same, f"no exceptions any more: {same}"


@pytest.mark.parametrize("type", SERVICES)
def test_operations_ask_for_the_right_that_upstream_names_for_them(services: dict[str, Service], type: str) -> None:
    service, wrong = services[type], []
    named: dict[str, set[str]] = {}
    for rule in rules(type).values():
        for operation in rule.operations:
            named.setdefault(shape(operation), set()).add(rule.name)
    for item in service.resources:
        for operation in item.declared.operations:
            path = ("" if item.declared.path.startswith("!") else service.root) + item.declared.path.removeprefix("!")
            key = shape(f"{operation.method} {path}{operation.path}")
            theirs = named.get(key, set())
            # some functions ask for one of several rights by themselves; `test_rights.py` sees that they do
            asked = {operation.right, *(item.declared.policy % rule for rule in item.declared.rights)}
            if theirs and not asked & theirs and f"{type} {key}" not in UNGUARDED:
                wrong.append(f"{key}: asks for {operation.right or 'nothing'}, not for {sorted(theirs)}")
    assert not wrong, "\n".join(wrong)


def test_exceptions_are_of_rights_that_there_are(services: dict[str, Service]) -> None:
    assert not OURS.keys() - {f"{type} {name}" for type in SERVICES for name in services[type].policy.rights}
