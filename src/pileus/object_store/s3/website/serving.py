"""Buckets shown as web sites: pages instead of documents, errors as pages too."""

import html

from pileus.kernel.api.call import Answer
from pileus.kernel.api.errors import ApiError
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.buckets.bucket import Bucket
from pileus.object_store.s3.errors import S3Error, refuse
from pileus.object_store.s3.objects.finding import Finder
from pileus.object_store.s3.objects.naming import REDIRECT, etag, size_of
from pileus.object_store.s3.objects.reading import Reading, headers_of
from pileus.object_store.s3.visit import Visit
from pileus.object_store.s3.website.rules import Site
from pileus.object_store.storage.protocol import TICKS
from pileus.object_store.wire import conditions


class Website:
    """Shows web sites."""

    def __init__(self, rights: Rights, finder: Finder, reading: Reading) -> None:
        self._rights = rights
        self._finder = finder
        self._reading = reading

    async def show(self, visit: Visit) -> Answer:
        """A page, or where to find it."""
        bucket = visit.bucket
        site = bucket.document("website", Site)
        if site is None:
            return _page(refuse("NoSuchWebsiteConfiguration", BucketName=bucket.name))
        if visit.asked.received.method not in {"GET", "HEAD"}:
            return _page(refuse("MethodNotAllowed"))
        base, host = visit.call.base, visit.header("host") or "localhost"
        if site.everything is not None:
            to = site.everything
            return _moved(f"{to.protocol or visit.call.request.scope['scheme']}://{to.host}/{visit.key}", 301)
        scheme = visit.call.request.scope["scheme"]
        rule = site.routing(visit.key, None)
        if rule is not None:
            return _moved(rule.place(visit.key, scheme, host), rule.redirect.code)
        key = visit.key + site.index if not visit.key or visit.key.endswith("/") else visit.key
        try:
            return await self._send(visit, bucket, key, 200)
        except S3Error as error:
            if error.status == 404 and key == visit.key and await self._there(visit, bucket, f"{key}/{site.index}"):
                return _moved(
                    f"{base.removesuffix('/') if not visit.asked.received.bucket else ''}/{self._inside(visit)}/", 302
                )
            rule = site.routing(visit.key, error.status)
            if rule is not None:
                return _moved(rule.place(visit.key, scheme, host), rule.redirect.code)
            return await self._failed(visit, bucket, site, error)

    def _inside(self, visit: Visit) -> str:
        return visit.key if visit.asked.received.bucket else f"{visit.bucket.name}/{visit.key}"

    async def _there(self, visit: Visit, bucket: Bucket, key: str) -> bool:
        try:
            await self._rights.require(visit, "s3:GetObject", bucket, key)
            await self._finder.get(visit, bucket, key, None)
        except ApiError:
            return False
        return True

    async def _send(self, visit: Visit, bucket: Bucket, key: str, status: int) -> Answer:
        await self._rights.require(visit, "s3:GetObject", bucket, key)
        record = await self._finder.get(visit, bucket, key, None, content=True)
        if REDIRECT in record.metadata:
            return _moved(record.metadata[REDIRECT], 301)
        if record.locked:
            raise refuse("InvalidRequest")
        shown = headers_of(bucket, record)
        if status == 200 and conditions.unchanged(visit.headers, etag(record), record.stamp // TICKS):
            return Answer(304, shown)
        size = size_of(record)
        shown["Content-Length"] = str(size)
        if visit.asked.received.method == "HEAD":
            return Answer(status, shown)
        return await self._reading.answer(record, status, shown, (0, size))

    async def _failed(self, visit: Visit, bucket: Bucket, site: Site, error: S3Error) -> Answer:
        if site.error:
            try:
                return await self._send(visit, bucket, site.error, error.status)
            except S3Error:
                return _page(error)
        return _page(error)


def _moved(place: str, status: int) -> Answer:
    return Answer(status, {"Location": place, "Content-Length": "0"})


def _page(error: S3Error) -> Answer:
    title = f"{error.status} {html.escape(error.code)}"
    items = "".join(f"<li>{html.escape(k)}: {html.escape(v)}</li>" for k, v in error.details.items())
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><ul>"
    text += (
        f"<li>Code: {html.escape(error.code)}</li><li>Message: {html.escape(error.text)}</li>{items}</ul></body></html>"
    )
    return Answer(error.status, {"Content-Type": "text/html; charset=utf-8"}, text.encode())
