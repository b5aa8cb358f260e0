"""Looks at one image file and prints what it is; runs as a child process of its own.

Argument: the path. Output: a JSON object with `formats` (names that the content matches), `virtual_size` in
bytes, `failures` (check that failed -> why) and, of a qcow2 header, `l1_entries`, `snapshots` and
`encrypted`.
"""

import json
import struct
import sys
from typing import Any

from oslo_utils.imageutils import format_inspector

CHUNK = 64 * 1024
HEADER = 72
"""Bytes of a qcow2 header that every version has."""


def inspect(path: str) -> dict[str, Any]:
    """Read the file up to where every format knows whether it matches."""
    with open(path, "rb") as file:  # noqa: PTH123
        header = file.read(HEADER)
        file.seek(0)
        wrapper = format_inspector.InspectWrapper(file)
        try:
            while wrapper.read(CHUNK) and not wrapper.formats:
                pass
        finally:
            wrapper.close()
    found = wrapper.formats
    failures: dict[str, str] = {}
    for inspector in found or []:
        try:
            inspector.safety_check()
        except format_inspector.SafetyCheckFailed as error:
            failures.update({str(name): str(why) for name, why in error.failures.items()})
    names = [inspector.NAME for inspector in found or []]
    sizes = [inspector.virtual_size for inspector in found or []]
    result: dict[str, Any] = {"formats": names, "virtual_size": max(sizes, default=0), "failures": failures}
    if names == ["qcow2"] and len(header) == HEADER:
        crypt, l1_entries = struct.unpack(">II", header[32:40])
        (snapshots,) = struct.unpack(">I", header[60:64])
        result |= {"encrypted": crypt != 0, "l1_entries": l1_entries, "snapshots": snapshots}
    return result


if __name__ == "__main__":
    try:
        report = inspect(sys.argv[1])
    except Exception as error:
        # The inspectors may stumble over bytes that were made to confuse them: that is an answer, too.
        report = {"formats": [], "virtual_size": 0, "failures": {"reading": repr(error)}}
    print(json.dumps(report))  # noqa: T201
