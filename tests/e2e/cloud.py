"""A real cloud in a room of its own, and what tests do with it: through the public APIs, SSH, and the command line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.e2e.room import Room, until

from pileus.cloud.client import ApiClient, Refused
from pileus.cloud.credentials import ADMIN, DEMO
from pileus.cloud.folder import StateFolder
from pileus.guest_image import packages, tiny
from pileus.platform.layout import Layout

Json = Any
USER = "cirros"
KEY = "tests"
UP = ("up", "--listen", "127.0.0.1:5000", "--detach")
PATIENCE = 300.0
"""Seconds that a guest gets to boot; under emulation on a busy machine it may need most of a minute."""
GUEST_IMAGE = os.environ.get("PILEUS_TEST_GUEST_IMAGE", "")
"""A tiny guest image to use instead of one that is built (and kept in the user's cache)."""
OPTIONS = [
    word
    for option in (
        "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes",
        "ConnectTimeout=5", "ServerAliveInterval=5", "ServerAliveCountMax=4",
    )
    for word in ("-o", option)
]  # fmt: skip


def guest_image() -> Path:
    """The tiny guest."""
    if GUEST_IMAGE:
        return Path(GUEST_IMAGE)
    cache = packages.default_cache()
    return tiny.build(cache / "tests", cache, print).qcow2


class User:
    """The APIs as one user."""

    def __init__(self, room: Room, clouds: Path, cloud: str) -> None:
        self._room = room
        self._client = ApiClient(clouds, cloud)
        room.call(self._client.login)

    def call(self, method: str, service: str, path: str, body: Json = None, version: str = "") -> Json:
        """See ApiClient."""
        return self._room.call(self._client.call, method, service, path, body, version)

    def upload(self, service: str, path: str, file: Path) -> None:
        """See ApiClient."""
        self._room.call(self._client.upload, service, path, file)

    def one(self, service: str, path: str, key: str, name: str) -> Json:
        """See ApiClient."""
        return self._room.call(self._client.one, service, path, key, name)

    def make(self, kind: str, **attributes: Any) -> Json:
        """A new network, subnet, port, router, floatingip …"""
        plural = kind.replace("_", "-") + "s"
        return self.call("POST", "network", f"/v2.0/{plural}", {kind: attributes})[kind]


class RealCloud:
    """One cloud of this source tree."""

    def __init__(self) -> None:
        self.room = Room()
        # Sockets lie below it, and their paths must be short.
        self.state = Path(tempfile.mkdtemp(prefix="pileus-", dir="/var/tmp"))
        self.folder = StateFolder(self.state)
        self.key = self.state / "tests.pem"
        self.admin: User
        self.demo: User

    # ---- the command line

    def pileus(self, *words: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        """`pileus WORDS --state …`, inside."""
        return self.room.attempt(*self._command(*words), timeout=timeout)

    def _command(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "pileus", *words, "--state", str(self.state))

    def up(self) -> float:
        """Start it and log in; seconds until every API answered."""
        began = time.monotonic()
        done = self.pileus(*UP)
        seconds = time.monotonic() - began
        assert done.returncode == 0, done.stdout + done.stderr + self.log()
        self.admin, self.demo = (User(self.room, self.folder.clouds, cloud) for cloud in (ADMIN, DEMO))
        return seconds

    def up_and_kill(self, after: float) -> None:
        """Start it and kill it so many seconds after it has taken the folder, ready or not."""
        self.folder.process.unlink(missing_ok=True)
        with self.room.start(*self._command(*UP)) as starting:
            until(
                lambda: self.folder.process.exists() and self.folder.process.read_text(),
                "the serving process",
                60,
                0.01,
            )
            time.sleep(after)
            self.kill()
            starting.communicate(timeout=60)

    def down(self) -> None:
        """Stop it."""
        done = self.pileus("down")
        assert done.returncode == 0, done.stdout + done.stderr + self.log()

    def status(self) -> str:
        """What `pileus status` prints."""
        done = self.pileus("status")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def daemon(self, name: str) -> dict[str, str]:
        """A daemon's line in `pileus status`, word by word."""
        line = next(line for line in self.status().splitlines() if f"daemon {name}," in line)
        return dict(part.split(" ", 1) for part in line.strip().split(", ") if " " in part)

    def audit(self) -> list[str]:
        """What `pileus doctor --audit` finds wrong; its exit status must say the same."""
        done = self.pileus("doctor", "--audit")
        wrong = [line for line in done.stdout.splitlines() if line.startswith("✗")]
        assert done.returncode == (1 if wrong else 0), done.stdout + done.stderr
        return wrong

    def process(self) -> int:
        """The serving process, by its id inside."""
        return int(self.folder.process.read_text().split()[0])

    def kill(self) -> None:
        """Kill the serving process, and it alone, without warning."""
        self.room.kill(self.process())

    def log(self, lines: int = 40) -> str:
        """The end of Pileus' log."""
        if not self.folder.log.exists():
            return ""
        return "\n".join(self.folder.log.read_text(errors="replace").splitlines()[-lines:])

    def close(self, *, failed: bool = False) -> None:
        """End everything; the state folder goes unless something failed."""
        self.room.close()
        if failed and os.environ.get("PILEUS_TEST_KEEP"):
            print(f"kept: {self.state}")
        else:
            shutil.rmtree(self.state, ignore_errors=True)

    # ---- what servers need

    def furnish(self) -> None:
        """Image, keypair, and a security group that lets ping and SSH in."""
        body = {"name": "guest", "disk_format": "qcow2", "container_format": "bare", "visibility": "public"}
        image = self.admin.call("POST", "image", "/v2/images", body)
        self.admin.upload("image", f"/v2/images/{image['id']}/file", guest_image())
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", KEY, "-f", str(self.key)], check=True)
        public = self.key.with_name(self.key.name + ".pub").read_text().strip()
        self.demo.call("POST", "compute", "/os-keypairs", {"keypair": {"name": KEY, "public_key": public}})
        group = self.demo.one("network", "/v2.0/security-groups?name=default", "security_groups", "default")
        for rule in ({"protocol": "icmp"}, {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}):
            self.demo.make(
                "security_group_rule", security_group_id=group["id"], direction="ingress", ethertype="IPv4", **rule
            )

    def network(self, name: str) -> str:
        """A network's id."""
        return str(self.demo.one("network", f"/v2.0/networks?name={name}", "networks", name)["id"])

    def create(self, name: str, *networks: str, image: str = "", **more: Any) -> str:
        """Ask for a server on networks (ids; `private` without) from an image (the guest without); its id."""
        image = image or self.demo.one("image", "/v2/images?name=guest", "images", "guest")["id"]
        flavor = self.demo.one("compute", "/flavors", "flavors", "m1.nano")["id"]
        nics = [{"uuid": each} for each in networks or (self.network("private"),)]
        body = {"name": name, "imageRef": image, "flavorRef": flavor, "key_name": KEY, "networks": nics, **more}
        return str(self.demo.call("POST", "compute", "/servers", {"server": body})["server"]["id"])

    def show(self, id: str) -> Json:
        """A server; None if there is none."""
        try:
            return self.demo.call("GET", "compute", f"/servers/{id}", version="compute 2.90")["server"]
        except Refused as error:
            if error.status == 404:
                return None
            raise

    def until_status(self, id: str, status: str, within: float = 120.0) -> Json:
        """The server, once it has the status and nothing is being done to it."""

        def there() -> Json:
            server = self.show(id)
            assert server is not None
            assert status == "ERROR" or server["status"] != "ERROR", server.get("fault")
            return server if server["status"] == status and server["OS-EXT-STS:task_state"] is None else None

        return until(there, f"server {id} {status}", within)

    def act(self, id: str, action: str, **arguments: Any) -> Json:
        """POST …/action."""
        return self.demo.call("POST", "compute", f"/servers/{id}/action", {action: arguments or None})

    def delete(self, id: str, within: float = 120.0) -> None:
        """Delete a server and wait until it is gone."""
        self.demo.call("DELETE", "compute", f"/servers/{id}")
        until(lambda: self.show(id) is None, f"server {id} gone", within)

    def port(self, id: str) -> Json:
        """A server's first port."""
        return self.demo.call("GET", "network", f"/v2.0/ports?device_id={id}")["ports"][0]

    def float(self, id: str) -> str:
        """A new floating address that leads to a server."""
        public = self.network("public")
        made = self.demo.make("floatingip", floating_network_id=public, port_id=self.port(id)["id"])
        return str(made["floating_ip_address"])

    def console(self, id: str, lines: int = 60) -> str:
        """The end of a server's console."""
        return str(self.act(id, "os-getConsoleOutput", length=lines)["output"])

    # ---- the guest

    def ssh(self, address: str, command: str, timeout: float = 60) -> str:
        """What a command in a guest prints; it must succeed."""
        done = self.try_ssh(address, command, timeout)
        assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def try_ssh(self, address: str, command: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """A command in a guest, which may fail."""
        return self.room.attempt("ssh", *OPTIONS, "-i", str(self.key), f"{USER}@{address}", command, timeout=timeout)

    def until_ssh(self, id: str, address: str) -> None:
        """Wait until a login works; the console tells why it does not."""
        try:
            until(lambda: self.try_ssh(address, "true").returncode == 0, f"SSH at {address}", PATIENCE, 0.5)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.console(id)}") from None

    def ssh_through(self, address: str, inner: str, command: str) -> str:
        """What a command prints in a guest that is reached through another."""
        jump = shlex.join(["ssh", *OPTIONS, "-i", str(self.key), "-W", "%h:%p", f"{USER}@{address}"])
        words = ("ssh", *OPTIONS, "-o", f"ProxyCommand={jump}", "-i", str(self.key), f"{USER}@{inner}", command)
        return self.room.run(*words, timeout=90).strip()

    def pings(self, address: str, tries: int = 20) -> bool:
        """Whether an address answers within some seconds."""
        command = ("ping", "-c", "1", "-W", "1", address)
        return any(self.room.attempt(*command).returncode == 0 for _ in range(tries))

    # ---- what is really there

    def domain(self, id: str) -> tuple[int, str] | None:
        """The QEMU process of a server: its id inside, and its command line."""
        for pid, command in self.room.processes().items():
            if "qemu-system" in command and f"-uuid {id}" in command:
                return pid, command
        return None

    def remains(self, id: str, port: Json) -> list[str]:
        """What is left of a deleted server and its port: process, definition, files, tap, switch port, OVN's row."""
        left = [f"process {self.domain(id)}"] if self.domain(id) else []
        left += [f"file {path}" for path in self.state.rglob(f"*{id}*")]
        tap = f"tap{port['id'][:11]}"
        left += ["tap"] if tap in self.room.run("ip", "link") else []
        left += ["switch port"] if tap in self.vsctl("list-ports", "br-int") else []
        left += ["OVN's port"] if self.ovn("nb", "find", "Logical_Switch_Port", f"name={port['id']}").strip() else []
        return left

    def vsctl(self, *words: str) -> str:
        """`ovs-vsctl` of the cloud's own switch."""
        socket = Layout(self.state).vswitch_run / "db.sock"
        return self.room.run("ovs-vsctl", f"--db=unix:{socket}", *words)

    def ovn(self, which: str, *words: str) -> str:
        """`ovn-nbctl` or `ovn-sbctl` of the cloud."""
        socket = Layout(self.state).ovn_run / f"{which}.sock"
        return self.room.run(f"ovn-{which}ctl", f"--db=unix:{socket}", *words)
