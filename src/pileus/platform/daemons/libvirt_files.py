"""The configuration of the private libvirtd."""

import uuid

from pileus.platform.layout import Layout
from pileus.platform.plan import Plan

_NAMESPACE = uuid.UUID("6f1f4a2e-5c07-5f0e-9a51-3a2b1d1c7e55")
"""Of the host ids derived below; random, and must stay."""


def write(plan: Plan, layout: Layout) -> None:
    """Write libvirtd.conf and qemu.conf into the state folder.

    The host's id is derived from its chassis name: libvirt would take the firmware's, which clones share, and refuses
    to migrate between two hosts of one id.
    """
    folder = layout.libvirt / "etc"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "libvirtd.conf").write_text(
        "# Written by Pileus at every start of libvirtd.\n"
        'auth_unix_rw = "none"\n'
        'unix_sock_rw_perms = "0700"\n'
        'unix_sock_ro_perms = "0700"\n'
        f'host_uuid = "{uuid.uuid5(_NAMESPACE, plan.chassis)}"\n',
        encoding="utf-8",
    )
    (folder / "qemu.conf").write_text(
        "# Written by Pileus at every start of libvirtd.\n"
        f'user = "{plan.guest_user}"\n'
        f'group = "{plan.guest_user}"\n'
        # Guests are confined by seccomp.  AppArmor profiles would not know the state folder.
        'security_driver = "none"\n'
        "remember_owner = 0\n"
        # A /dev of its own for each guest needs mounts that a container often may not make.
        "namespaces = []\n"
        "cgroup_controllers = []\n"
        # Consoles are written by QEMU itself, so no virtlogd has to outlive libvirtd.
        'stdio_handler = "file"\n'
        "max_core = 0\n",
        encoding="utf-8",
    )
