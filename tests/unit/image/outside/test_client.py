"""Fetching by HTTP: every hop is checked, and the connection goes where the check looked.

With a real server at 127.0.0.1, which only tests that open that network may reach.
"""

import pytest
from tests.doubles.web import Web

from pileus.image.outside.client import Outside, Refused, Unreachable
from pileus.image.settings import DownloadSettings

OPEN = DownloadSettings(allowed_ports=(), allowed_networks=("127.0.0.0/8",))
CLOSED = DownloadSettings(allowed_ports=())


@pytest.fixture
async def web():
    async with Web() as served:
        yield served


async def fetched(outside, url, **more):
    async with outside.open(url, **more) as response:
        return b"".join([piece async for piece in response.chunks()])


def names(**known):
    """A resolver that answers each time with the next of a name's lists of addresses."""
    left = {host.replace("_", "."): list(answers) for host, answers in known.items()}

    async def lookup(host):
        if host not in left:
            raise OSError(host)
        return left[host].pop(0) if len(left[host]) > 1 else left[host][0]

    return lookup


async def test_what_is_there_is_fetched_as_it_is(web):
    url = web.serve("/a", b"data" * 1000)
    assert await fetched(Outside(OPEN), url) == b"data" * 1000
    assert web.requests[0][2]["accept-encoding"] == "identity"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", "0", "127.1", "0x7f.1", "2130706433", "017700000001", "localhost"])  # fmt: skip
async def test_ossa_2016_013_the_inside_is_not_reached_however_it_is_written(web, host):
    web.serve("/a", b"secret")
    with pytest.raises((Refused, Unreachable)):
        await fetched(Outside(CLOSED), web.url("/a", host))
    assert web.requests == []


async def test_ossa_2026_004_redirects_are_hops_like_the_first(web):
    public = names(open_org=[["127.0.0.1"]], inside_org=[["169.254.169.254"]])
    outside = Outside(OPEN, public)
    for target in (
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://inside.org/",
        "file:///etc/passwd",
        "gopher://open.org/",
        "//10.0.0.1/",
    ):
        web.serve("/hop", b"", redirect=target)
        with pytest.raises(Refused):
            await fetched(outside, web.url("/hop", "open.org"))
    web.serve("/good", b"good")
    web.serve("/hop", b"", redirect="/good")
    assert await fetched(outside, web.url("/hop", "open.org")) == b"good"
    web.serve("/hop", b"", redirect="/hop")
    with pytest.raises(Unreachable, match="without end"):
        await fetched(outside, web.url("/hop", "open.org"))


async def test_a_name_that_changes_its_mind_gains_nothing(web):
    web.serve("/a", b"secret")
    rebinding = names(evil_org=[["127.0.0.1"], ["8.8.8.8"]])
    with pytest.raises(Refused):  # whatever it says later, it was asked once, and that is where the connection goes
        await fetched(Outside(CLOSED, rebinding), web.url("/a", "evil.org"))
    mixed = names(evil_org=[["8.8.8.8", "127.0.0.1"]])
    with pytest.raises(Refused):
        await fetched(Outside(CLOSED, mixed), web.url("/a", "evil.org"))
    assert web.requests == []


async def test_headers_go_to_the_first_hop_alone(web):
    web.serve("/good", b"good")
    web.serve("/hop", b"", redirect="/good")
    await fetched(Outside(OPEN), web.url("/hop"), headers={"X-Auth-Token": "secret"})
    assert [headers.get("x-auth-token") for _, _, headers in web.requests] == ["secret", None]


async def test_trusted_addresses_lead_nowhere_else(web):
    web.serve("/hop", b"", redirect="/good")
    with pytest.raises(Unreachable, match="302"):
        await fetched(Outside(CLOSED), web.url("/hop"), trusted=True)
    web.serve("/good", b"good")
    assert await fetched(Outside(CLOSED), web.url("/good"), trusted=True) == b"good"


async def test_what_breaks_off_is_no_success(web):
    with pytest.raises(Unreachable, match="broke off"):
        await fetched(Outside(OPEN), web.serve("/short", b"data", promised=100))
    with pytest.raises(Unreachable, match="404"):
        await fetched(Outside(OPEN), web.url("/nothing"))
    with pytest.raises(Unreachable, match="not known"):
        await fetched(Outside(OPEN, names()), "http://nowhere.org/")
