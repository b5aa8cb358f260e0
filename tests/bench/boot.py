"""What Pileus adds to the boot of a real server: from the accepted request to the running QEMU, its image cached."""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.load import Client
from tests.bench.rows import tell
from tests.bench.subject import Process, client_of

TIMES = 7


async def measure(state: Path, flavor: str = "m1.nano", image: str = "pileus-guest") -> dict[str, Any]:
    """Boot servers one after the other; the first is not counted, since it may fetch the image."""
    client = client_of(state, "pileus")
    await client.login()
    flavors = (await client.call("GET", "compute:/flavors"))["flavors"]
    networks = (await client.call("GET", "network:/v2.0/networks?name=private"))["networks"]
    body = {
        "flavorRef": next(item["id"] for item in flavors if item["name"] == flavor),
        "imageRef": (await client.call("GET", f"image:/v2/images?name={image}"))["images"][0]["id"],
        "networks": [{"uuid": networks[0]["id"]}],
    }
    found = [await _one(client, state, {"name": f"bench-boot-{number}", **body}) for number in range(TIMES + 1)][1:]
    process = Process(int((state / "pileus.pid").read_text().split()[0]))
    return {
        "times": len(found),
        "running_median_s": round(statistics.median(boot["running_s"] for boot in found), 3),
        "active_median_s": round(statistics.median(boot["active_s"] for boot in found), 3),
        "steps_median_s": {
            step: round(statistics.median(boot["steps"].get(step, 0.0) for boot in found), 3)
            for step in found[0]["steps"]
        },
        "memory_mib": process.memory(),
    }


async def _one(client: Client, state: Path, body: dict[str, Any]) -> dict[str, Any]:
    """One server, deleted again; the seconds until it ran, and those of each step."""
    begun = time.perf_counter()
    reply = await client.send(client.encode("POST", "compute:/servers", {"server": body}))
    request = reply.header("x-openstack-request-id")
    server = json.loads(reply.body)["server"]["id"]
    try:
        while True:
            await asyncio.sleep(0.05)
            status = (await client.call("GET", f"compute:/servers/{server}"))["server"]["status"]
            if status == "ERROR":
                raise SystemExit(f"server {server} is in ERROR")
            if status == "ACTIVE":
                active = time.perf_counter() - begun
                break
        steps = _steps(state, request)
    finally:
        await client.call("DELETE", f"compute:/servers/{server}")
    while (await client.call("GET", f"compute:/servers?name={body['name']}"))["servers"]:
        await asyncio.sleep(0.5)
    found = {"name": "boot", "active_s": round(active, 3), "running_s": round(_running(steps), 3), "steps": steps}
    return tell(found)


def _running(steps: dict[str, float]) -> float:
    """Seconds until QEMU runs: the steps up to its start."""
    names = list(steps)
    return sum(steps[name] for name in names[: names.index("spawn") + 1])


def _steps(state: Path, request: str) -> dict[str, float]:
    """Seconds of the steps that a request caused, as `pileus trace` tells them."""
    command = [sys.executable, "-m", "pileus", "trace", request, "--state", str(state)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    steps: dict[str, float] = {}
    for line in told.splitlines():
        words = line.split()
        if len(words) > 2 and words[1] == "s" and words[2].endswith(":"):
            steps[words[2].rstrip(":")] = steps.get(words[2].rstrip(":"), 0.0) + float(words[0])
    return steps
