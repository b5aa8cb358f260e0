"""Starts OpenLDAP's `slapd` on a free port, with a folder of its own, and stops it."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ldap
import ldap.modlist

SUFFIX = "dc=example,dc=org"
ROOT, ROOT_PASSWORD = f"cn=admin,{SUFFIX}", "root-pw"
SLAPD = shutil.which("slapd") or next((p for p in ("/usr/sbin/slapd",) if Path(p).exists()), "")

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
moduleload back_mdb
modulepath /usr/lib/ldap
pidfile {folder}/slapd.pid
sizelimit {limit}
{tls}
database mdb
suffix {suffix}
rootdn {root}
rootpw {password}
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by users read by anonymous none
"""


class Server:
    """The directory.

    Attributes:
        url: where it listens.
    """

    def __init__(self, folder: Path, *, limit: int = 500, tls: str = "") -> None:
        self.folder = folder
        (folder / "data").mkdir()
        text = CONFIGURATION.format(
            folder=folder, limit=limit, suffix=SUFFIX, root=ROOT, password=ROOT_PASSWORD, tls=tls
        )
        (folder / "slapd.conf").write_text(text)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"ldap://127.0.0.1:{port}"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()
        self.add(SUFFIX, objectClass=["dcObject", "organization"], dc="example", o="Example")
        for name in ("Users", "UserGroups"):
            self.add(f"ou={name},{SUFFIX}", objectClass=["organizationalUnit"], ou=name)

    def start(self) -> None:
        command = [SLAPD, "-h", f"{self.url}/", "-f", str(self.folder / "slapd.conf"), "-d", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with contextlib.suppress(ldap.SERVER_DOWN):
                self.link()
                return
            time.sleep(0.05)
        raise RuntimeError("slapd does not answer")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def link(self) -> Any:
        """A connection of the directory's administrator."""
        made = ldap.initialize(self.url)
        made.simple_bind_s(ROOT, ROOT_PASSWORD)
        return made

    def add(self, dn: str, **attributes: Any) -> str:
        values = {name: value if isinstance(value, list) else [value] for name, value in attributes.items()}
        self.link().add_s(dn, ldap.modlist.addModlist({n: [v.encode() for v in vs] for n, vs in values.items()}))
        return dn

    def user(self, id: str, name: str, password: str = "", **more: Any) -> str:
        """Add a person whose `uid` and `cn` are told apart."""
        dn = f"uid={ldap.dn.escape_dn_chars(id)},ou=Users,{SUFFIX}"
        secret = {"userPassword": password} if password else {}
        return self.add(dn, objectClass=["inetOrgPerson"], uid=id, cn=name, sn=name, **secret, **more)

    def group(self, name: str, *members: str) -> str:
        dn = f"cn={name},ou=UserGroups,{SUFFIX}"
        return self.add(dn, objectClass=["groupOfNames"], cn=name, ou=name, member=list(members))

    def change(self, dn: str, **attributes: Any) -> None:
        """Replace attributes; None takes one away."""
        changes = [
            (
                ldap.MOD_REPLACE,
                name,
                None if value is None else [v.encode() for v in ([value] if isinstance(value, str) else value)],
            )
            for name, value in attributes.items()
        ]
        self.link().modify_s(dn, changes)

    def delete(self, dn: str) -> None:
        self.link().delete_s(dn)


@contextlib.contextmanager
def running(folder: Path, **options: Any) -> Iterator[Server]:
    """A directory for as long as the block lasts."""
    server = Server(folder, **options)
    try:
        yield server
    finally:
        server.stop()
