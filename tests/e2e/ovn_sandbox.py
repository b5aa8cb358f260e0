"""A whole OVN on one network namespace, with nothing of the machine's own touched.

``OvnSandbox`` starts private databases, northd and, unless told otherwise, a chassis on the userspace
datapath with ``br-int`` and ``br-ex`` (physical network ``public``).  Guests are namespaces with an internal
port of ``br-int``.  Needs root and the Debian packages openvswitch-switch, ovn-central and ovn-host.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

OUTSIDE = "198.51.100.1"


def run(*command: str, check: bool = True, timeout: float = 60, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **(env or {})},
        check=False,
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def until(true: Callable[[], Any], what: str, within: float = 20) -> Any:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {within} s in vain: {what}")


class Guest:
    """A namespace plugged into a port."""

    def __init__(self, sandbox: OvnSandbox, name: str, device: str) -> None:
        self.sandbox = sandbox
        self.namespace = name
        self.device = device

    def run(self, *command: str, check: bool = True, timeout: float = 60) -> str:
        return run("ip", "netns", "exec", self.namespace, *command, check=check, timeout=timeout)

    def address(self, cidr: str, via: str | None = None) -> None:
        self.run("ip", "addr", "replace", cidr, "dev", self.device, *(["nodad"] if ":" in cidr else []))
        if via:
            self.run("ip", "route", "replace", "default", "via", via, "dev", self.device)

    def pings(self, to: str, size: int = 56, tries: int = 5, source: str | None = None) -> bool:
        command = ["ping", "-c", "1", "-W", "1", "-M", "do", "-s", str(size), to]
        if source:
            command[1:1] = ["-I", source]
        return any("1 received" in self.run(*command, check=False) for _ in range(tries))

    def dhcp(self) -> dict[str, str]:
        """Take a lease as a client would; returns what the server told, by udhcpc's names."""
        script = self.sandbox.folder / "lease.sh"
        answer = self.sandbox.folder / f"{self.namespace}.lease"
        script.write_text(f'#!/bin/sh\n[ "$1" = bound ] && env > {self.sandbox.folder}/$LEASE.lease\nexit 0\n')
        script.chmod(0o755)
        answer.unlink(missing_ok=True)
        run(
            "ip", "netns", "exec", self.namespace, "busybox", "udhcpc", "-i", self.device, "-n", "-q", "-f",
            "-t", "6", "-T", "1", "-s", str(script), "-O", "mtu", "-O", "staticroutes",
            env={"LEASE": self.namespace}, check=False,
        )  # fmt: skip
        if not answer.exists():
            return {}
        return dict(line.split("=", 1) for line in answer.read_text().splitlines() if "=" in line)

    def lease(self) -> dict[str, str]:
        """Take a lease and live by it: address, routes, MTU."""
        told = self.dhcp()
        assert told, "no DHCP answer"
        self.run("ip", "addr", "replace", f"{told['ip']}/{told['mask']}", "dev", self.device)
        if "mtu" in told:
            self.run("ip", "link", "set", self.device, "mtu", told["mtu"])
        routes = told.get("staticroutes", f"0.0.0.0/0 {told['router']}" if "router" in told else "").split()
        for to, via in zip(routes[::2], routes[1::2], strict=True):
            self.run("ip", "route", "replace", to, "via", via, "dev", self.device)
        return told

    def serve_tcp(self, port: int) -> None:
        """Answer HTTP on a port until the guests are unplugged."""
        root = self.sandbox.folder / "www"
        root.mkdir(exist_ok=True)
        self.sandbox.start(
            f"{self.namespace}-tcp{port}",
            ["ip", "netns", "exec", self.namespace, sys.executable, "-m", "http.server", str(port),
             "--directory", str(root)],
        )  # fmt: skip
        listening = f":{port:04X} "
        until(
            lambda: any(
                listening in line and " 0A " in line
                for line in (self.run("cat", "/proc/net/tcp") + self.run("cat", "/proc/net/tcp6")).splitlines()
            ),
            f"{self.namespace} listens on {port}",
        )

    def connects(self, to: str, port: int, source: str | None = None) -> bool:
        host = f"[{to}]" if ":" in to else to
        extra = ["--interface", source] if source else []
        out = self.run(
            "curl", "-s", "-m", "3", "-o", "/dev/null", "-w", "%{http_code}", *extra, f"http://{host}:{port}/",
            check=False,
        )  # fmt: skip
        return out == "200"


class OvnSandbox:
    """See the module; a context manager."""

    def __init__(self, *, chassis: bool = True, name: str = "chassis-1") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pileus-ovn-"))
        self.tag = "pt" + uuid.uuid4().hex[:6]
        self.namespace = self.tag
        self.name = name
        self._with_chassis = chassis
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._namespaces: list[str] = []
        self._guests: list[Guest] = []
        self._ports = 0
        self.northbound = f"unix:{self.folder}/nb.sock"
        self.southbound = f"unix:{self.folder}/sb.sock"
        self.switch = f"unix:{self.folder}/ovs.sock"

    def __enter__(self) -> OvnSandbox:
        try:
            self._namespace(self.namespace)
            run("ip", "-n", self.namespace, "link", "set", "lo", "up")
            self.start_databases()
            run("ovn-nbctl", f"--db={self.northbound}", "init")
            run("ovn-sbctl", f"--db={self.southbound}", "init")
            self.start_northd()
            if self._with_chassis:
                self._start_chassis()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(list(self._running.values())):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            process.wait()
        for namespace in reversed(self._namespaces):
            run("ip", "netns", "del", namespace, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- daemons -------------------------------------------------------------------------------------------

    def start(self, name: str, command: Sequence[str], inside: bool = False) -> None:
        prefix = ["ip", "netns", "exec", self.namespace] if inside else []
        log = (self.folder / f"{name}.log").open("ab")
        environment = {
            "OVS_RUNDIR": str(self.folder),
            "OVN_RUNDIR": str(self.folder),
            "OVS_LOGDIR": str(self.folder),
        }
        self._running[name] = subprocess.Popen(
            [*prefix, *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **environment},
        )
        log.close()

    def stop(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        process = self._running.pop(name)
        process.send_signal(how)
        process.wait()

    def _database(self, name: str, schema: str) -> None:
        file = self.folder / f"{name}.db"
        if not file.exists():
            run("ovsdb-tool", "create", str(file), schema)
        (self.folder / f"{name}.sock").unlink(missing_ok=True)
        self.start(
            f"{name}-db",
            ["ovsdb-server", f"--remote=punix:{self.folder}/{name}.sock",
             f"--unixctl={self.folder}/{name}.ctl", "-vconsole:warn", str(file)],
        )  # fmt: skip
        until((self.folder / f"{name}.sock").exists, f"the {name} database listens")

    def start_databases(self) -> None:
        self._database("nb", "/usr/share/ovn/ovn-nb.ovsschema")
        self._database("sb", "/usr/share/ovn/ovn-sb.ovsschema")

    def start_northd(self) -> None:
        self.start(
            "northd",
            ["ovn-northd", f"--ovnnb-db={self.northbound}", f"--ovnsb-db={self.southbound}",
             f"--unixctl={self.folder}/northd.ctl", "-vconsole:warn"],
        )  # fmt: skip

    def start_controller(self) -> None:
        self.start(
            "controller",
            ["ovn-controller", self.switch, f"--pidfile={self.folder}/controller.pid", "-vconsole:info"],
            inside=True,
        )

    def start_vswitchd(self) -> None:
        self.start(
            "vswitchd",
            ["ovs-vswitchd", self.switch, f"--unixctl={self.folder}/vswitchd.ctl", "-vconsole:warn"],
            inside=True,
        )

    def _start_chassis(self) -> None:
        self._database("ovs", "/usr/share/openvswitch/vswitch.ovsschema")
        external = {
            "system-id": self.name,
            "hostname": self.name,
            "ovn-remote": self.southbound,
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": "127.0.0.1",
            "ovn-bridge-datapath-type": "netdev",
            "ovn-bridge-mappings": "public:br-ex",
            "ovn-cms-options": "enable-chassis-as-gw",
        }
        pairs = [f"external_ids:{key}={value}" for key, value in external.items()]
        self.vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".", *pairs)
        self.start_vswitchd()
        self.vsctl("add-br", "br-ex", "--", "set", "Bridge", "br-ex", "datapath_type=netdev", "fail_mode=standalone")
        self.start_controller()
        until(lambda: "br-int" in self.vsctl("list-br").split(), "ovn-controller made br-int")

    def vsctl(self, *arguments: str) -> str:
        return run("ovs-vsctl", f"--db={self.switch}", "--timeout=20", *arguments)

    def nbctl(self, *arguments: str) -> str:
        return run("ovn-nbctl", f"--db={self.northbound}", "--timeout=20", *arguments)

    def sbctl(self, *arguments: str) -> str:
        return run("ovn-sbctl", f"--db={self.southbound}", "--timeout=20", *arguments)

    # -- guests --------------------------------------------------------------------------------------------

    def _namespace(self, name: str) -> None:
        run("ip", "netns", "add", name)
        self._namespaces.append(name)

    def plug(self, name: str, port_id: str | None, mac: str, bridge: str = "br-int") -> Guest:
        """A namespace behind a port of a bridge; ``port_id`` names the logical port."""
        self._ports += 1
        device = f"{self.tag}v{self._ports}"
        namespace = f"{self.tag}-{name}"
        self._namespace(namespace)
        settings = ["type=internal", f'mac="{mac}"'] + ([f"external_ids:iface-id={port_id}"] if port_id else [])
        self.vsctl("add-port", bridge, device, "--", "set", "Interface", device, *settings)
        guest = Guest(self, namespace, device)
        self._guests.append(guest)
        self._bring_up(guest, mac)
        return guest

    def _bring_up(self, guest: Guest, mac: str) -> None:
        shown = ("ip", "-n", self.namespace, "link", "show", guest.device)
        until(lambda: "link/" in run(*shown, check=False), f"{guest.device} appears")
        run("ip", "-n", self.namespace, "link", "set", guest.device, "netns", guest.namespace)
        guest.run("ip", "link", "set", "lo", "up")
        guest.run("ip", "link", "set", guest.device, "address", mac)
        guest.run("ip", "link", "set", guest.device, "up")

    def restart_vswitchd(self, guest: Guest, mac: str) -> None:
        """Kill the switch and start it anew; its internal ports are made again, a guest's one is moved back."""
        self.stop("vswitchd")
        guest.run("ip", "link", "del", guest.device)
        self.start_vswitchd()
        self._bring_up(guest, mac)

    def unplug(self, guest: Guest) -> None:
        self.vsctl("--if-exists", "del-port", guest.device)

    def unplug_all(self) -> None:
        """Take all guests away, with their namespaces and whatever they were serving."""
        for name in [name for name in self._running if "-tcp" in name]:
            self.stop(name)
        for guest in self._guests:
            self.unplug(guest)
            run("ip", "netns", "del", guest.namespace, check=False)
            self._namespaces.remove(guest.namespace)
        self._guests.clear()

    def outside(self) -> Guest:
        """What lies behind the physical network ``public``: a machine at 198.51.100.1."""
        guest = self.plug("outside", None, "fa:16:3e:ff:ff:01", bridge="br-ex")
        guest.address(f"{OUTSIDE}/24")
        return guest
