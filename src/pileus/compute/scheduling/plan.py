"""`plan`: from hosts and a request to a host, or to a refusal that explains itself.  Pure."""

from collections.abc import Sequence

from pileus.compute.scheduling.filters import FILTERS
from pileus.compute.scheduling.types import HostView, Plan, Refusal, Request
from pileus.compute.scheduling.weighers import WEIGHERS

MOST_ALTERNATES = 3


def plan(hosts: Sequence[HostView], request: Request) -> Plan | Refusal:
    """The best host that passes every filter; ties are broken by fewest servers, then by name."""
    removed = dict.fromkeys((name for name, _ in FILTERS), 0)
    passed: list[HostView] = []
    closest: tuple[int, float] | None = None
    nearest = ""
    for host in hosts:
        for position, (name, refuse) in enumerate(FILTERS):
            reason = refuse(host, request)
            if reason:
                removed[name] += 1
                lack = _lack(host, request)
                if closest is None or (-position, lack) < closest:
                    closest, nearest = (-position, lack), f"Nearest was {host.name}: {reason}."
                break
        else:
            passed.append(host)
    if not passed:
        return Refusal(tuple(removed.items()), nearest, len(hosts))
    weights = [0.0] * len(passed)
    for multiplier, weigh in WEIGHERS:
        for index, value in enumerate(weigh(passed, request)):
            weights[index] += multiplier * value
    order = sorted(range(len(passed)), key=lambda i: (-weights[i], passed[i].servers, passed[i].name))
    best = [passed[i] for i in order[: MOST_ALTERNATES + 1]]
    return Plan(best[0], tuple(best[1:]))


def _lack(host: HostView, request: Request) -> float:
    """How much is missing, in parts of what is asked for."""
    return sum(max(amount - host.free(name), 0) / amount for name, amount in request.resources.items() if amount)
