"""Makes this machine a chassis of OVN: what ovn-controller must know, and the two bridges."""

import contextlib

from pileus.platform.commands import CommandFailed, attempt, run
from pileus.platform.daemons.table import Switch
from pileus.platform.layout import Layout
from pileus.platform.plan import Plan
from pileus.platform.record import Entry, Record


class Chassis:
    """This machine's part of the switch.  Everything in it may be repeated and repairs what it finds changed."""

    def __init__(self, plan: Plan, layout: Layout, switch: Switch, record: Record) -> None:
        self._plan = plan
        self._layout = layout
        self._switch = switch
        self._record = record

    async def introduce(self) -> None:
        """Tell ovn-controller who this machine is and where the southbound database is.

        Raises:
            CommandFailed: the local switch's database cannot be written.
        """
        wanted = self._external_ids()
        if not self._switch.ours:
            for key in wanted:
                await self._record.note(Entry(kind="external-id", name=key, detail=await self._external_id(key)))
        values = [f"external_ids:{key}={_quoted(value)}" for key, value in wanted.items()]
        settings = []
        if self._switch.ours:
            # One thread of each kind: forwarding on one small machine does not need one per core.
            settings = ["other_config:n-handler-threads=1", "other_config:n-revalidator-threads=1"]
        await self._vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".", *values, *settings)

    async def make_bridges(self) -> None:
        """Make the integration and the external bridge and wait until the switch has them.

        Raises:
            CommandFailed: the switch could not make them.
        """
        plan = self._plan
        for bridge in (plan.integration_bridge, plan.external_bridge):
            await self._record.note(Entry(kind="bridge", name=bridge))
        kind = f"datapath_type={self._switch.datapath}"
        # The integration bridge must not forward by itself before OVN has told it how.
        await self._vsctl(
            "--may-exist", "add-br", plan.integration_bridge,
            "--", "set", "Bridge", plan.integration_bridge, kind, "fail_mode=secure",
            "other_config:disable-in-band=true",
            "--", "--may-exist", "add-br", plan.external_bridge,
            "--", "set", "Bridge", plan.external_bridge, kind, "fail_mode=standalone",
        )  # fmt: skip

    async def remove(self) -> None:
        """Remove the bridges with all their ports, and put the machine's own settings back."""
        names = {entry.name for entry in self._record.entries("bridge")}
        if self._switch.ours:
            names |= set(await self.bridges())
        for name in names:
            with contextlib.suppress(CommandFailed):
                await self._vsctl("--if-exists", "del-br", name)
        for entry in self._record.entries("external-id"):
            restore = (
                ["set", "Open_vSwitch", ".", f"external_ids:{entry.name}={_quoted(entry.detail)}"]
                if entry.detail
                else ["remove", "Open_vSwitch", ".", "external_ids", entry.name]
            )
            await self._vsctl(*restore)
            await self._record.strike("external-id", entry.name)

    async def bridges(self) -> list[str]:
        """The bridges that the switch has now; none if it does not answer."""
        outcome = await attempt("ovs-vsctl", f"--db=unix:{self._switch.socket}", "--timeout=5", "list-br")
        return outcome.output.split() if outcome.ok else []

    def _external_ids(self) -> dict[str, str]:
        plan = self._plan
        return {
            "system-id": plan.chassis,
            "hostname": plan.chassis,
            "ovn-remote": f"unix:{self._layout.southbound_socket}",
            "ovn-encap-type": "geneve",
            "ovn-encap-ip": plan.encapsulation_address,
            "ovn-bridge": plan.integration_bridge,
            "ovn-bridge-datapath-type": self._switch.datapath,
            "ovn-bridge-mappings": f"{plan.physical_network}:{plan.external_bridge}",
            # All of a small cloud fits; following only what is local costs more than it saves.
            "ovn-monitor-all": "true",
            "ovn-cms-options": "enable-chassis-as-gw",
        }

    async def _external_id(self, key: str) -> str:
        text = await self._vsctl("--if-exists", "get", "Open_vSwitch", ".", f"external_ids:{key}")
        return text.strip().strip('"')

    async def _vsctl(self, *arguments: str) -> str:
        return await run("ovs-vsctl", f"--db=unix:{self._switch.socket}", "--timeout=20", *arguments)


def _quoted(value: str) -> str:
    """A value as ovs-vsctl reads it: colons and commas mean something outside quotes."""
    return f'"{value}"'
