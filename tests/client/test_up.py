"""`pileus up --simulated` and `pileus down`: one cloud, several side by side, and what is refused."""

import os
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from .clouds import SOURCES, free_port, pileus, simulated


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and that nobody has waited for yet does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_the_catalog_answers_when_up_returns(cloud):
    for endpoint in cloud.json("endpoint", "list", "--interface", "public"):
        address = endpoint["URL"]
        try:
            status = urllib.request.urlopen(address, timeout=10).status
        except urllib.error.HTTPError as answered:
            status = answered.code
        assert status in {200, 300, 401, 403}, address  # S3 refuses nameless callers with 403


def test_clouds_yaml_and_openrc_are_only_their_owners(cloud):
    for file in ("clouds.yaml", "admin-openrc.sh", "demo-openrc.sh"):
        assert (cloud.state / file).stat().st_mode & 0o077 == 0, file


def test_several_side_by_side_know_nothing_of_each_other(cloud, tmp_path):
    with simulated(tmp_path / "second") as other:
        assert other.process != cloud.process
        other.openstack("project", "create", "only-here")
        assert "only-here" in other.json("project", "show", "only-here")["name"]
        names = [row["Name"] for row in cloud.json("project", "list")]
        assert "only-here" not in names
        assert cloud.json("token", "issue")["id"] != other.json("token", "issue")["id"]
    assert cloud.json("token", "issue")["id"], "taking one down leaves the other"


def test_up_twice_is_one_cloud(cloud):
    before = cloud.process
    again = pileus("up", "--simulated", "--state", str(cloud.state), "--listen", f"127.0.0.1:{cloud.port}", "--detach")
    assert again.returncode == 0
    assert "up already" in again.stderr
    assert cloud.process == before


def test_down_and_up_again_keeps_what_was_made(tmp_path):
    state = tmp_path / "kept"
    with simulated(state) as first:
        made = first.json("network", "create", "kept")["id"]
        token = first.json("token", "issue")["id"]
        process = first.process
    assert not alive(process)
    assert not (state / "pileus.pid").exists()
    with simulated(state, first.port) as second:
        assert second.json("network", "show", "kept")["id"] == made
        request = urllib.request.Request(f"{second.url}/identity/v3/auth/tokens")
        request.add_header("X-Auth-Token", token)
        request.add_header("X-Subject-Token", token)
        assert urllib.request.urlopen(request, timeout=10).status == 200, "tokens outlive a restart"
        assert second.json("server", "list") == []


def test_down_of_nothing_is_no_error(tmp_path):
    ended = pileus("down", "--state", str(tmp_path / "nothing"))
    assert ended.returncode == 0
    assert "no cloud" in ended.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_folder_keeps_its_shape(tmp_path):
    (tmp_path / "shape").write_text("real\n")
    refused = pileus("up", "--simulated", "--state", str(tmp_path), "--listen", "127.0.0.1:1", "--detach")
    assert refused.returncode == 1
    assert "holds a real cloud, not a simulated one" in refused.stderr


@pytest.mark.parametrize("listen", ["5000", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:http", ":0"])
def test_a_listen_address_that_is_none_is_refused_in_one_line(tmp_path, listen):
    refused = pileus("up", "--simulated", "--state", str(tmp_path / "x"), "--listen", listen, "--detach")
    assert refused.returncode == 1
    assert "--listen takes ADDRESS:PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = pileus(
            "up", "--simulated", "--state", str(tmp_path / "x"), "--listen", f"127.0.0.1:{port}", "--detach"
        )
    assert refused.returncode == 1
    assert f"127.0.0.1:{port}" in refused.stderr
    assert "in use" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not (tmp_path / "x" / "pileus.pid").exists()


def test_an_address_of_another_machine_is_named(tmp_path):
    refused = pileus("up", "--simulated", "--state", str(tmp_path / "x"), "--listen", "192.0.2.1:5000", "--detach")
    assert refused.returncode == 1
    assert "192.0.2.1:5000" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_relative_state_folder_and_import_path(tmp_path):
    port = free_port()
    started = pileus(
        "up", "--simulated", "--state", "here", "--listen", f"127.0.0.1:{port}", "--detach",
        cwd=tmp_path, env={"PYTHONPATH": os.path.relpath(SOURCES, tmp_path)},
    )  # fmt: skip
    try:
        assert started.returncode == 0, started.stderr
        assert (tmp_path / "here" / "clouds.yaml").exists()
    finally:
        assert pileus("down", "--state", "here", cwd=tmp_path).returncode == 0


def test_a_killed_cloud_comes_up_again(tmp_path):
    with simulated(tmp_path / "killed") as first:
        process = first.process
        os.kill(process, 9)
        while alive(process):
            time.sleep(0.01)
        with simulated(first.state, first.port) as second:
            assert second.process != process
            assert second.json("token", "issue")["id"]
