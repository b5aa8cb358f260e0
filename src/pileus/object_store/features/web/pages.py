"""The pages of a site that no object holds: lists of directories, and that there are none."""

from collections.abc import Sequence
from html import escape
from typing import Any
from urllib.parse import quote

NOT_FOUND = "<html><h1>Not Found</h1><p>The resource could not be found.</p></html>"
_STYLE = """  <style type="text/css">
   h1 {font-size: 1em; font-weight: bold;}
   th {text-align: left; padding: 0px 1em 0px 1em;}
   td {padding: 0px 1em 0px 1em;}
   a {text-decoration: none;}
  </style>
"""


def css(chosen: str, prefix: str) -> str:
    """The address of a style sheet that was chosen, as seen from a directory; empty for none."""
    if not chosen or chosen.startswith(("/", "http://", "https://")):
        return quote(chosen, safe=":/")
    return "../" * prefix.count("/") + quote(chosen)


def _head(title: str, style: str) -> str:
    sheet = f'  <link rel="stylesheet" type="text/css" href="{escape(style)}" />\n' if style else _STYLE
    return f"<!DOCTYPE html>\n<html>\n <head>\n  <title>Listing of {escape(title)}</title>\n{sheet} </head>\n <body>\n"


def disabled(title: str, style: str, index: str) -> str:
    """That the site shows no lists."""
    lines = [
        _head(title, style),
        "  <h1>Web Listing Disabled</h1>\n",
        "  <p>The owner of this site shows no lists. X-Container-Meta-Web-Listings turns them on.</p>\n",
    ]
    if index:
        lines.append(f"  <h1>Index File Not Found</h1>\n  <p>There is no {escape(index)} here.</p>\n")
    return "".join([*lines, " </body>\n</html>\n"])


def listing(title: str, style: str, prefix: str, entries: Sequence[dict[str, Any]]) -> str:
    """A directory's list, of entries as the core lists them."""
    lines = [
        _head(title, style),
        f'  <h1 id="title">Listing of {escape(title)}</h1>\n  <table id="listing">\n   <tr id="heading">\n',
        '    <th class="colname">Name</th>\n    <th class="colsize">Size</th>\n    <th class="coldate">Date</th>\n',
        "   </tr>\n",
    ]
    if prefix:
        lines.append(_row("parent", "item", "../", "../", "&nbsp;", "&nbsp;"))
    for entry in entries:
        if "subdir" in entry:
            name = entry["subdir"][len(prefix) :]
            lines.append(_row("", "item subdir", _link(name), name, "&nbsp;", "&nbsp;"))
    for entry in entries:
        if "name" in entry:
            name = entry["name"][len(prefix) :]
            kinds = " ".join("type-" + escape(part.lower()) for part in entry["content_type"].split("/"))
            date = escape(entry["last_modified"].partition(".")[0].replace("T", " "))
            lines.append(_row("", f"item {kinds}", _link(name), name, readable(entry["bytes"]), date))
    return "".join([*lines, "  </table>\n </body>\n</html>\n"])


def _link(name: str) -> str:
    # dots are quoted: a name made of them is no way up
    return "./" + quote(name).replace(".", "%2E")


def _row(identity: str, kind: str, link: str, name: str, size: str, date: str) -> str:
    mark = f'id="{identity}" ' if identity else ""
    return (
        f'   <tr {mark}class="{kind}">\n    <td class="colname"><a href="{link}">{escape(name)}</a></td>\n'
        f'    <td class="colsize">{size}</td>\n    <td class="coldate">{date}</td>\n   </tr>\n'
    )


def readable(size: int) -> str:
    """A number of bytes for people."""
    value = size
    for unit in ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"):
        if value < 1024:
            return f"{value}{unit}"
        value = round(value / 1024)
    return f"{value}Zi"
