"""What the real services of OpenStack 2026.2 gave on two shared processors, with fake data planes, and our goals.

The real services: uwsgi with two processes for each API, MariaDB, RabbitMQ, memcached, OVN's databases; nova with its
fake driver.  The medians of three runs, November 2026.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """Figures of one row of the real services; zero where there is none."""

    ops_s: float
    p50_ms: float
    server_cpu_ms: float
    active_s: float = 0.0
    mb_s: float = 0.0


REAL: dict[tuple[str, int], Known] = {
    ("token-issue", 1): Known(3.11, 321, 360),
    ("token-issue", 16): Known(5.89, 2665, 335),
    ("token-issue-by-token", 1): Known(76.5, 12.8, 17),
    ("token-issue-by-token", 16): Known(138, 111, 14.1),
    ("token-validate", 1): Known(74.3, 13.1, 16.8),
    ("token-validate", 16): Known(143, 109, 14),
    ("flavor-list", 1): Known(23.4, 42.3, 57.2),
    ("flavor-list", 16): Known(43.7, 361, 48.8),
    ("image-list", 1): Known(35.2, 28, 52.5),
    ("image-list", 16): Known(65.1, 245, 41.7),
    ("network-create", 1): Known(0.95, 1047, 1278),
    ("network-create", 16): Known(1.49, 10142, 1266),
    ("port-create", 1): Known(2.61, 351, 704),
    ("port-create", 16): Known(4.3, 3635, 671),
    ("server-create", 1): Known(2.84, 331, 1678, active_s=1.58),
    ("server-create", 16): Known(3.93, 4026, 2599, active_s=0.91),
    ("server-create-on-network", 16): Known(0.85, 10444, 3650, active_s=0.7),
    ("server-list", 1): Known(0.11, 9371, 9924),
    ("server-list", 16): Known(0.2, 40867, 10042),
    ("server-show", 1): Known(12.4, 79.8, 100),
    ("server-show", 16): Known(23.1, 679, 86.4),
    ("image-upload 512 MiB", 1): Known(0.27, 3715, 4540, mb_s=144),
    ("image-upload 128 MiB", 4): Known(1.74, 1223, 1170, mb_s=233),
    ("image-download 512 MiB", 1): Known(0, 0, 0, mb_s=1909),
    ("image-download 128 MiB", 4): Known(0, 0, 0, mb_s=1856),
}
"""By name of the row and number of clients."""

GOALS = {
    ("token-validate", 16): "3,000/s",
    ("token-issue-by-token", 16): "2,000/s",
    ("flavor-list", 16): "2,000/s",
    ("image-list", 16): "2,000/s",
    ("server-create", 16): "60 ACTIVE/s, 25 ms CPU",
    ("server-list", 1): "60 ms",
    ("server-show", 16): "1,500/s",
    ("port-create", 1): "p50 10 ms",
    ("port-create", 16): "200/s",
    ("image-upload 512 MiB", 1): "600 MB/s",
    ("image-download 512 MiB", 1): "1,900 MB/s",
}

FOOTPRINT = (
    ("start with an existing database, s", "48.2", "3 (simulated: 2)"),
    ("processor seconds of a start", "95", ""),
    ("memory when idle, PSS, MiB", "3,280", "160"),
    ("memory after everything below, PSS, MiB", "4,110", "200 after the first server"),
    ("processor seconds a minute when idle", "4.97", "0.3"),
)
"""What, the real services (41 to 51 processes), the goal."""
