"""Lists of containers and objects: what is asked for, and the three forms of the answer."""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from pileus.kernel.api import fields as f
from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import NotAcceptable, PreconditionFailed
from pileus.kernel.api.formats import is_whole
from pileus.kernel.api.schema import Schema
from pileus.object_store.storage.protocol import Query
from pileus.object_store.wire import metadata

MOST = 10_000
FORMS = {"plain": "text/plain", "json": "application/json", "xml": "application/xml"}
SHOWN = {
    "container": ("name", "count", "bytes", "last_modified", "storage_policy"),
    "object": ("name", "hash", "bytes", "content_type", "last_modified"),
}
"""What XML shows of an entry, by its kind; JSON shows all."""
_encode = msgspec.json.Encoder().encode


class ListQuery(Schema, extra="ignore"):
    """Which part of a list, in which form."""

    format = f.text("The form: plain, json or xml.", most=None)
    limit = f.text("Entries at the most.", most=None)
    marker = f.text("Names behind this one.", most=None)
    end_marker = f.text("Names before this one.", most=None)
    prefix = f.text("Names that start so.", most=None)
    delimiter = f.text("Names that have this behind the prefix are shown as one subdirectory.", most=None)
    path = f.text("Names in this directory, as if / separated them.", most=None)
    reverse = f.text("Whether the list runs backwards.", most=None)
    versions = f.text("If present, every version of each object is listed, deletions as well.", most=None)
    version_marker = f.text("With `versions` and `marker`: behind this version of it.", most=None)


def query_of(call: Call) -> Query:
    """The part of the list that a request asks for.

    Raises:
        PreconditionFailed: it asks for too much.
    """
    asked = call.query
    limit = asked.get("limit", "")
    most = int(limit) if is_whole(limit) and len(limit) < 20 else MOST
    if most > MOST or len(limit) >= 20:
        raise PreconditionFailed(f"Maximum limit is {MOST}")
    if any("\0" in value for value in asked.values()):
        raise PreconditionFailed("Invalid UTF8 or contains NULL")
    query = Query(
        marker=asked.get("marker", ""),
        end_marker=asked.get("end_marker", ""),
        prefix=asked.get("prefix", ""),
        delimiter=asked.get("delimiter", ""),
        limit=most,
        reverse=metadata.truth(asked.get("reverse", "")),
        versions="versions" in asked,
        version_marker=_version(asked.get("version_marker")),
    )
    if "path" in asked:
        directory = asked["path"].rstrip("/") + "/" if asked["path"] else ""
        return msgspec.structs.replace(query, prefix=directory, delimiter="/", subdirs=False)
    return query


def _version(marker: str | None) -> str | None:
    """The version behind which a list goes on; "" for the null version."""
    return "" if marker == "null" else marker


def form_of(call: Call) -> str:
    """The form that a request asks for: by its parameter, else by what it accepts.

    Raises:
        NotAcceptable: it accepts none.
    """
    asked = call.query.get("format", "").lower()
    if asked:
        return asked if asked in FORMS else "plain"
    accepted = call.request.headers.get("accept", "")
    if not accepted:
        return "plain"
    ranked: list[tuple[float, int, str]] = []
    for place, entry in enumerate(accepted.split(",")):
        kind, *parameters = [part.strip() for part in entry.split(";")]
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        for form, media in (*FORMS.items(), ("xml", "text/xml")):
            if quality > 0 and kind in {media, media.partition("/")[0] + "/*", "*/*"}:
                ranked.append((-quality, place, form))
                break
    if not ranked:
        raise NotAcceptable(f"Acceptable types are: {', '.join(FORMS.values())}")
    return min(ranked)[2]


def describe(call: Call) -> None:
    """Say of a HEAD what form the list would have.

    Raises:
        NotAcceptable: it would have none that the caller accepts.
    """
    call.headers["Content-Type"] = f"{FORMS[form_of(call)]}; charset=utf-8"
    if "format" not in call.query:
        call.headers["Vary"] = "Accept"


def answer(
    call: Call, form: str, head: dict[str, str], root: tuple[str, str], kind: str, entries: Sequence[dict[str, Any]]
) -> Answer:
    """A list in a form.

    Args:
        head: the headers of what is listed.
        root: the XML root element's name, and what its `name` is.
        kind: an entry's XML element.
        entries: names and values in order; `{"subdir": …}` for subdirectories.
    """
    head = {**head, "Content-Type": f"{FORMS[form]}; charset=utf-8"}
    if "format" not in call.query:
        head["Vary"] = "Accept"
    if form == "plain":
        lines = [entry.get("subdir") or entry["name"] for entry in entries]
        return Answer(200 if lines else 204, head, "".join(line + "\n" for line in lines).encode())
    if form == "json":
        return Answer(200, head, _encode(entries))
    parts = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{root[0]} name={quoteattr(root[1])}>']
    for entry in entries:
        if "subdir" in entry:
            name = entry["subdir"]
            inner = f"><name>{escape(name)}</name></subdir>" if kind == "object" else " />"
            parts.append(f"<subdir name={quoteattr(name)}{inner}")
            continue
        inner = "".join(f"<{key}>{escape(str(entry[key]))}</{key}>" for key in SHOWN[kind] if key in entry)
        parts.append(f"<{kind}>{inner}</{kind}>")
    return Answer(200, head, "".join([*parts, f"</{root[0]}>"]).encode())
