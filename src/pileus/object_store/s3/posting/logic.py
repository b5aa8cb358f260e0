"""Uploads by web forms: whoever holds a signed policy may upload what it says."""

import base64
import hmac
from collections.abc import AsyncIterator

from pileus.kernel.api.call import NOBODY, Answer
from pileus.object_store.s3.access.rights import Rights
from pileus.object_store.s3.configuration import tags
from pileus.object_store.s3.errors import argument, refuse
from pileus.object_store.s3.objects.drafting import Drafting, Plan
from pileus.object_store.s3.objects.writing import Writing
from pileus.object_store.s3.posting import policy
from pileus.object_store.s3.posting.form import Form
from pileus.object_store.s3.signatures.bodies import Body
from pileus.object_store.s3.signatures.claims import Signed
from pileus.object_store.s3.signatures.verification import Verification
from pileus.object_store.s3.signatures.version4 import ALGORITHM, key_for
from pileus.object_store.s3.visit import Visit, answer
from pileus.object_store.s3.wire import names, xml
from pileus.object_store.storage.protocol import Draft


class Posting:
    """Takes uploads by forms."""

    def __init__(
        self,
        rights: Rights,
        verification: Verification,
        drafting: Drafting,
        writing: Writing,
        regions: tuple[str, ...],
    ) -> None:
        self._rights = rights
        self._verification = verification
        self._drafting = drafting
        self._writing = writing
        self._regions = regions

    async def post(self, visit: Visit) -> Answer:
        """Take an upload."""
        form = Form(visit._bytes(), visit.headers.get("content-type", ""))
        await form.read()
        fields = form.fields
        key = fields.get("key", "")
        if not key:
            raise argument(
                "key",
                "",
                "Bucket POST must contain a field named 'key' before the file.",
            )
        names.check_key(key)
        limits = await self._sign_in(visit, fields)
        await self._rights.require(visit, "s3:PutObject", visit.bucket, key)
        given = {"x-amz-acl" if name == "acl" else name: value for name, value in fields.items()}
        given.setdefault("content-type", form.file_type)
        plan = await self._drafting.new(visit, given, key=key)
        if fields.get("tagging"):
            await self._rights.require(visit, "s3:PutObjectTagging", visit.bucket, key)
            plan = Plan(_tagged(plan.draft, fields["tagging"]), plan.lies)
        body = Body(_within(form.file(), limits), Signed())
        record, headers = await self._writing.store(visit, key, body, plan, "s3:ObjectCreated:Post")
        place = f"{visit.call.base}/{visit.bucket.name}/{key}"
        return self._done(
            visit,
            fields,
            headers | {"Location": place},
            [("Location", place), ("Bucket", visit.bucket.name), ("Key", record.name), ("ETag", headers["ETag"])],
        )

    def _done(self, visit: Visit, fields: dict[str, str], headers: dict[str, str], content: xml.Node) -> Answer:
        from urllib.parse import urlencode

        redirect = fields.get("success_action_redirect") or fields.get("redirect", "")
        if redirect.startswith(("http://", "https://")) and not any(ord(letter) <= 32 for letter in redirect):
            query = urlencode({"bucket": visit.bucket.name, "key": fields["key"], "etag": headers["ETag"]})
            return Answer(303, {**headers, "Location": redirect + ("&" if "?" in redirect else "?") + query})
        status = fields.get("success_action_status", "")
        if status == "201":
            return answer("PostResponse", content, headers, 201)
        return Answer(200 if status == "200" else 204, headers)

    async def _sign_in(self, visit: Visit, fields: dict[str, str]) -> policy.FormPolicy | None:
        """Find out who signed the form's policy, and hold the form against it; None for a form without one.

        Raises:
            S3Error: the signature is not good, or the form is not what was signed.
        """
        text = fields.get("policy", "")
        if not text:
            visit.who = NOBODY
            return None
        secret, visit.who = await self._verification.signer(self._access_key(fields))
        visit.signed = Signed(kind="POST", version=ALGORITHM if "x-amz-signature" in fields else "AWS")
        if "x-amz-signature" in fields:
            scope = fields["x-amz-credential"].rsplit("/", 4)[1:]
            expected = hmac.new(key_for(secret, scope), text.encode(), "sha256").hexdigest()
            given = fields["x-amz-signature"]
        else:
            expected = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()
            given = fields.get("signature", "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise refuse("SignatureDoesNotMatch")
        found = policy.read(text, visit.call.world.clock.now())
        found.check({**fields, "bucket": visit.bucket.name} if "bucket" in _spoken(found) else fields)
        return found

    def _access_key(self, fields: dict[str, str]) -> str:
        if "x-amz-signature" not in fields:
            return fields.get("awsaccesskeyid", "")
        access_key, *scope = fields.get("x-amz-credential", "").rsplit("/", 4)
        if fields.get("x-amz-algorithm") != ALGORITHM or len(scope) != 4:
            raise argument(
                "x-amz-credential", fields.get("x-amz-credential", ""), "The credential or algorithm is not right."
            )
        if (
            scope[1] not in self._regions
            or scope[2:] != ["s3", "aws4_request"]
            or scope[0] != fields.get("x-amz-date", "")[:8]
        ):
            raise refuse("AuthorizationQueryParametersError")
        return access_key


def _spoken(found: policy.FormPolicy) -> set[str]:
    return {field for _operator, field, _value in found.conditions}


def _tagged(draft: Draft, text: str) -> Draft:
    try:
        found = tags.of_xml(xml.parse(text.encode(), "Tagging"), tags.MOST_OF_OBJECT)
    except ValueError:
        raise refuse("MalformedXML") from None
    kept = tags.kept(found)
    return Draft(draft.content_type, {**draft.metadata, **({tags.KEPT: kept} if kept else {})})


async def _within(stream: AsyncIterator[bytes], limits: policy.FormPolicy | None) -> AsyncIterator[bytes]:
    """A file's bytes, refused where they are more or fewer than the policy allows."""
    size = 0
    async for block in stream:
        size += len(block)
        if limits is not None and limits.most is not None and size > limits.most:
            raise refuse("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(limits.most))
        yield block
    if limits is not None and size < limits.least:
        raise refuse("EntityTooSmall", ProposedSize=str(size), MinSizeAllowed=str(limits.least))
