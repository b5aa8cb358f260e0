"""A simulated cloud from the wheel alone: plain pip, the base dependencies, no root, no source tree."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .clouds import SimulatedCloud, free_port

ROOT = Path(__file__).resolve().parents[2]
HOST_ONLY = ("libvirt", "ovsdbapp", "pyroute2")


def run(*command, **options):
    return subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, timeout=600, check=False, **options
    )


@pytest.mark.slow
def test_installed_with_pip_it_comes_up_and_issues_tokens(tmp_path):
    built = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist", cwd=ROOT)
    assert built.returncode == 0, built.stderr
    [wheel] = (tmp_path / "dist").glob("pileus-*.whl")
    assert run(sys.executable, "-m", "venv", tmp_path / "venv").returncode == 0
    installed = run(tmp_path / "venv/bin/pip", "install", "-q", "--disable-pip-version-check", wheel)
    if "No matching distribution" in installed.stderr or "Temporary failure" in installed.stderr:
        pytest.skip("no package registry can be reached")
    assert installed.returncode == 0, installed.stderr
    for module in HOST_ONLY:
        assert run(tmp_path / "venv/bin/python", "-c", f"import {module}").returncode != 0
    pileus = tmp_path / "venv/bin/pileus"
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    who = [] if os.geteuid() else ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    state, port = tmp_path / "state", free_port()
    if who:  # the folders of pytest are root's alone
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(folder.stat().st_mode | 0o011)
        state.mkdir()
        os.chown(state, 65534, 65534)
    up = [*who, pileus, "up", "--simulated", "--state", state, "--listen", f"127.0.0.1:{port}", "--detach"]
    started = run(*up, env=bare, cwd="/")
    try:
        assert started.returncode == 0, started.stderr
        cloud = SimulatedCloud(state, port)
        assert cloud.json("token", "issue")["id"]
        assert cloud.json("network", "list")
        assert run(*who, pileus, "status", "--state", state, env=bare, cwd="/").returncode == 0
        process = Path(f"/proc/{cloud.process}/status").read_text()
        assert "\nUid:\t65534" in process or os.geteuid()
    finally:
        ended = run(*who, pileus, "down", "--state", state, env=bare, cwd="/")
    assert ended.returncode == 0, ended.stderr
