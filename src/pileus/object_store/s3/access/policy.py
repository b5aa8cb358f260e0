"""Policies of buckets: JSON documents of statements that allow or deny.

Source: AWS IAM user guide, "IAM JSON policy element reference"; Amazon S3 user guide, "Bucket policies".
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec

from pileus.kernel.auth.caller import Caller
from pileus.object_store.s3.access.conditions import NEGATIVE, OPERATORS, Condition, Facts, holds, valid
from pileus.object_store.s3.access.patterns import matches
from pileus.object_store.s3.errors import S3Error, refuse

MOST = 20 << 10
"""Bytes of a policy at the most."""
_VERSIONS = ("2008-10-17", "2012-10-17")
_ARN = "arn:aws:s3:::"
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9:_/-]+|\*|\?|\$)\}")
_ACTION = re.compile(r"s3:[A-Za-z*?]+|\*")
_FIXING = frozenset(
    [
        "aws:sourceip",
        "aws:sourcearn",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceaccount",
        "aws:sourceowner",
        "aws:userid",
        "aws:username",
        "aws:principalorgid",
        "aws:principalarn",
        "aws:principalaccount",
        "s3:dataaccesspointarn",
    ]
)
"""Keys by which a statement for everybody is one for somebody, and so not public."""


class Statement(msgspec.Struct, frozen=True):
    """A statement; `negated` names the elements that are turned around (`NotAction` and the like)."""

    effect: str
    principals: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    negated: frozenset[str] = frozenset()


class Policy(msgspec.Struct, frozen=True):
    """A policy."""

    statements: tuple[Statement, ...]
    variables: bool

    @property
    def public(self) -> bool:
        """Whether it lets everybody in."""
        return any(_public(statement) for statement in self.statements)

    def verdict(self, who: Caller, action: str, resource: str, facts: Facts) -> str:
        """What it says: "Deny", "Allow", or nothing."""
        verdict = ""
        for statement in self.statements:
            if verdict != statement.effect and self._applies(statement, who, action, resource, facts):
                if statement.effect == "Deny":
                    return "Deny"
                verdict = "Allow"
        return verdict

    def _applies(self, statement: Statement, who: Caller, action: str, resource: str, facts: Facts) -> bool:
        negated = statement.negated
        if any(_is(principal, who) for principal in statement.principals) == ("principals" in negated):
            return False
        if any(matches(one.lower(), action.lower()) for one in statement.actions) == ("actions" in negated):
            return False
        patterns = (self._filled(pattern, facts) for pattern in statement.resources)
        if any(matches(pattern, resource) for pattern in patterns) == ("resources" in negated):
            return False
        return all(holds(self._with_variables(condition, facts), facts) for condition in statement.conditions)

    def _filled(self, text: str, facts: Facts) -> str:
        if not self.variables or "${" not in text:
            return text
        return _VARIABLE.sub(lambda found: next(iter(facts.get(found[1].lower(), ())), "\0"), text)

    def _with_variables(self, condition: Condition, facts: Facts) -> Condition:
        if not self.variables or not any("${" in value for value in condition.values):
            return condition
        values = tuple(self._filled(value, facts) for value in condition.values)
        return msgspec.structs.replace(condition, values=values)


def _is(principal: str, who: Caller) -> bool:
    """Whether a principal is the caller; projects are the accounts of ARNs."""
    if principal == "*":
        return True
    if not who.user_id:
        return False
    if not principal.startswith("arn:"):
        return principal in {who.project_id, who.user_id}
    project, _, rest = principal.removeprefix("arn:aws:iam::").partition(":")
    if project != who.project_id:
        return False
    kind, _, name = rest.partition("/")
    return rest == "root" or (kind == "user" and name in {who.user_id, who.user_name})


def _public(statement: Statement) -> bool:
    if statement.effect != "Allow":
        return False
    if "*" not in statement.principals and "principals" not in statement.negated:
        return False
    return not any(_fixes(condition) for condition in statement.conditions)


def _fixes(condition: Condition) -> bool:
    if condition.key.lower() not in _FIXING or condition.operator in NEGATIVE or condition.lenient:
        return False
    if condition.operator == "IpAddress":
        return not any(value.endswith("/0") for value in condition.values)
    return not any("*" in value or "?" in value for value in condition.values)


@lru_cache(maxsize=512)
def read(text: str) -> Policy:
    """A policy that was found good when it was set."""
    return parse(text, "")


def parse(text: str | bytes, bucket: str) -> Policy:
    """A policy.

    Args:
        bucket: what its resources must be in; empty for one that was looked at before.

    Raises:
        S3Error: it is none.
    """
    try:
        given = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refuse("MalformedPolicy") from None
    if not isinstance(given, dict):
        raise refuse("MalformedPolicy")
    if set(given) - {"Version", "Id", "Statement"} or given.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise refuse("MalformedPolicy", "The policy must contain a valid version string")
    statements = given.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise refuse("MalformedPolicy", "Missing required field Statement")
    variables = given.get("Version") == _VERSIONS[1]
    return Policy(tuple(_statement(item, bucket) for item in statements), variables)


def _statement(given: Any, bucket: str) -> Statement:
    if not isinstance(given, dict):
        raise refuse("MalformedPolicy")
    known = {"Sid", "Effect", "Condition"} | {n + w for n in ("", "Not") for w in ("Principal", "Action", "Resource")}
    if set(given) - known:
        raise refuse("MalformedPolicy", "Policy has an unknown element")
    if given.get("Effect") not in {"Allow", "Deny"}:
        raise refuse("MalformedPolicy", "Invalid effect in policy")
    negated = set()
    values: dict[str, tuple[str, ...]] = {}
    for what, field in (("Principal", "principals"), ("Action", "actions"), ("Resource", "resources")):
        if (what in given) == ("Not" + what in given):
            raise refuse("MalformedPolicy", f"Policy needs either {what} or Not{what}")
        if "Not" + what in given:
            negated.add(field)
        value = given.get(what, given.get("Not" + what))
        values[field] = _principals(value) if what == "Principal" else tuple(_texts(value, what.lower()))
    if given["Effect"] == "Allow" and "principals" in negated:
        raise refuse("MalformedPolicy", "NotPrincipal cannot be used with Allow")
    if not all(_ACTION.fullmatch(action) for action in values["actions"]):
        raise refuse("MalformedPolicy", "Policy has invalid action")
    for resource in values["resources"]:
        inside = resource.removeprefix(_ARN)
        if inside == resource or (bucket and inside != bucket and not inside.startswith(bucket + "/")):
            raise refuse("MalformedPolicy", "Policy has invalid resource")
    conditions = tuple(_conditions(given.get("Condition", {})))
    return Statement(
        given["Effect"], values["principals"], values["actions"], values["resources"], conditions, frozenset(negated)
    )


def _texts(value: Any, what: str) -> list[str]:
    items = value if isinstance(value, list) else [value]
    if not items or not all(isinstance(item, str) and item for item in items):
        raise refuse("MalformedPolicy", f"Policy has invalid {what}")
    return items


def _principals(value: Any) -> tuple[str, ...]:
    wrong = refuse("MalformedPolicy", "Invalid principal in policy")
    if value == "*":
        return ("*",)
    if not isinstance(value, dict) or not value or set(value) - {"AWS", "CanonicalUser", "Service", "Federated"}:
        raise wrong
    found: list[str] = []
    for kind, names in value.items():
        items = _texts(names, "principal")
        if kind == "AWS":
            found += [_principal(item, wrong) for item in items]
        elif kind == "CanonicalUser":
            found += items
        else:
            found += [f"arn:{kind.lower()}:{item}" for item in items]  # nobody of ours
    return tuple(found)


def _principal(item: str, wrong: S3Error) -> str:
    arn = re.fullmatch(r"arn:aws:iam::[A-Za-z0-9_-]{1,64}:(root|user/[^*?]{1,255})", item)
    if item == "*" or arn or re.fullmatch(r"[A-Za-z0-9_-]{1,64}", item):
        return item
    raise wrong


def _conditions(given: Any) -> Iterable[Condition]:
    if not isinstance(given, dict):
        raise refuse("MalformedPolicy", "Invalid Condition element")
    for name, lines in given.items():
        quantifier, colon, operator = name.rpartition(":")
        lenient = operator.endswith("IfExists")
        operator = operator.removesuffix("IfExists")
        if operator not in OPERATORS or (colon and quantifier not in {"ForAllValues", "ForAnyValue"}):
            raise refuse("MalformedPolicy", f"Invalid Condition type : {name}")
        if not isinstance(lines, dict):
            raise refuse("MalformedPolicy", "Invalid Condition element")
        for key, value in lines.items():
            if not key.lower().startswith(("aws:", "s3:")):
                raise refuse("MalformedPolicy", "Policy has an invalid condition key")
            items = value if isinstance(value, list) else [value]
            texts = tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
            condition = Condition(operator, key, texts, quantifier, lenient)
            if (
                not texts
                or any(isinstance(item, dict | list) or item is None for item in items)
                or not valid(condition)
            ):
                raise refuse("MalformedPolicy", "Policy has an invalid condition value")
            yield condition


def arn(bucket: str, key: str = "") -> str:
    """The resource's name in policies."""
    return f"{_ARN}{bucket}/{key}" if key else _ARN + bucket
