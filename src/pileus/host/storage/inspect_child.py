"""Looks at one image file and prints what it is; runs as a child process of its own.

Standard input: the file. Output: a JSON object with `formats` (names that the content matches), `virtual_size` in
bytes, `failures` (check that failed -> why) and, of a qcow2 header, `l1_entries`,
`snapshots` and `encrypted`.

Before it reads the first byte it gives up every privilege: the bytes may be made to take over whoever parses them.
"""

import contextlib
import ctypes
import json
import os
import resource
import struct
import sys
from typing import IO, Any

from oslo_utils.imageutils import format_inspector

CHUNK = 64 * 1024
HEADER = 72
"""Bytes of a qcow2 header that every version has."""
NOBODY = 65534
PR_SET_NO_NEW_PRIVS = 38


def give_up_privileges() -> None:
    """Be nobody, open no file, start no process, for good."""
    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    for limit, value in ((resource.RLIMIT_NOFILE, 3), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(limit, (value, value))


def inspect(file: IO[bytes]) -> dict[str, Any]:
    """Read the file up to where every format knows whether it matches."""
    header = file.read(HEADER)
    file.seek(0)
    wrapper = format_inspector.InspectWrapper(file)
    while wrapper.read(CHUNK) and not wrapper.formats:
        pass
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
    give_up_privileges()
    try:
        report = inspect(sys.stdin.buffer)
    except Exception as error:
        # The inspectors may stumble over bytes that were made to confuse them: that is an answer, too.
        report = {"formats": [], "virtual_size": 0, "failures": {"reading": repr(error)}}
    print(json.dumps(report))  # noqa: T201
