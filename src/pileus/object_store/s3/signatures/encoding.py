"""Percent-encoding as signatures have it."""

from urllib.parse import quote, unquote_to_bytes

_UNRESERVED = "-_.~"


def encoded(text: bytes, *, slash: bool = False) -> str:
    """Bytes percent-encoded; slashes only where told to be kept."""
    return quote(text, safe=_UNRESERVED + "/" if slash else _UNRESERVED)


def again(text: str, *, slash: bool = False) -> str:
    """What is percent-encoded somehow, encoded as signatures have it."""
    return encoded(unquote_to_bytes(text), slash=slash)


def parameters(query: str) -> list[tuple[str, str]]:
    """The parameters of a query string, as they are encoded; one without `=` has an empty value."""
    found = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            found.append((name.replace("+", "%20"), value.replace("+", "%20")))
    return found
