"""Objects served by processes of their own: tokens and their revocation, a worker and a cloud that are killed."""

import hashlib
import os
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest
from tests.client.clouds import DEMO, free_port, pileus, simulated


@pytest.fixture
def served(tmp_path):
    """A cloud with two workers, and where they answer."""
    state, port = tmp_path / "cloud", free_port()
    state.mkdir()
    state.joinpath("settings.toml").write_text(f'[object_store.listener]\nat = "127.0.0.1:{port}"\nworkers = 2\n')
    with simulated(state) as cloud:
        yield cloud, f"http://127.0.0.1:{port}"
    assert workers(state) == []
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", port))


def workers(state: Path) -> list[int]:
    """The processes that serve a cloud's objects."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = process.joinpath("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"pileus.cloud.workers.process" in words and str(state).encode() in words:
            found.append(int(process.name))
    return sorted(found)


def until(what, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.05)


def test_tokens_and_their_end(served):
    cloud, url = served
    session = cloud.connection(DEMO).session
    token, project = session.get_token(), session.get_project_id()
    assert cloud.connection(DEMO).object_store.get_endpoint() == f"{url}/v1/AUTH_{project}"
    headers, place = {"X-Auth-Token": token}, f"{url}/v1/AUTH_{project}/c"
    assert httpx.put(place, headers=headers).status_code == 201
    assert httpx.put(place + "/o", headers=headers, content=b"1" * 100_000).status_code == 201
    through_the_main_port = f"{cloud.url}/object-store/v1/AUTH_{project}/c/o"
    assert httpx.get(through_the_main_port, headers=headers).content == b"1" * 100_000
    assert httpx.get(f"{url}/info").json()["swift"]
    assert httpx.get(f"{url}/healthcheck").text == "OK"
    refused = httpx.get(place)
    assert refused.headers["WWW-Authenticate"] == f'Keystone uri="{cloud.url}/identity"'
    for _ in range(20):  # both workers know the token now
        assert httpx.get(place, headers=headers).status_code in {200, 204}
    subject = {**headers, "X-Subject-Token": token}
    assert httpx.delete(f"{cloud.url}/identity/v3/auth/tokens", headers=subject).status_code == 204
    assert {httpx.get(place, headers=headers).status_code for _ in range(20)} == {401}
    assert "workers: 2 of 2" in pileus("status", "--state", str(cloud.state)).stdout
    assert pileus("logs", "objects", "--state", str(cloud.state)).returncode == 0


def answers(url):
    try:
        return httpx.get(f"{url}/healthcheck").status_code == 200
    except httpx.HTTPError:
        return False


class Load:
    """Clients that put and delete objects until they are told to stop, and remember what was acknowledged.

    What was asked for but never answered may have happened or not: both are right.
    """

    def __init__(self, place, headers, clients=4):
        self.place, self.headers = place, headers
        self.known: dict[str, set[str | None]] = {}
        self.answered = self.lost = 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def _run(self, client):
        turn = 0
        with httpx.Client(headers=self.headers, timeout=20) as http:
            while not self.stopping.is_set():
                turn += 1
                name = f"{client}-{turn % 7}"
                size = (0, 300, 70_000, 400_000)[turn % 4]
                body = hashlib.shake_128(f"{name} {turn}".encode()).digest(size) if turn % 5 else None
                digest = None if body is None else hashlib.md5(body).hexdigest()
                before = self.known.get(name, {None})
                self.known[name] = before | {digest}
                try:
                    if body is None:
                        answer = http.delete(f"{self.place}/{name}")
                    else:
                        answer = http.put(f"{self.place}/{name}", content=body)
                except httpx.HTTPError:
                    self.lost += 1
                    time.sleep(0.02)
                    continue
                assert answer.status_code in {201, 204, 404}, answer.text
                self.answered += 1
                self.known[name] = {digest}

    def check(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        with httpx.Client(headers=self.headers, timeout=20) as http:
            for name, allowed in self.known.items():
                answer = http.get(f"{self.place}/{name}")
                found = None if answer.status_code == 404 else hashlib.md5(answer.content).hexdigest()
                assert found in allowed, name
                assert found is None or answer.headers["ETag"] == found


def begin(cloud, url):
    session = cloud.connection(DEMO).session
    headers, place = {"X-Auth-Token": session.get_token()}, f"{url}/v1/AUTH_{session.get_project_id()}/load"
    assert httpx.put(place, headers=headers).status_code == 201
    return Load(place, headers)


@pytest.mark.slow
def test_killed_workers_lose_nothing_and_come_back(served):
    cloud, url = served
    load = begin(cloud, url)
    for turn in range(4):
        until(lambda: len(workers(cloud.state)) == 2)
        time.sleep(0.7)
        victims = workers(cloud.state)[: 1 + turn % 2]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
        until(lambda victims=victims: not set(victims) & set(workers(cloud.state)))
    until(lambda: len(workers(cloud.state)) == 2 and answers(url))
    time.sleep(1)
    load.check()
    assert load.answered > 100
    incoming = cloud.state / "object_store" / "incoming"
    until(lambda: len([folder for folder in incoming.iterdir() if folder.is_dir()]) <= 3)
    assert "started again" in pileus("status", "--state", str(cloud.state)).stdout


@pytest.mark.slow
def test_a_killed_cloud_takes_its_workers_along_and_loses_nothing(served):
    cloud, url = served
    load = begin(cloud, url)
    time.sleep(1.5)
    os.kill(cloud.process, signal.SIGKILL)
    until(lambda: workers(cloud.state) == [])
    up = pileus("up", "--simulated", "--state", str(cloud.state), "--listen", f"127.0.0.1:{cloud.port}", "--detach")
    assert up.returncode == 0, up.stderr
    time.sleep(1)
    load.check()
    assert load.answered > 50


def test_a_taken_port_is_said(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        tmp_path.joinpath("settings.toml").write_text(f'[object_store.listener]\nat = "127.0.0.1:{port}"\n')
        up = pileus("up", "--simulated", "--state", str(tmp_path), "--listen", f"127.0.0.1:{free_port()}", "--detach")
    assert up.returncode == 1
    assert f"127.0.0.1:{port}" in up.stdout + up.stderr
