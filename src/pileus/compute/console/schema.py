"""The bodies of consoles."""

from pileus.compute.versions import COMPUTE
from pileus.kernel.api import fields as f
from pileus.kernel.api.schema import Schema


class ConsoleOutput(Schema, key="os-getConsoleOutput", history=COMPUTE):
    """How much of the log."""

    length = f.anything(
        "Lines from the end; -1 or null for all.",
        {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$", "minimum": -1},
        convert=int,
    )


class VncConsole(Schema, key="os-getVNCConsole", history=COMPUTE):
    """A screen, as before 2.6."""

    type = f.text("The client.", choices=("novnc", "xvpvnc"), required=True)


class RemoteConsole(Schema, key="remote_console", history=COMPUTE):
    """A screen."""

    protocol = f.text("The protocol.", choices=("vnc", "spice", "serial", "mks"), required=True)
    type = f.text(
        "The client.", choices=("novnc", "xvpvnc", "spice-html5", "spice-direct", "serial", "webmks"), required=True
    )
