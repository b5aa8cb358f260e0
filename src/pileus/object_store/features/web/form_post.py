r"""Forms that upload straight from a browser (FormPost): a signed form instead of a token.

    <form action="https://cloud/object-store/v1/AUTH_p/container/prefix" method="POST" enctype="multipart/form-data">
      <input type="hidden" name="redirect" value="https://site.example/done" />
      <input type="hidden" name="max_file_size" value="104857600" />
      <input type="hidden" name="max_file_count" value="10" />
      <input type="hidden" name="expires" value="1503124957" />
      <input type="hidden" name="signature" value="…" />
      <input type="file" name="file1" /> …

Each file becomes the object `prefix` + its file name.  Also taken: `x_delete_at`, `x_delete_after`, `content-type`,
`content-encoding`.  The signature is the HMAC, with a key of signed addresses (`X-Account-Meta-Temp-URL-Key`, or the
container's), of

    path \n redirect \\n max_file_size \\n max_file_count \\n expires

in hexadecimal, or `sha256:` and base64.  With `redirect` the answer is a 303 to there, `status` and `message` in its
query. Files arrive one after another and are stored as they come; one that is too large, or one too many, ends it.
"""

import hmac
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from pileus.kernel.api.call import Answer, Call
from pileus.kernel.api.errors import ApiError
from pileus.kernel.serving.layers import Proceed
from pileus.object_store.access import temporary
from pileus.object_store.features.feature import parts
from pileus.object_store.features.web.form_parts import Form, Malformed, Part, parameters
from pileus.object_store.objects import drafting
from pileus.object_store.objects.logic import Objects
from pileus.object_store.storage.protocol import TICKS, ContainerRecord, Draft
from pileus.object_store.wire import answers, names

MOST_VALUE = 4096
"""Bytes of a field; what is behind them is left out."""


class _Invalid(Exception):
    """The form is not as it must be (400)."""


class _Unsigned(Exception):
    """The form's signature is none (401)."""


class FormPost:
    """Takes signed forms."""

    name = "formpost"

    def __init__(self, objects: Objects, digests: tuple[str, ...]) -> None:
        self._objects = objects
        self._digests = digests

    def info(self) -> dict[str, Any] | None:
        """The digests that signatures may use."""
        deprecated = {"deprecated_digests": ["sha1"]} if "sha1" in self._digests else {}
        return {"allowed_digests": sorted(self._digests), **deprecated}

    async def __call__(self, call: Call, path: str, proceed: Proceed) -> Answer:
        """Take a form, or go on."""
        place = parts(path)
        kind, given = parameters(call.request.headers.get("content-type", ""))
        is_form = call.request.method == "POST" and kind == "multipart/form-data" and given.get("boundary")
        if place is None or not place[1] or not is_form:
            plain: Answer = await proceed(call, path)
            return plain
        try:
            return await self._take(call, path, place, Form(call.chunks(), given["boundary"]))
        except (_Invalid, Malformed) as error:
            return _text(400, f"FormPost: {error}")
        except _Unsigned as error:
            answer = _text(401, f"FormPost: {str(error).title()}")
            answer.headers["WWW-Authenticate"] = f'Swift realm="{quote(place[0])}"'
            return answer

    async def _take(self, call: Call, path: str, place: tuple[str, str, str], form: Form) -> Answer:
        fields: dict[str, str] = {}
        status, reason, message, count = 0, "", "", 0
        async for part in form.parts():
            disposition, given = parameters(part.headers.get("content-disposition", ""))
            if disposition != "form-data" or not given.get("filename"):
                if "name" in given:
                    fields[given["name"].lower()] = (await part.text(MOST_VALUE)).rstrip("\r\n-")
                continue
            count += 1
            if count > _number(fields, "max_file_count"):
                status, reason, message = 400, "Bad Request", "max file count exceeded"
                break
            try:
                await self._store(call, path, place, fields, given["filename"], part)
                status, reason = 201, "Created"
            except ApiError as error:
                status, reason, message = error.status, error.title, error.text
                break
        if not status:
            status, reason, message = 400, "Bad Request", "no files to process"
        return _answer(fields.get("redirect", ""), status, reason, message)

    async def _store(
        self, call: Call, path: str, place: tuple[str, str, str], fields: dict[str, str], file: str, part: Part
    ) -> None:
        """Make a file an object.

        Raises:
            _Unsigned, _Invalid: the form is not signed, or makes no sense.
            ApiError: the object store refuses it.
        """
        container = await self._signed(call, path, place, fields)
        name = place[2] + file
        names.check_names(*place[:2], name)
        if "\0" in name:
            raise _Invalid("invalid file name")
        draft = _draft(call, name, fields, part)
        most = _number(fields, "max_file_size")
        await self._objects.put((*place[:2], name), container, _capped(part, most), draft)

    async def _signed(
        self, call: Call, path: str, place: tuple[str, str, str], fields: dict[str, str]
    ) -> ContainerRecord:
        container = await self._objects.storage.container(*place[:2])
        if container is None:
            raise _Unsigned("invalid signature")
        if _number(fields, "expires", "expired") < answers.now(call.world) // TICKS:
            raise _Unsigned("form expired")
        account = await self._objects.storage.account(place[0])
        try:
            digest, signature = temporary.signature_of(fields.get("signature", ""), self._digests)
        except ApiError:
            raise _Unsigned("invalid signature") from None
        rest = "\n".join(
            fields.get(name) or default
            for name, default in (("redirect", ""), ("max_file_size", "0"), ("max_file_count", "0"), ("expires", "0"))
        )
        good = False
        for _, key in temporary.keys(account, container):
            for root in temporary.roots(call):
                text = f"{root}{path.removeprefix('/v1')}\n{rest}".encode()
                good |= hmac.compare_digest(hmac.new(key.encode(), text, digest).digest(), signature)
        if not good:
            raise _Unsigned("invalid signature")
        return container


def _number(fields: dict[str, str], name: str, shown: str = "") -> int:
    text = (fields.get(name) or "0").strip()
    if not text.isascii() or not text.removeprefix("-").isdecimal() or len(text) > 20:
        raise _Invalid(f"{shown or name} not an integer")
    return int(text)


def _draft(call: Call, name: str, fields: dict[str, str], part: Part) -> Draft:
    given: dict[str, Any] = {}
    for header, attribute in (("content-type", "type"), ("content-encoding", "encoding")):
        value = fields.get(header) or part.headers.get(header, "")
        if value:
            given[attribute] = value
    given.setdefault("type", "application/octet-stream")
    if "x_delete_at" in fields:
        given["delete_at"] = str(_number(fields, "x_delete_at"))
    if "x_delete_after" in fields:
        given["delete_after"] = str(_number(fields, "x_delete_after"))
    kept = {"content-encoding": given["encoding"]} if "encoding" in given else {}
    if any(ord(letter) < 32 for value in kept.values() for letter in value):
        raise _Invalid("invalid content-encoding")
    return Draft(drafting.content_type(given, name), kept, drafting.delete_at(call, 0, given))


async def _capped(part: Part, most: int) -> AsyncIterator[bytes]:
    seen = 0
    async for chunk in part.chunks():
        seen += len(chunk)
        if seen > most:
            raise _Invalid("max_file_size exceeded")
        yield chunk


def _answer(redirect: str, status: int, reason: str, message: str) -> Answer:
    if not redirect:
        return _text(status, f"{status} {reason}" + (f"\r\nFormPost: {message.title()}" if message else ""))
    where = f"{redirect}{'&' if '?' in redirect else '?'}status={status}&message={quote(message)}"
    if any(ord(letter) < 32 or ord(letter) > 126 for letter in where):
        where = quote(where, safe="%/:=&?~#+!$,;'@()*[]")
    page = f'<html><body><p><a href="{quote(where, safe=_SAFE)}">Click to continue...</a></p></body></html>'
    return Answer(303, {"Location": where, "Content-Type": "text/html; charset=UTF-8"}, page.encode())


_SAFE = "%/:=&?~#+!$,;@()*[]"


def _text(status: int, text: str) -> Answer:
    return Answer(status, {"Content-Type": "text/plain; charset=UTF-8"}, text.encode())
