"""The server of `make run`, as far as a simulated cloud goes: nobody can log in to it."""

from pileus.cli.first.command import NAME, First
from pileus.cli.report import Report
from pileus.cloud.folder import StateFolder


def boot(cloud, image: str) -> str:
    first = First(StateFolder(cloud.state), Report())
    first._demo.login()
    first._keypair()
    first._boot(image)
    first._until_active()
    return first._server["id"]


def test_another_run_goes_on_with_the_server_and_replaces_one_in_error(cloud, image):
    made = boot(cloud, image)
    assert boot(cloud, image) == made
    cloud.openstack("server", "set", "--state", "error", "--auto-approve", made)
    again = boot(cloud, image)
    assert again != made
    assert [row["ID"] for row in cloud.json("server", "list", "--all-projects", "--name", NAME)] == [again]
    cloud.openstack("server", "delete", "--wait", again)
