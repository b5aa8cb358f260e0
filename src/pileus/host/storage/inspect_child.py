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


def inspect(path: str) -> dict[str, Any]:
    """Read the file up to where every format knows whether it matches."""
    with open(path, "rb") as file:  # noqa: PTH123
        wrapper = format_inspector.InspectWrapper(file)
        try:
            while wrapper.read(CHUNK) and not wrapper.formats:
                pass
        finally:
            wrapper.close()
        found = wrapper.formats
        file.seek(0)
        header = file.read(72)
    failures: dict[str, str] = {}
    for inspector in found or []:
        try:
            inspector.safety_check()
        except format_inspector.SafetyCheckFailed as error:
            failures.update({str(name): str(why) for name, why in error.failures.items()})
    names = [inspector.NAME for inspector in found or []]
    sizes = [inspector.virtual_size for inspector in found or []]
    result: dict[str, Any] = {"formats": names, "virtual_size": max(sizes, default=0), "failures": failures}
    if names == ["qcow2"] and len(header) == 72:
        crypt, l1_entries = struct.unpack(">II", header[32:40])
        (snapshots,) = struct.unpack(">I", header[60:64])
        result |= {"encrypted": crypt != 0, "l1_entries": l1_entries, "snapshots": snapshots}
    return result


if __name__ == "__main__":
    print(json.dumps(inspect(sys.argv[1])))  # noqa: T201
