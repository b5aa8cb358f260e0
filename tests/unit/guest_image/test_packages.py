"""What images are built with is installed by the bootstrap; what they are made of is not."""

from pileus.guest_image import BUILD_PACKAGES, DEBIAN_BUILD_PACKAGES
from pileus.platform import packages


def test_the_bootstrap_installs_the_tools_and_no_kernel():
    listed = {name for purpose in ("base", "host", "guest-image", "build") for name in packages.names(purpose)}
    assert {*BUILD_PACKAGES, *DEBIAN_BUILD_PACKAGES} <= listed
    assert not [name for name in listed if name.startswith("linux-image")]
