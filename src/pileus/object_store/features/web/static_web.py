"""A container as a web site, for visitors without a token (or any with `X-Web-Mode: true`).

    X-Container-Read: .r:*,.rlistings           everybody may read
    X-Container-Meta-Web-Index: index.html      shown for a directory
    X-Container-Meta-Web-Error: error.html      shown as 404error.html, 401error.html
    X-Container-Meta-Web-Listings: true         a directory without an index is listed
    X-Container-Meta-Web-Listings-Css: style.css
    X-Container-Meta-Web-Listings-Label: Site   what a list is said to be of
    X-Container-Meta-Web-Directory-Type: text/directory    empty objects of this type are directories

A directory's address without its slash is redirected (301).
"""

from typing import Any
from urllib.parse import quote

import msgspec

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.access import temporary
from pileus.object_store.containers.schema import META
from pileus.object_store.features.feature import again, content, parts
from pileus.object_store.features.web import pages
from pileus.object_store.storage.protocol import Storage
from pileus.object_store.wire import metadata

_WEB = META + "web-"
DIRECTORY = "application/directory"


class StaticWeb:
    """Shows containers as web sites."""

    name = "staticweb"

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def info(self) -> dict[str, Any] | None:
        """That it is on."""
        return {}

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Show a page of a site, or go on."""
        place = parts(path)
        headers = call.request.headers
        visits = metadata.truth(headers.get("x-web-mode", ""))
        known = headers.get("x-auth-token") or call.who.user_id or temporary.asked(call)
        reads = call.request.method in {"GET", "HEAD"} and (visits or not known)
        if place is not None and place[1] and reads:
            found = await self._storage.container(*place[:2])
            site = metadata.below(found.metadata, _WEB) if found is not None else {}
            if site or visits:
                return await _Visit(call, path, proceed, place, site, visits=visits).answer()
        answer: Answer = await proceed(call, path)
        return answer


class _Visit:
    """One request for a page of a site."""

    def __init__(
        self,
        call: Call,
        path: str,
        proceed: Proceed,
        place: tuple[str, str, str],
        site: dict[str, str],
        *,
        visits: bool,
    ) -> None:
        self._call, self._path, self._proceed = call, path, proceed
        self._account, self._container, self._name = place
        self._root = "/" + "/".join(("v1", *place[:2])) + "/"
        self._visits = visits
        self._index, self._error = site.get("index", ""), site.get("error", "")
        self._lists = metadata.truth(site.get("listings", ""))
        self._css, self._label = site.get("listings-css", ""), site.get("listings-label", "")
        self._directory = site.get("directory-type", "") or DIRECTORY

    async def answer(self) -> Answer:
        return await self._of_object() if self._name else await self._of_container()

    async def _ask(self, name: str, query: str = "", method: str = "") -> Answer:
        wanted = self._root + name if name or query == "" else self._root.rstrip("/")
        method = method or self._call.request.method
        asked = again(self._call, self._path, wanted, method=method, query=query, headers={"x-web-mode": ""})
        found: Answer = await self._proceed(asked, wanted)
        return found

    async def _of_container(self) -> Answer:
        # whether the visitor may is the core's to say
        may = await self._ask("", "limit=1&format=json", "GET")
        if may.status >= 300:
            return await self._failed(may)
        if not self._lists and not self._index:
            if self._visits:
                return Answer(404, *_page(pages.NOT_FOUND))
            plain: Answer = await self._proceed(self._call, self._path)
            return plain
        if not self._path.endswith("/"):
            return self._with_slash()
        if self._index:
            found = await self._ask(self._index)
            if found.status != 404:
                return found if found.status < 400 else await self._failed(found)
        return await self._list("")

    async def _of_object(self) -> Answer:
        found: Answer = await self._proceed(self._call, self._path)
        if found.status < 400:
            empty = int(found.headers.get("Content-Length", "0") or 0) <= 1
            if not (empty and found.headers.get("Content-Type") == self._directory):
                return found
        elif found.status != 404:
            return found
        if not self._lists and not self._index:
            return found
        slash = self._name.endswith("/")
        if self._index:
            index = await self._ask(self._name + ("" if slash else "/") + self._index)
            if index.status < 400:
                return index if slash else self._with_slash()
            if index.status != 404:
                return await self._failed(index)
        if slash:
            return await self._list(self._name)
        below = await self._ask("", f"limit=1&delimiter=/&format=json&prefix={quote(self._name + '/')}", "GET")
        if below.status >= 300 or not msgspec.json.decode(await content(below)):
            return await self._failed(Answer(404, *_page(pages.NOT_FOUND)))
        return self._with_slash()

    def _with_slash(self) -> Answer:
        where = quote(self._call.request.scope["path"] + "/")
        return Answer(301, {"Location": where, "Content-Type": "text/html; charset=UTF-8"})

    async def _list(self, prefix: str) -> Answer:
        label = self._label or self._root.rstrip("/")
        label = f"{label}/{prefix}" if self._label else self._call.request.scope["path"]
        if not self._lists:
            page = pages.disabled(label, pages.css(self._css, prefix), self._index)
            return await self._failed(Answer(404, *_page(page)))
        found = await self._ask("", f"delimiter=/&format=json&prefix={quote(prefix)}", "GET")
        if found.status >= 300:
            return await self._failed(found)
        entries = msgspec.json.decode(await content(found))
        if prefix and not entries:
            return await self._failed(Answer(404, *_page(pages.NOT_FOUND)))
        return Answer(200, *_page(pages.listing(label, pages.css(self._css, prefix), prefix, entries)))

    async def _failed(self, answer: Answer) -> Answer:
        """The site's own page for an error, if it has one."""
        if not self._error:
            return answer
        found = await self._ask(f"{answer.status}{self._error}")
        if found.status >= 300:
            return answer
        found.status = answer.status
        return found


def _page(text: str) -> tuple[dict[str, str], bytes]:
    return {"Content-Type": "text/html; charset=UTF-8"}, text.encode()
