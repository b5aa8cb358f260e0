"""An OVN of its own for the tests of a module, and a driver connected to it for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.e2e.cloud import RealCloud
from tests.e2e.ovn_sandbox import OvnSandbox

from pileus.network.backend.ovn import OvnBackend


@pytest.fixture(scope="module")
def ovn_sandbox() -> Iterator[OvnSandbox]:
    with OvnSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def ovn(ovn_sandbox: OvnSandbox) -> AsyncIterator[OvnBackend]:
    """A connected driver; what a test applies is removed after it."""
    driver = await OvnBackend.connect(ovn_sandbox.northbound, ovn_sandbox.southbound)
    try:
        yield driver
        await driver.remove(list(await driver.inventory()))
    finally:
        await driver.close()
        ovn_sandbox.unplug_all()


@pytest.fixture(scope="session")
def cloud() -> Iterator[RealCloud]:
    """A cloud that is up and furnished, in namespaces of its own; the same for all tests of a run."""
    made = RealCloud()
    try:
        made.up()
        made.furnish()
        yield made
    finally:
        made.close()
