from pathlib import Path

from pileus.platform.daemons.table import Switch, table
from pileus.platform.layout import SOCKET_PATH_LIMIT, Layout


def private(layout: Layout) -> Switch:
    return Switch(layout.vswitch_run, True, "netdev", False, "a test")


def test_sockets_fit_however_deep_the_state_folder_is() -> None:
    for depth in (1, 5, 12, 40):
        layout = Layout(Path("/") / "/".join(["deeper-down"] * depth))
        for daemon in table(layout, private(layout)):
            assert len(bytes(daemon.socket_of(4194304))) <= SOCKET_PATH_LIMIT


def test_two_deep_clouds_do_not_share_sockets() -> None:
    deep = Path("/x" * 60)
    assert Layout(deep / "a").run != Layout(deep / "b").run


def test_a_shallow_state_folder_keeps_its_sockets() -> None:
    assert Layout(Path("/var/lib/pileus")).run == Path("/var/lib/pileus/run")


def test_all_daemons_have_their_files_below_known_folders() -> None:
    layout = Layout(Path("/srv/cloud"))
    folders = layout.folders()
    for daemon in table(layout, private(layout)):
        assert daemon.socket.parent in folders
        assert daemon.log.parent in folders
        assert daemon.environment["PILEUS_STATE"] == "/srv/cloud"


def test_needs_come_before_the_daemon_and_exist() -> None:
    layout = Layout(Path("/srv/cloud"))
    for switch in (
        private(layout),
        Switch(Path("/r"), False, "system", False, ""),
        Switch(Path("/r"), False, "system", True, ""),
    ):
        seen: set[str] = set()
        for daemon in table(layout, switch):
            assert set(daemon.needs) <= seen
            seen.add(daemon.name)


def test_a_system_switch_is_not_in_the_table() -> None:
    layout = Layout(Path("/srv/cloud"))
    names = [daemon.name for daemon in table(layout, Switch(Path("/r"), False, "system", True, ""))]
    assert names == ["ovn-nb", "ovn-sb", "ovn-northd", "libvirtd"]
