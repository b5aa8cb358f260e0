"""A form's body (`multipart/form-data`, RFC 7578) taken apart as it arrives."""

import re
from collections.abc import AsyncIterator

MOST_HEAD = 8192
"""Bytes of the headers of one part."""
_PARAMETER = re.compile(r';\s*([^=;\s]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')


class Malformed(Exception):
    """The body is no such form; the words say why."""


def parameters(header: str) -> tuple[str, dict[str, str]]:
    """A header's value, and its parameters by their names in lower case."""
    kind, _, rest = header.partition(";")
    found = {}
    for name, value in _PARAMETER.findall(";" + rest):
        plain = value.strip()
        if plain.startswith('"') and plain.endswith('"') and len(plain) > 1:
            # browsers put %22 for a quote, and nothing else is quoted but quotes
            plain = plain[1:-1].replace('\\"', '"')
        found[name.lower()] = plain
    return kind.strip().lower(), found


class Part:
    """One part: its headers, and its bytes as they arrive."""

    def __init__(self, headers: dict[str, str], form: "Form") -> None:
        self.headers = headers
        self._form = form

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes; to be read before the next part is."""
        async for chunk in self._form.until_boundary():
            yield chunk

    async def text(self, most: int) -> str:
        """The first bytes as text, the others left out."""
        kept = b""
        async for chunk in self.chunks():
            kept += chunk[: most - len(kept)]
        try:
            return kept.decode()
        except UnicodeDecodeError:
            raise Malformed("a field is not UTF-8") from None


class Form:
    """A body taken apart."""

    def __init__(self, body: AsyncIterator[bytes], boundary: str) -> None:
        self._body = body
        self._mark = b"\r\n--" + boundary.encode()
        self._kept = bytearray(b"\r\n")  # so that the first boundary looks like the others
        self._inside = False

    async def _more(self) -> bool:
        chunk = await anext(self._body, b"")
        self._kept += chunk
        return bool(chunk)

    async def parts(self) -> AsyncIterator[Part]:
        """Each part.

        Raises:
            Malformed: the body is no form.
        """
        while len(self._kept) < len(self._mark) and await self._more():
            pass
        if not self._kept.startswith(self._mark):
            raise Malformed("invalid starting boundary")
        while True:
            if self._inside:
                async for _ in self.until_boundary():
                    pass
            del self._kept[: len(self._mark)]
            while len(self._kept) < 2 and await self._more():
                pass
            if self._kept.startswith(b"--"):
                return
            head = await self._head()
            self._inside = True
            yield Part(head, self)

    async def _head(self) -> dict[str, str]:
        while (end := self._kept.find(b"\r\n\r\n")) < 0:
            if len(self._kept) > MOST_HEAD or not await self._more():
                raise Malformed("a part has no end to its headers")
        lines = bytes(self._kept[:end]).decode("utf-8", "replace").split("\r\n")
        del self._kept[: end + 4]
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        return headers

    async def until_boundary(self) -> AsyncIterator[bytes]:
        """The bytes up to the next boundary, which stays.

        Raises:
            Malformed: there is none.
        """
        while self._inside:
            at = self._kept.find(self._mark)
            if at >= 0:
                self._inside = False
                if at:
                    chunk = bytes(self._kept[:at])
                    del self._kept[:at]
                    yield chunk
                return
            sure = len(self._kept) - len(self._mark)
            if sure > 0:
                chunk = bytes(self._kept[:sure])
                del self._kept[:sure]
                yield chunk
            if not await self._more():
                raise Malformed("the body ends before its boundary")
