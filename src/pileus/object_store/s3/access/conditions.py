"""Conditions of a policy's statements: an operator, a key of the request's, and the values it is held against.

Source: AWS IAM user guide, "IAM JSON policy elements: Condition operators".
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import msgspec

from pileus.object_store.s3.access.patterns import matches
from pileus.object_store.s3.wire import moments

Facts = Mapping[str, Sequence[str]]
"""What is known of a request, by the condition key in lower case."""


class Condition(msgspec.Struct, frozen=True):
    """One line of a statement's conditions.

    Attributes:
        operator: without `IfExists` and without the words for several values.
        quantifier: "ForAllValues", "ForAnyValue" or empty.
        lenient: whether it holds where the request has nothing of the key.
    """

    operator: str
    key: str
    values: tuple[str, ...]
    quantifier: str = ""
    lenient: bool = False


def _number(test: Callable[[Decimal, Decimal], bool]) -> Callable[[str, str], bool]:
    def compare(found: str, wanted: str) -> bool:
        try:
            return test(Decimal(found), Decimal(wanted))
        except InvalidOperation:
            return False

    return compare


def _date(test: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    def compare(found: str, wanted: str) -> bool:
        one, other = _moment(found), _moment(wanted)
        return one is not None and other is not None and test(one, other)

    return compare


def _moment(text: str) -> datetime | None:
    if text.isascii() and text.isdecimal() and len(text) < 12:
        return datetime.fromtimestamp(int(text), UTC)
    return moments.of(text)


def _address(found: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda found, wanted: found == wanted,
    "StringEqualsIgnoreCase": lambda found, wanted: found.lower() == wanted.lower(),
    "StringLike": lambda found, wanted: matches(wanted, found),
    "NumericEquals": _number(lambda a, b: a == b),
    "NumericLessThan": _number(lambda a, b: a < b),
    "NumericLessThanEquals": _number(lambda a, b: a <= b),
    "NumericGreaterThan": _number(lambda a, b: a > b),
    "NumericGreaterThanEquals": _number(lambda a, b: a >= b),
    "DateEquals": _date(lambda a, b: a == b),
    "DateLessThan": _date(lambda a, b: a < b),
    "DateLessThanEquals": _date(lambda a, b: a <= b),
    "DateGreaterThan": _date(lambda a, b: a > b),
    "DateGreaterThanEquals": _date(lambda a, b: a >= b),
    "Bool": lambda found, wanted: found.lower() == wanted.lower(),
    "BinaryEquals": lambda found, wanted: found == wanted,
    "IpAddress": _address,
    "ArnEquals": lambda found, wanted: matches(wanted, found),
    "ArnLike": lambda found, wanted: matches(wanted, found),
}
NEGATIVE = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
"""Operators that hold where none of the values fits, and what they turn around."""
OPERATORS = frozenset({*_POSITIVE, *NEGATIVE, "Null"})


def valid(condition: Condition) -> bool:
    """Whether its values are of its operator's kind."""
    operator = NEGATIVE.get(condition.operator, condition.operator)
    for value in condition.values:
        if operator == "IpAddress" and not _is_network(value):
            return False
        if operator in {"Bool", "Null"} and value.lower() not in {"true", "false"}:
            return False
        if operator.startswith("Date") and _moment(value) is None:
            return False
        if operator.startswith("Numeric") and not _number(lambda a, b: a.is_finite() and b.is_finite())(value, value):
            return False
    return True


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether it holds for a request."""
    found = facts.get(condition.key.lower(), ())
    operator = condition.operator
    if operator == "Null":
        return any((value.lower() == "true") == (not found) for value in condition.values)
    negative = operator in NEGATIVE
    compare = _POSITIVE[NEGATIVE.get(operator, operator)]
    if not found:
        return condition.lenient or negative or condition.quantifier == "ForAllValues"

    def fits(value: str) -> bool:
        return any(compare(value, wanted) for wanted in condition.values) != negative

    return (
        all(map(fits, found))
        if condition.quantifier == "ForAllValues" or (negative and condition.quantifier != "ForAnyValue")
        else any(map(fits, found))
    )
