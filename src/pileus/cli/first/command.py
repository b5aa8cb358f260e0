"""Boots a first server and logs in to it, through the public APIs alone, and says how long each part took."""

import subprocess
from pathlib import Path
from typing import Any

from pileus.cli.report import Report
from pileus.cloud.client import ApiClient, Refused
from pileus.cloud.credentials import ADMIN, DEMO
from pileus.cloud.folder import StateFolder, default_folder
from pileus.kernel.clock import Clock

IMAGE = "pileus-guest"
NAME = "first-server"
USER = "cirros"
BOOT_SECONDS = 300.0


class NotReached(Exception):
    """The server did not come as far as a login; the message says how far it came."""


def first_server(state: Path | None) -> int:
    """Do it all; the exit status."""
    folder = StateFolder(state or default_folder())
    report = Report()
    if not folder.clouds.exists() or folder.running() is None:
        report.line("There is no cloud up; start one with `pileus up`.")
        return 1
    first = First(folder, report)
    try:
        first.run()
    except (Refused, NotReached, subprocess.CalledProcessError) as error:
        report.line(f"✗ {error}")
        first.explain()
        return 1
    return 0


class First:
    """The steps, each safe to repeat."""

    def __init__(self, folder: StateFolder, report: Report) -> None:
        from pileus.kernel.clock import SystemClock

        self._folder = folder
        self._report = report
        self._clock: Clock = SystemClock()
        self._admin = ApiClient(folder.clouds, ADMIN)
        self._demo = ApiClient(folder.clouds, DEMO)
        self._key = folder.root / "first-server.pem"
        self._server: dict[str, Any] = {}

    def run(self) -> None:
        """From image to login."""
        part = self._report.part
        self._admin.login()
        self._demo.login()
        with part("image"):
            image = self._image()
        with part("keypair and security group"):
            self._keypair()
            self._security_group()
        with part("server accepted"):
            self._boot(image)
        with part("server ACTIVE"):
            self._until_active()
        with part("floating IP"):
            address = self._floating_ip()
        with part("SSH answers"):
            self._until_ssh(address)
        answer = self._ssh(address, "hostname")
        self._report.line(f"`hostname` on the server says: {answer.strip()}")
        self._what_next(address)

    def _image(self) -> str:
        found = self._admin.one("image", f"/v2/images?name={IMAGE}&status=active", "images", IMAGE)
        if found is not None:
            return str(found["id"])
        file = self._guest_image()
        body = {
            "name": IMAGE,
            "disk_format": "qcow2",
            "container_format": "bare",
            "visibility": "public",
            "min_ram": 96,
            "os_distro": "pileus-guest",
        }
        image = self._admin.call("POST", "image", "/v2/images", body)
        self._admin.upload("image", f"/v2/images/{image['id']}/file", file)
        return str(image["id"])

    def _guest_image(self) -> Path:
        from pileus.guest_image import packages, tiny

        progress = self._report.line
        cache = packages.default_cache()
        return tiny.build(self._folder.root / "images", cache, lambda step: progress(f"      {step}")).qcow2

    def _keypair(self) -> None:
        pairs = [p["keypair"]["name"] for p in self._demo.call("GET", "compute", "/os-keypairs")["keypairs"]]
        if NAME in pairs and self._key.exists():
            return
        if NAME in pairs:
            self._demo.call("DELETE", "compute", f"/os-keypairs/{NAME}")
        self._key.unlink(missing_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", NAME, "-f", str(self._key)]
        subprocess.run(command, check=True)
        public = self._key.with_name(self._key.name + ".pub").read_text().strip()
        self._demo.call("POST", "compute", "/os-keypairs", {"keypair": {"name": NAME, "public_key": public}})

    def _security_group(self) -> None:
        group = self._demo.one("network", "/v2.0/security-groups?name=default", "security_groups", "default")
        ssh = {"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
        for rule in ({"protocol": "icmp"}, ssh):
            body = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4", **rule}
            try:
                self._demo.call("POST", "network", "/v2.0/security-group-rules", {"security_group_rule": body})
            except Refused as error:
                if error.status != 409:
                    raise

    def _boot(self, image: str) -> None:
        found = self._demo.one("compute", f"/servers?name={NAME}", "servers", NAME)
        if found is not None and self._show(found["id"])["status"] == "ERROR":
            self._remove(found["id"])
            found = None
        if found is None:
            flavor = next(f for f in self._demo.call("GET", "compute", "/flavors")["flavors"] if f["name"] == "m1.nano")
            network = self._demo.one("network", "/v2.0/networks?name=private", "networks", "private")
            body = {
                "name": NAME,
                "imageRef": image,
                "flavorRef": flavor["id"],
                "key_name": NAME,
                "networks": [{"uuid": network["id"]}],
            }
            found = self._demo.call("POST", "compute", "/servers", {"server": body})["server"]
        self._server = found

    def _show(self, server_id: str) -> dict[str, Any]:
        path = f"/servers/{server_id}"
        server: dict[str, Any] = self._demo.call("GET", "compute", path, version="compute 2.90")["server"]
        return server

    def _remove(self, server_id: str) -> None:
        """Remove what an earlier try left broken, so that this one is a new one."""
        self._demo.call("DELETE", "compute", f"/servers/{server_id}")
        started = self._clock.monotonic()
        while self._demo.one("compute", f"/servers?name={NAME}", "servers", NAME) is not None:
            if self._clock.monotonic() - started > BOOT_SECONDS:
                raise NotReached("an earlier server in ERROR cannot be removed")
            pause(0.2)

    def _until_active(self) -> None:
        started = self._clock.monotonic()
        while True:
            server = self._show(self._server["id"])
            if server["status"] == "ACTIVE" and server["OS-EXT-STS:task_state"] is None:
                return
            if server["status"] == "SHUTOFF":
                self._demo.call("POST", "compute", f"/servers/{self._server['id']}/action", {"os-start": None})
            if server["status"] == "ERROR":
                raise NotReached(f"the server is in ERROR: {server.get('fault', {}).get('message')}")
            if self._clock.monotonic() - started > BOOT_SECONDS:
                raise NotReached(f"the server is still {server['status']} ({server['OS-EXT-STS:task_state']})")
            pause(0.2)

    def _floating_ip(self) -> str:
        port = self._demo.call("GET", "network", f"/v2.0/ports?device_id={self._server['id']}")["ports"][0]
        present = self._demo.call("GET", "network", f"/v2.0/floatingips?port_id={port['id']}")["floatingips"]
        if not present:
            public = self._demo.one("network", "/v2.0/networks?name=public", "networks", "public")
            body = {"floating_network_id": public["id"], "port_id": port["id"]}
            present = [self._demo.call("POST", "network", "/v2.0/floatingips", {"floatingip": body})["floatingip"]]
        return str(present[0]["floating_ip_address"])

    def _ssh_command(self, address: str, command: str) -> list[str]:
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes"]
        options += ["ConnectTimeout=5"]
        given = [word for option in options for word in ("-o", option)]
        return ["ssh", *given, "-i", str(self._key), f"{USER}@{address}", command]

    def _ssh(self, address: str, command: str) -> str:
        done = subprocess.run(self._ssh_command(address, command), capture_output=True, text=True, check=True)
        return done.stdout

    def _until_ssh(self, address: str) -> None:
        started = self._clock.monotonic()
        while True:
            done = subprocess.run(self._ssh_command(address, "true"), capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return
            if self._clock.monotonic() - started > BOOT_SECONDS:
                raise NotReached(f"{address} does not answer SSH: {done.stderr.strip()}")
            pause(0.3)

    def explain(self) -> None:
        """Show what the server's console says, since something did not work."""
        if not self._server:
            return
        try:
            path = f"/servers/{self._server['id']}/action"
            output = self._demo.call("POST", "compute", path, {"os-getConsoleOutput": {"length": 40}})["output"]
        except Refused as error:
            output = str(error)
        self._report.line("The end of the server's console:")
        for line in output.splitlines()[-40:]:
            self._report.line("    " + line)

    def _what_next(self, address: str) -> None:
        clouds = self._folder.clouds
        for line in (
            "",
            f"Log in:           ssh -i {self._key} {USER}@{address}",
            f"Use the cloud:    export OS_CLIENT_CONFIG_FILE={clouds} OS_CLOUD={DEMO}; openstack server list",
            f"As administrator: OS_CLOUD={ADMIN} openstack hypervisor list",
            f"Or source:        {self._folder.openrc('demo')}",
            "Stop it all:      pileus down    (make down)",
        ):
            self._report.line(line)


def pause(seconds: float) -> None:
    """Wait; the command line is not part of what is ever simulated."""
    import time

    time.sleep(seconds)
