"""The policy that comes with a form: until when, and under which conditions, its signer lets others upload.

Source: Amazon S3 API reference, "Creating a POST policy".
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.wire import moments

FREE = frozenset({"policy", "x-amz-signature", "signature", "awsaccesskeyid", "file"})
"""Fields that a policy need not speak of, beside those that start with `x-ignore-`."""


class FormPolicy(msgspec.Struct, frozen=True):
    """What a signer lets others do.

    Attributes:
        conditions: (operator, field, value).
        least, most: bytes of the file.
    """

    conditions: tuple[tuple[str, str, str], ...]
    least: int = 0
    most: int | None = None

    def check(self, fields: Mapping[str, str]) -> None:
        """Hold a form against it.

        Raises:
            S3Error: a condition does not hold, or there is a field that none speaks of.
        """
        for operator, field, value in self.conditions:
            given = fields.get(field, "")
            good = given == value if operator == "eq" else given.startswith(value)
            if operator == "starts-with" and field == "content-type" and given:
                good = all(part.strip().startswith(value) for part in given.split(","))
            if not good:
                raise _denied(f'Policy Condition failed: ["{operator}", "${field}", "{value}"]')
        spoken = {field for _operator, field, _value in self.conditions}
        for field in fields:
            if field not in spoken and field not in FREE and not field.startswith("x-ignore-"):
                raise _denied(f"Extra input fields: {field}")


def _denied(message: str) -> Exception:
    return refuse("AccessDenied", f"Invalid according to Policy: {message}")


def read(text: str, now: datetime) -> FormPolicy:
    """A policy.

    Raises:
        S3Error: it is none, or its time is over.
    """
    wrong = refuse("InvalidPolicyDocument", "Invalid Policy: Invalid JSON.")
    try:
        given = msgspec.json.decode(base64.b64decode(text, validate=True))
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        raise wrong from None
    if not isinstance(given, dict) or not isinstance(given.get("conditions"), list):
        raise wrong
    end = moments.of(given["expiration"]) if isinstance(given.get("expiration"), str) else None
    if end is None:
        raise refuse("InvalidPolicyDocument", "Invalid Policy: Invalid 'expiration' value.")
    if end <= now:
        raise _denied("Policy expired.")
    conditions: list[tuple[str, str, str]] = []
    least, most = 0, None
    for item in given["conditions"]:
        if isinstance(item, dict):
            conditions += [_condition("eq", f"${name}", value) for name, value in item.items()]
        elif isinstance(item, list) and len(item) == 3 and item[0] == "content-length-range":
            least, most = _whole(item[1]), _whole(item[2])
        elif isinstance(item, list) and len(item) == 3:
            conditions.append(_condition(*item))
        else:
            raise refuse("InvalidPolicyDocument", "Invalid Policy: Invalid 'conditions' value.")
    return FormPolicy(tuple(conditions), least, most)


def _condition(operator: Any, field: Any, value: Any) -> tuple[str, str, str]:
    known = isinstance(operator, str) and operator.lower() in {"eq", "starts-with"}
    if not known or not isinstance(field, str) or not field.startswith("$") or not isinstance(value, str):
        raise refuse("InvalidPolicyDocument", "Invalid Policy: Invalid Simple-Condition.")
    return operator.lower(), field[1:].lower(), value


def _whole(value: Any) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise refuse("InvalidPolicyDocument", "Invalid Policy: Invalid content-length-range.")
    return int(text)
