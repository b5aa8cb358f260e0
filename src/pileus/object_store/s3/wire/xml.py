"""XML in and out: small documents of nested elements, without anything that XML can do beyond that."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element
else:
    Element = Any

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MOST = 4 << 20
"""Bytes of a document at the most."""

Node: TypeAlias = "str | int | bool | Raw | Sequence[tuple[str, Node]] | None"
"""Content of an element: text, elements in their order, or None for an element that is left out."""

_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;"}
_ESCAPES |= {number: f"&#x{number:X};" for number in (*range(9), 9, 10, 11, 12, 13, *range(14, 32))}


class Raw(str):
    """An element that is written out already."""

    __slots__ = ()


def escaped(text: str) -> str:
    """Text as it stands between tags."""
    return text.translate(_ESCAPES)


def _write(out: list[str], name: str, node: Node) -> None:
    if node is None:
        return
    if isinstance(node, Raw):
        out.append(node)
        return
    out.append(f"<{name}>")
    if isinstance(node, bool):
        out.append("true" if node else "false")
    elif isinstance(node, int):
        out.append(str(node))
    elif isinstance(node, str):
        out.append(escaped(node))
    else:
        for child, content in node:
            _write(out, child, content)
    out.append(f"</{name.partition(' ')[0]}>")


def element(name: str, node: Node) -> Raw:
    """An element written out; its name may carry attributes."""
    out: list[str] = []
    _write(out, name, node)
    return Raw("".join(out))


def document(name: str, content: Node, namespace: str = NAMESPACE) -> bytes:
    """A whole document."""
    where = f' xmlns="{namespace}"' if namespace else ""
    body = element(f"{name}{where}", content if content is not None else "")
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + body).encode("utf-8", "surrogatepass")


def parse(data: bytes, name: str) -> "Element":
    """The root element of a document, which must have that name; namespaces are taken off.

    Raises:
        ValueError: it is no such document, or it defines entities or a type.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if len(data) > MOST:
        raise ValueError("too long")
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ValueError("not well-formed") from error
    for item in root.iter():
        if isinstance(item.tag, str) and "}" in item.tag:
            item.tag = item.tag.rpartition("}")[2]
    if root.tag != name:
        raise ValueError(f"not a {name}")
    return root


def only(item: "Element", names: Iterable[str]) -> None:
    """Refuse elements of other names.

    Raises:
        ValueError: there is one.
    """
    allowed = frozenset(names)
    for child in item:
        if child.tag not in allowed:
            raise ValueError(f"{child.tag} in {item.tag}")


def text(item: "Element", name: str, default: str | None = "") -> str:
    """The text of a child that may stand there once.

    Raises:
        ValueError: it stands there more than once, or is missing and there is no default.
    """
    found = item.findall(name)
    if len(found) > 1 or (not found and default is None):
        raise ValueError(f"{name} in {item.tag}")
    return (found[0].text or "").strip() if found else default or ""


def whole(item: "Element", name: str, least: int = 0) -> int | None:
    """The number in a child; None where there is none.

    Raises:
        ValueError: it is no number, or too small.
    """
    found = text(item, name, "")
    if item.find(name) is None:
        return None
    if not found.isascii() or not found.isdecimal() or len(found) > 18 or int(found) < least:
        raise ValueError(f"{name}: {found}")
    return int(found)


def one_of(item: "Element", name: str, values: Iterable[str], default: str | None = None) -> str:
    """The text of a child, which must be one of the values.

    Raises:
        ValueError: it is not.
    """
    found = text(item, name, default)
    if found != default and found not in frozenset(values):
        raise ValueError(f"{name}: {found}")
    return found
