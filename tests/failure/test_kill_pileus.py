"""Pileus is killed at random moments while servers come and go: nothing is lost, nothing is left, no guest notices."""

from __future__ import annotations

import os
import random
import re
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.e2e.cloud import RealCloud
from tests.e2e.room import until

pytestmark = [pytest.mark.root, pytest.mark.slow]

CHANGES = int(os.environ.get("PILEUS_SOAK_CHANGES", "12"))
"""How many servers are created or deleted."""
SEED = int(os.environ.get("PILEUS_SOAK_SEED", "1"))
MOST_SERVERS = 5
KILLS = 0.7
"""The chance that a change is followed, or cut off, by a kill."""
KILLS_OF_STARTS = 0.3
"""The chance that the start after a kill is killed as well."""


@pytest.fixture(scope="module")
def images(cloud: RealCloud, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Disks that boot nothing, so that guests cost nothing once their firmware has given up."""
    made = []
    for number in range(3):
        file = tmp_path_factory.mktemp("image") / "empty.raw"
        file.write_bytes(os.urandom(4 << 20))
        body = {"name": f"empty-{number}", "disk_format": "raw", "container_format": "bare", "visibility": "public"}
        image = cloud.admin.call("POST", "image", "/v2/images", body)
        cloud.admin.upload("image", f"/v2/images/{image['id']}/file", file)
        made.append(str(image["id"]))
    return made


class Change(threading.Thread):
    """A request that may lose its answer; whether it was taken is seen afterwards."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._ask = ask
        self.start()

    def run(self) -> None:
        try:
            self._ask()
        except Exception as error:
            print(f"    no answer: {type(error).__name__}")


def all_servers(cloud: RealCloud) -> dict[str, Any]:
    found = cloud.demo.call("GET", "compute", "/servers/detail", version="compute 2.90")["servers"]
    return {server["id"]: server for server in found}


def settled(cloud: RealCloud) -> bool:
    """Whether nothing is being done to any server."""
    servers = all_servers(cloud).values()
    return all(s["OS-EXT-STS:task_state"] is None and s["status"] != "BUILD" for s in servers)


def reality(cloud: RealCloud) -> dict[str, set[str]]:
    """Which servers, or ports, are seen at each place, looked at without Pileus."""
    guests = {
        found[1]
        for command in cloud.room.processes().values()
        if "qemu-system" in command and (found := re.search(r" -uuid (\S+) ", command))
    }
    names = cloud.ovn("nb", "--bare", "--columns=name", "find", "Logical_Switch_Port", 'type=""').split()
    taps = cloud.vsctl("list-ports", "br-int").split()
    return {
        "guests": guests,
        "files": {path.name for path in (cloud.state / "servers").iterdir()},
        "OVN's ports": set(names),
        "taps": {name.removeprefix("tap") for name in taps if name.startswith("tap")},
    }


def consumed(cloud: RealCloud) -> int:
    """Processors that placement has given away."""
    providers = cloud.admin.call("GET", "placement", "/resource_providers")["resource_providers"]
    usages = [
        cloud.admin.call("GET", "placement", f"/resource_providers/{each['uuid']}/usages")["usages"]
        for each in providers
    ]
    return sum(usage.get("VCPU", 0) for usage in usages)


def agree(cloud: RealCloud) -> None:
    """Everything that is to be seen of servers fits what the API says of them."""
    servers = all_servers(cloud)
    for server in servers.values():
        assert server["status"] in {"ACTIVE", "ERROR"}, server["status"]
        assert server["status"] == "ACTIVE" or server["fault"]["message"], server
    active = {id for id, server in servers.items() if server["status"] == "ACTIVE"}
    ports = cloud.demo.call("GET", "network", "/v2.0/ports")["ports"]
    mine = {port["id"]: port["device_id"] for port in ports if port["device_owner"].startswith("compute:")}
    assert set(mine.values()) == active, "ports"
    assert consumed(cloud) == len(active), "placement"
    seen = reality(cloud)
    assert seen["guests"] == active
    assert seen["files"] == active
    assert seen["OVN's ports"] == set(mine)
    assert seen["taps"] == {port[:11] for port in mine}


def test_kills_while_servers_come_and_go(cloud: RealCloud, images: list[str]) -> None:
    chance = random.Random(SEED)
    kills, restarts, number = 0, [], 0
    for step in range(CHANGES):
        present = sorted(all_servers(cloud))
        if present and (len(present) >= MOST_SERVERS or chance.random() < 0.4):
            chosen = chance.choice(present)
            change = Change(lambda chosen=chosen: cloud.demo.call("DELETE", "compute", f"/servers/{chosen}"))
            what = "delete"
        else:
            number += 1
            image = chance.choice(images)
            change = Change(lambda image=image, name=f"s{number}": cloud.create(name, image=image))
            what = "create"
        wait = chance.choice((0.05, 0.3, 1.5)) * chance.random() * 2
        time.sleep(wait)
        if chance.random() < KILLS:
            cloud.kill()
            kills += 1
            change.join()
            if chance.random() < KILLS_OF_STARTS:
                cloud.up_and_kill(2.5 * chance.random())
                kills += 1
            restarts.append(cloud.up())
            print(f"{step}: {what}, killed after {wait:.3f} s, up again in {restarts[-1]:.1f} s")
        change.join()
    until(lambda: settled(cloud), "every server settled", 180, 0.5)
    until(lambda: cloud.audit() == [], "the audit", 20, 2)
    agree(cloud)
    left = all_servers(cloud)
    statuses = sorted(server["status"] for server in left.values())
    print(
        f"seed {SEED}: {CHANGES} changes, {kills} kills, restarts {min(restarts):.1f} to {max(restarts):.1f} s; left {statuses}"
    )
    for id in left:
        cloud.delete(id)
    until(lambda: cloud.audit() == [], "the audit of nothing", 20, 2)
    agree(cloud)


LOST = re.compile(r"(\d+) packets transmitted, (\d+) received")


def lost(ping: subprocess.Popen[str]) -> tuple[int, int]:
    """Sent and lost, once it has come to its end."""
    found = LOST.search(ping.communicate(timeout=120)[0])
    assert found is not None
    sent, received = int(found[1]), int(found[2])
    return sent, sent - received


def test_a_guest_notices_nothing(cloud: RealCloud) -> None:
    server = cloud.create("steady")
    cloud.until_status(server, "ACTIVE")
    address = cloud.float(server)
    cloud.until_ssh(server, address)
    boot = cloud.ssh(address, "cat /proc/sys/kernel/random/boot_id")
    process = cloud.domain(server)
    for _ in range(2):
        ping = cloud.room.start("ping", "-i", "0.1", "-c", "150", address)
        time.sleep(1)
        cloud.kill()
        seconds = cloud.up()
        sent, gone = lost(ping)
        print(f"restart {seconds:.1f} s, {gone} of {sent} pings lost")
        assert (sent, gone) == (150, 0)
    assert cloud.domain(server) == process
    assert cloud.ssh(address, "cat /proc/sys/kernel/random/boot_id") == boot
    assert cloud.show(server)["status"] == "ACTIVE"
    cloud.delete(server)
    assert cloud.audit() == []
