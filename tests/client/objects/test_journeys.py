"""A tree of files goes up and comes down again with each client that people use, over processes of its own."""

import filecmp
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.client.clouds import SimulatedCloud, free_port, simulated

LARGE = 12_000_000
SEGMENT = 5 << 20
"""What clients cut large objects into; the least that S3 takes."""


@dataclass(frozen=True)
class Objects:
    """A cloud whose objects have an address of their own, and the keys of its demo user."""

    cloud: SimulatedCloud
    address: str
    access: str
    secret: str
    password: str

    def run(self, *command: str, folder: Path | None = None, **variables: str) -> str:
        """What a client prints; it must succeed."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        place = Path(sys.executable).parent / command[0]
        done = subprocess.run(
            [str(place) if place.exists() else command[0], *command[1:]],
            env={**kept, **variables},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Objects]:
    state = tmp_path_factory.mktemp("objects") / "state"
    address = f"127.0.0.1:{free_port()}"
    state.mkdir()
    (state / "settings.toml").write_text(f'[object_store.listener]\nat = "{address}"\nworkers = 1\n')
    with simulated(state) as cloud:
        pair = cloud.json("ec2", "credentials", "create", cloud="pileus")
        clouds = yaml.safe_load((state / "clouds.yaml").read_text())["clouds"]
        yield Objects(cloud, address, pair["access"], pair["secret"], clouds["pileus"]["auth"]["password"])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty small files in folders, names that need quoting among them, and one that goes up in parts."""
    folder, chance = tmp_path_factory.mktemp("tree"), random.Random(4)
    for number in range(30):
        path = folder / f"d{number % 3}" / f"file {number}+&ü.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(chance.randbytes(number * 700))
    (folder / "large").write_bytes(chance.randbytes(LARGE))
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def same(one: Path, other: Path) -> None:
    names = files(one)
    assert files(other) == names
    assert filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


def test_aws(objects: Objects, tree: Path, tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": objects.access, "AWS_SECRET_ACCESS_KEY": objects.secret}

    def aws(*words: str) -> str:
        endpoint = f"http://{objects.address}"
        return objects.run("aws", "--endpoint-url", endpoint, *words, AWS_DEFAULT_REGION="RegionOne", **keys)

    aws("s3", "mb", "s3://aws-tree")
    aws("s3", "sync", "--only-show-errors", str(tree), "s3://aws-tree/x")
    assert aws("s3", "sync", "--dryrun", str(tree), "s3://aws-tree/x") == "", "all of it is there"
    aws("s3", "sync", "--only-show-errors", "s3://aws-tree/x", str(tmp_path))
    same(tree, tmp_path)
    aws("s3", "rb", "--force", "s3://aws-tree")
    assert "aws-tree" not in aws("s3", "ls")


def test_s3cmd(objects: Objects, tree: Path, tmp_path: Path) -> None:
    given = [f"--access_key={objects.access}", f"--secret_key={objects.secret}", f"--host={objects.address}"]
    given += [f"--host-bucket={objects.address}", "--region=RegionOne", "--no-ssl", "--no-progress", "-c", "/dev/null"]

    def s3cmd(*words: str) -> str:
        return objects.run("s3cmd", *given, *words, LANG="C.UTF-8")

    s3cmd("mb", "s3://s3cmd-tree")
    s3cmd("--multipart-chunk-size-mb=5", "sync", f"{tree}/", "s3://s3cmd-tree/")
    s3cmd("sync", "s3://s3cmd-tree/", f"{tmp_path}/")
    same(tree, tmp_path)
    s3cmd("rb", "--recursive", "--force", "s3://s3cmd-tree")
    assert "s3cmd-tree" not in s3cmd("ls")


@pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")
@pytest.mark.parametrize("kind", ["s3", "swift"])
def test_rclone(objects: Objects, tree: Path, tmp_path: Path, kind: str) -> None:
    settings = {
        "s3": {
            "provider": "Other",
            "endpoint": f"http://{objects.address}",
            "access_key_id": objects.access,
            "secret_access_key": objects.secret,
            "region": "RegionOne",
            "upload_cutoff": str(SEGMENT),
            "chunk_size": str(SEGMENT),
        },
        "swift": {
            "auth": f"{objects.cloud.url}/identity/v3",
            "user": "demo",
            "key": objects.password,
            "tenant": "demo",
            "domain": "Default",
            "tenant_domain": "Default",
            "chunk_size": str(SEGMENT),
        },
    }[kind]
    variables = {f"RCLONE_CONFIG_P_{name.upper()}": value for name, value in {"type": kind, **settings}.items()}

    def rclone(*words: str) -> str:
        return objects.run("rclone", "--config", "/dev/null", *words, **variables)

    rclone("sync", str(tree), f"p:rclone-{kind}")
    rclone("check", str(tree), f"p:rclone-{kind}")
    rclone("sync", f"p:rclone-{kind}", str(tmp_path))
    same(tree, tmp_path)
    rclone("purge", f"p:rclone-{kind}")
    assert f"rclone-{kind}/" not in rclone("lsf", "p:").split()


def test_swift(objects: Objects, tree: Path, tmp_path: Path) -> None:
    account = {
        "OS_AUTH_URL": f"{objects.cloud.url}/identity/v3",
        "OS_USERNAME": "demo",
        "OS_PASSWORD": objects.password,
        "OS_PROJECT_NAME": "demo",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_IDENTITY_API_VERSION": "3",
    }

    def swift(*words: str, folder: Path | None = None) -> str:
        return objects.run("swift", *words, folder=folder, **account)

    swift("-q", "upload", "-S", str(SEGMENT), "--use-slo", "swift-tree", ".", folder=tree)
    assert f"Content Length: {LARGE}" in swift("stat", "swift-tree", "large")
    swift("-q", "download", "swift-tree", folder=tmp_path)
    same(tree, tmp_path)
    swift("-q", "delete", "swift-tree")
    assert "swift-tree\n" not in swift("list")
