"""What a new object is to be besides its bytes, as a request says."""

from collections.abc import Mapping
from typing import Any

import msgspec

from pileus.object_store.s3.access import acl
from pileus.object_store.s3.access.blocking import block_of
from pileus.object_store.s3.access.rights import ENFORCED, Rights
from pileus.object_store.s3.buckets.bucket import Bucket, kept
from pileus.object_store.s3.configuration import encryption, locking, tags
from pileus.object_store.s3.errors import refuse
from pileus.object_store.s3.objects.naming import CLASS, CLASSES, DEFAULT_TYPE, KEPT, META, REDIRECT, USER
from pileus.object_store.s3.visit import Visit
from pileus.object_store.storage.protocol import Draft, Metadata

MOST_META = 2048
"""Bytes of free metadata at the most, names and values together."""


class Plan(msgspec.Struct, frozen=True):
    """A new object: what it is to be, and how it is to lie."""

    draft: Draft
    lies: encryption.Wanted


def described(headers: Mapping[str, str]) -> tuple[str, Metadata]:
    """Type and metadata as headers tell them.

    Raises:
        S3Error: they are too much.
    """
    meta = {META + name[len(USER) :]: value for name, value in headers.items() if name.startswith(USER)}
    if sum(len(name.encode()) - len(META) + len(value.encode()) for name, value in meta.items()) > MOST_META:
        raise refuse("MetadataTooLarge", MaxSizeAllowed=str(MOST_META))
    for name in KEPT:
        value = headers.get(name, "").strip()
        if name == "content-encoding":
            codings = (coding.strip() for coding in value.split(","))
            value = ",".join(coding for coding in codings if coding and coding.lower() != "aws-chunked")
        if value:
            meta[name] = value
    redirect = headers.get("x-amz-website-redirect-location", "")
    if redirect:
        if not redirect.startswith(("/", "http://", "https://")):
            raise refuse("InvalidRedirectLocation")
        meta[REDIRECT] = redirect
    return headers.get("content-type", "").strip() or DEFAULT_TYPE, meta


def storage_class(headers: Mapping[str, str]) -> Metadata:
    """The storage class that is asked for.

    Raises:
        S3Error: there is none of that name.
    """
    wanted = headers.get("x-amz-storage-class", "").strip() or "STANDARD"
    if wanted not in CLASSES:
        raise refuse("InvalidStorageClass", StorageClassRequested=wanted)
    return {} if wanted == "STANDARD" else {CLASS: wanted}


def refuse_acl(bucket: Bucket, found: acl.Acl | None, canned: str) -> None:
    """Refuse grants that the bucket does not want.

    Raises:
        S3Error: it does not.
    """
    if found is None:
        return
    if bucket.text("ownership") == ENFORCED and canned not in {"bucket-owner-full-control", "private"}:
        raise refuse("AccessControlListNotSupported")
    if found.public and block_of(bucket).block_public_acls:
        raise refuse("AccessDenied")


class Drafting:
    """Reads what new objects are to be, and asks whether the caller may have them so."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights

    async def own(
        self, visit: Visit, bucket: Bucket, key: str, headers: Mapping[str, str], tagging: str | None = None
    ) -> tuple[Metadata, encryption.Wanted]:
        """Metadata that are ours alone (grants, tags, lock, class), and how the object is to lie.

        Args:
            headers: the request's, or a form's fields.
            tagging: tags in another form than the header.

        Raises:
            S3Error: they cannot be, or the caller may not give them.
        """
        out: Metadata = dict(storage_class(headers))
        grants = acl.of_headers(headers, bucket.owner, bucket.owner)
        refuse_acl(bucket, grants, headers.get("x-amz-acl", ""))
        if grants is not None:
            await self._rights.require(visit, "s3:PutObjectAcl", bucket, key)
            if grants != acl.private(bucket.owner):
                out[acl.KEPT] = kept(grants)
        given = tags.of_header(headers.get("x-amz-tagging", "")) if tagging is None else {}
        if given:
            await self._rights.require(visit, "s3:PutObjectTagging", bucket, key)
            out[tags.KEPT] = tags.kept(given) or ""
        settings = bucket.document("lock", locking.LockSettings)
        out |= locking.of_headers(headers, settings, visit.now)
        if "x-amz-object-lock-mode" in headers:
            await self._rights.require(visit, "s3:PutObjectRetention", bucket, key)
        if "x-amz-object-lock-legal-hold" in headers:
            await self._rights.require(visit, "s3:PutObjectLegalHold", bucket, key)
        lies = encryption.wanted(headers, bucket)
        return {**out, **lies.metadata()}, lies

    async def new(self, visit: Visit, headers: Mapping[str, str] | None = None, **more: Any) -> Plan:
        """A new object at the key that is asked for.

        Raises:
            S3Error: see `own`.
        """
        given = visit.headers if headers is None else headers
        kind, meta = described(given)
        own, lies = await self.own(visit, visit.bucket, more.get("key", visit.key), given)
        return Plan(Draft(kind, {**meta, **own}), lies)
