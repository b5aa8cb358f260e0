"""The little languages of query parameters: amounts, traits and aggregates that are asked for."""

from pileus.kernel.api.errors import BadRequest
from pileus.kernel.api.formats import FORMATS

_is_uuid = FORMATS["uuid-like"]

AnyOf = list[frozenset[str]]
"""What must hold: of each set, at least one."""


def amounts(text: str) -> dict[str, int]:
    """Amounts by resource class: `VCPU:2,MEMORY_MB:1024`.

    Raises:
        BadRequest: it is malformed.
    """
    form = (
        "Badly formed resources parameter. Expected resources query string parameter in form: "
        "?resources=VCPU:2,MEMORY_MB:1024. Got: "
    )
    if not text.strip():
        raise BadRequest(f"{form}empty string.")
    found = {}
    for entry in text.split(","):
        name, *rest = entry.split(":")
        if len(rest) != 1:
            raise BadRequest(f"{form}{entry}.")
        try:
            amount = int(rest[0])
        except ValueError:
            text = f"Requested resource {name} expected positive integer amount. Got: {rest[0]}."
            raise BadRequest(text) from None
        if amount < 1:
            raise BadRequest(f"Requested resource {name} requires amount >= 1. Got: {amount}.")
        found[name] = amount
    return found


def traits(text: str, *, forbidding: bool, choosing: bool) -> tuple[AnyOf, frozenset[str]]:
    """What is required and what forbidden: `A,!B`, or `in:A,B` for one of several.

    Args:
        forbidding: whether `!` is understood.
        choosing: whether `in:` is.

    Raises:
        BadRequest: it is malformed, or not understood.
    """
    prefix = "Invalid query string parameters: "
    if text.startswith("in:"):
        form = "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC' "
        if not choosing:
            raise BadRequest(f"{prefix}{form}only supported since microversion 1.39. Got: {text}")
        names = frozenset(name.strip() for name in text[3:].split(","))
        expected = "Expected 'required' parameter value of the form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. "
        if "" in names:
            raise BadRequest(f"{prefix}{expected}Got an empty trait in: {text}")
        if any(name.startswith("!") for name in names):
            raise BadRequest(f"{prefix}{form}does not support forbidden traits. Got: {text}")
        return [names], frozenset()
    example = "HW_CPU_X86_VMX,!CUSTOM_MAGIC" if forbidding else "HW_CPU_X86_VMX,CUSTOM_MAGIC"
    expected = f"Expected 'required' parameter value of the form: {example}. "
    listed = [name.strip() for name in text.split(",")]
    forbidden = frozenset(name.lstrip("!") for name in listed if name.startswith("!"))
    if "" in listed or "" in forbidden:
        raise BadRequest(f"{prefix}{expected}Got an empty trait in: {text}")
    if forbidden and not forbidding:
        raise BadRequest(f"{prefix}{expected}Got: {text}")
    return [frozenset([name]) for name in listed if not name.startswith("!")], forbidden


def all_traits(texts: list[str], *, forbidding: bool, choosing: bool) -> tuple[AnyOf, frozenset[str]]:
    """What several parameters require and forbid together; only the last counts until one may choose.

    Raises:
        BadRequest: one is malformed, or not understood.
    """
    required: AnyOf = []
    forbidden: frozenset[str] = frozenset()
    for text in texts if choosing else texts[-1:]:
        more, less = traits(text, forbidding=forbidding, choosing=choosing)
        required += more
        forbidden |= less
    return required, forbidden


def member_of(texts: list[str], suffix: str, *, several: bool, forbidding: bool) -> tuple[AnyOf, frozenset[str]]:
    """The aggregates required (`A`, or `in:A,B` for one of several) and forbidden (`!A`, `!in:A,B`).

    Args:
        suffix: the group's, for messages.
        several: whether the parameter may stand several times.
        forbidding: whether `!` is understood.

    Raises:
        BadRequest: it is malformed, or not understood.
    """
    if len(texts) > 1 and not several:
        raise BadRequest(f"Multiple member_of{suffix} parameters are not supported")
    required: AnyOf = []
    forbidden: frozenset[str] = frozenset()
    for text in texts:
        if "," in text and not text.startswith(("in:", "!in:")):
            raise BadRequest(
                "Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid "
                f"microversion. Got: {text}"
            )
        bare = text.removeprefix("!")
        ids = frozenset(bare[3:].split(",") if bare.startswith("in:") else [bare])
        for uid in sorted(ids):
            if not _is_uuid(uid):
                expected = "Expected 'member_of' parameter to contain valid UUID(s)."
                raise BadRequest(f"Invalid query string parameters: {expected} Got: {uid}")
        if not text.startswith("!"):
            required.append(ids)
        elif forbidding:
            forbidden |= ids
        else:
            raise BadRequest(f"Forbidden member_of{suffix} parameters are not supported in the specified microversion")
    return required, forbidden


def tree(text: str) -> str:
    """A provider whose tree is meant.

    Raises:
        BadRequest: it is no id.
    """
    uid = text.strip()
    if not _is_uuid(uid):
        expected = "Expected 'in_tree' parameter to be a format of uuid."
        raise BadRequest(f"Invalid query string parameters: {expected} Got: {text}")
    return uid
