"""Check strings of oslo.policy's language compiled to functions: parsed once, asked thousands of times a second.

oslo.policy walks its tree of checks anew for every question and, at each node, inspects signatures and evaluates
literals.  Here the tree is turned into nested functions when the policy is loaded.  The language, its parser and its
registered extensions stay oslo.policy's; a kind of check that is not known here is asked as oslo.policy would ask it.
"""

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from oslo_policy import _checks as checks

Target: TypeAlias = Mapping[str, Any]
Test: TypeAlias = Callable[[Target, Mapping[str, Any]], bool]
"""Whether a check holds for a target and the caller's credentials."""

_ONE_NAME = re.compile(r"%\(([^()]+)\)s")


def compiled(rules: Mapping[str, checks.BaseCheck], enforcer: Any) -> dict[str, Test]:
    """The tests of all rules by name.

    Args:
        rules: parsed check strings by rule name.
        enforcer: handed to checks that only oslo.policy's registry knows; holds the same rules.
    """
    tests: dict[str, Test] = {}
    for name, check in rules.items():
        tests[name] = _compile(check, name, tests, enforcer)
    return tests


def _compile(check: Any, name: str, tests: dict[str, Test], enforcer: Any) -> Test:
    """The test of one node; `tests` is still being filled, so references are followed when asked."""
    kind = type(check)
    if kind is checks.TrueCheck:
        return lambda _target, _creds: True
    if kind is checks.FalseCheck:
        return lambda _target, _creds: False
    if kind is checks.NotCheck:
        inner = _compile(check.rule, name, tests, enforcer)
        return lambda target, creds: not inner(target, creds)
    if kind in {checks.AndCheck, checks.OrCheck}:
        parts = [_compile(part, name, tests, enforcer) for part in check.rules]
        return _every(parts) if kind is checks.AndCheck else _some(parts)
    if kind is checks.RuleCheck:
        return _reference(check.match, tests)
    if kind is checks.RoleCheck:
        return _role(check.match)
    if kind is checks.GenericCheck:
        return _generic(check.kind, check.match)
    return lambda target, creds: bool(checks._check(check, target, creds, enforcer, name))  # type: ignore[arg-type]


def _every(parts: list[Test]) -> Test:
    def test(target: Target, creds: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs as much again as the tests
            if not part(target, creds):
                return False
        return True

    return test


def _some(parts: list[Test]) -> Test:
    def test(target: Target, creds: Mapping[str, Any]) -> bool:
        for part in parts:  # noqa: SIM110 - a generator costs as much again as the tests
            if part(target, creds):
                return True
        return False

    return test


def _reference(name: str, tests: dict[str, Test]) -> Test:
    def test(target: Target, creds: Mapping[str, Any]) -> bool:
        try:
            return tests[name](target, creds)
        except KeyError:  # an unknown rule, or what it needs of the target is not there: refused
            return False

    return test


def _wanted(template: str) -> Callable[[Target], str]:
    """What fills a template with the target's values; raises KeyError where the target has not got one."""
    if "%" not in template:
        return lambda _target: template
    one = _ONE_NAME.fullmatch(template)
    if one is not None:
        name = one.group(1)
        return lambda target: str(target[name])
    return lambda target: template % target


def _role(match: str) -> Test:
    wanted = _wanted(match)

    def test(target: Target, creds: Mapping[str, Any]) -> bool:
        try:
            role = wanted(target).lower()
        except KeyError:
            return False
        return role in [held.lower() for held in creds.get("roles", ())]

    return test


def _generic(kind: str, match: str) -> Test:
    """`literal:%(name)s` compares with a literal, `a.b:%(name)s` with what the credentials have at a path."""
    wanted = _wanted(match)
    try:
        literal = str(ast.literal_eval(kind))
    except (ValueError, SyntaxError):
        path = kind.split(".")
    else:
        return _against(wanted, lambda _creds, match: match == literal)
    if len(path) > 1:
        return _against(wanted, lambda creds, match: _found(creds, path, match))
    name = path[0]
    if match == "None":  # upstream's credentials name what they have not, and say None; ours leave it out
        return lambda _target, creds: creds.get(name) in {None, "None"}

    def direct(creds: Mapping[str, Any], match: str) -> bool:
        value = creds.get(name)
        if type(value) is str:
            return value == match
        return _found(creds, path, match)

    return _against(wanted, direct)


def _against(wanted: Callable[[Target], str], holds: Callable[[Mapping[str, Any], str], bool]) -> Test:
    def test(target: Target, creds: Mapping[str, Any]) -> bool:
        try:
            match = wanted(target)
        except KeyError:
            return False
        return holds(creds, match)

    return test


def _found(value: Any, path: list[str], match: str) -> bool:
    """Whether a value is found at a path; of a list on the way, one element is enough."""
    for at, segment in enumerate(path):
        if not isinstance(value, Mapping) or segment not in value:
            return False
        value = value[segment]
        if isinstance(value, list):
            return any(_found(element, path[at + 1 :], match) for element in value)
    return match == str(value)
