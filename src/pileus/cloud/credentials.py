"""What a user needs to reach the cloud: clouds.yaml and openrc files, readable by their owner only."""

import os
import shlex
from pathlib import Path

import yaml

from pileus.cloud.folder import StateFolder

ADMIN = "pileus-admin"
"""The cloud in clouds.yaml whose user is the administrator."""
DEMO = "pileus"
"""The cloud in clouds.yaml whose user is `demo`."""


def write(folder: StateFolder, *, auth_url: str, region: str, passwords: dict[str, str]) -> None:
    """Write clouds.yaml and the openrc files.

    Args:
        auth_url: of identity, version included.
        passwords: of the users `admin` and `demo`, whose projects have their names.
    """
    clouds = {}
    for cloud, user in ((ADMIN, "admin"), (DEMO, "demo")):
        auth = {
            "auth_url": auth_url,
            "username": user,
            "password": passwords[user],
            "project_name": user,
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        clouds[cloud] = {"auth": auth, "region_name": region, "identity_api_version": 3}
        _private(folder.openrc(user), _openrc(auth, region))
    _private(folder.clouds, yaml.safe_dump({"clouds": clouds}, sort_keys=False))


def read(folder: StateFolder) -> dict[str, str]:
    """The passwords written earlier, by user; empty for a new cloud."""
    try:
        clouds = yaml.safe_load(folder.clouds.read_text())["clouds"]
    except (OSError, KeyError, TypeError):
        return {}
    return {cloud["auth"]["username"]: cloud["auth"]["password"] for cloud in clouds.values()}


def _openrc(auth: dict[str, str], region: str) -> str:
    lines = [f"export OS_{name.upper()}={shlex.quote(value)}" for name, value in auth.items()]
    lines += [f"export OS_REGION_NAME={shlex.quote(region)}", "export OS_IDENTITY_API_VERSION=3", "unset OS_CLOUD"]
    return "\n".join(lines) + "\n"


def _private(path: Path, text: str) -> None:
    """Write a file that nobody but its owner can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    fresh.replace(path)
