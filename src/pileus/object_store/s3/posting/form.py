"""A web form (`multipart/form-data`) read as it comes: its small fields, then the file as a stream."""

import re
from collections.abc import AsyncIterator

from pileus.object_store.s3.errors import refuse

MOST_FIELDS = 20 << 10
"""Bytes of all fields before the file at the most."""
MOST_HEAD = 4096
_BOUNDARY = re.compile(r"""boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))""", re.IGNORECASE)
_NAME = re.compile(r"""[;\s]name=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))""", re.IGNORECASE)
_FILE = re.compile(r"""filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))""", re.IGNORECASE)


class Form:
    """A form.

    Attributes:
        fields: by lower-case name; those behind the file are not read.
        file_type: the file's own media type, if the browser tells one.
    """

    def __init__(self, stream: AsyncIterator[bytes], content_type: str) -> None:
        found = _BOUNDARY.search(content_type)
        if not content_type.lower().startswith("multipart/form-data") or found is None:
            raise refuse("MalformedPOSTRequest")
        self._stream = stream
        self._mark = b"\r\n--" + (found[1] or found[2]).encode()
        self._left = b"\r\n"
        self.fields: dict[str, str] = {}
        self.file_type = ""

    async def _more(self) -> None:
        try:
            self._left += await anext(self._stream)
        except StopAsyncIteration:
            raise refuse("MalformedPOSTRequest") from None

    async def _until(self, mark: bytes, most: int) -> bytes:
        while (at := self._left.find(mark)) < 0:
            if len(self._left) > most + len(mark):
                raise refuse("MaxPostPreDataLengthExceededError")
            await self._more()
        out, self._left = self._left[:at], self._left[at + len(mark) :]
        return out

    async def read(self) -> None:
        """Read the fields before the file.

        Raises:
            S3Error: it is no such form, or has no file.
        """
        total = 0
        await self._until(self._mark, MOST_HEAD)
        while True:
            while len(self._left) < 2:
                await self._more()
            if self._left.startswith(b"--"):
                raise refuse(
                    "InvalidArgument", "POST requires exactly one file upload per request.", ArgumentName="file"
                )
            head = (await self._until(b"\r\n\r\n", MOST_HEAD)).decode("utf-8", "replace")
            disposition = next((x for x in head.split("\r\n") if x.lower().startswith("content-disposition:")), "")
            name = _NAME.search(disposition)
            if name is None:
                raise refuse("MalformedPOSTRequest")
            field = (name[1] or name[2] or "").lower()
            if field == "file":
                self._file(head, disposition)
                return
            value = await self._until(self._mark, MOST_FIELDS - total)
            total += len(value) + len(field)
            if total > MOST_FIELDS:
                raise refuse("MaxPostPreDataLengthExceededError")
            try:
                self.fields[field] = value.decode()
            except UnicodeDecodeError:
                raise refuse("MalformedPOSTRequest") from None

    def _file(self, head: str, disposition: str) -> None:
        kind = next((x for x in head.split("\r\n") if x.lower().startswith("content-type:")), "")
        self.file_type = kind.partition(":")[2].strip()
        found = _FILE.search(disposition)
        name = (found[1] or found[2] or "") if found else ""
        if "key" in self.fields:
            self.fields["key"] = self.fields["key"].replace("${filename}", re.split(r"[/\\]", name)[-1])

    async def file(self) -> AsyncIterator[bytes]:
        """The file's bytes.

        Raises:
            S3Error: the form ends in it.
        """
        mark = self._mark
        while (at := self._left.find(mark)) < 0:
            keep = len(mark) - 1
            if len(self._left) > keep:
                out, self._left = self._left[:-keep], self._left[-keep:]
                yield out
            await self._more()
        if at:
            yield self._left[:at]
        async for _rest in self._stream:  # fields behind the file mean nothing, and are taken all the same
            pass
