"""The kernel's small parts: policy, peers, signals, settings, ids, clock, log, versions, routes, access rules."""

import asyncio
import contextlib
import io
from datetime import UTC, datetime
from typing import Annotated, Protocol

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pileus.kernel import log
from pileus.kernel.api import fields as f
from pileus.kernel.api import query
from pileus.kernel.api.errors import BadRequest, Forbidden, InvalidInput, NotAcceptable, Unauthorized
from pileus.kernel.api.schema import Schema
from pileus.kernel.api.versions import History, number, text
from pileus.kernel.auth.access import within_access_rules
from pileus.kernel.auth.caller import Caller
from pileus.kernel.auth.policy import InvalidPolicy, Policy
from pileus.kernel.auth.rules import Right, Rule
from pileus.kernel.clock import SimulatedClock
from pileus.kernel.ids import SeededIds
from pileus.kernel.peers.memory import MemoryTransport
from pileus.kernel.peers.protocol import PeerError, PeerUnreachable, client, serve
from pileus.kernel.serving import negotiate
from pileus.kernel.serving.route import Routes
from pileus.kernel.settings import InvalidSettings, Settings, doc, explain, load
from pileus.kernel.signals import Signals

# ---- policy -------------------------------------------------------------------------------------------------------

MINE = Rule("mine", "project_id:%(project_id)s", "Of the caller's project.")


def policy(tmp_path, overrides=None):
    file = tmp_path / "policy.yaml"
    if overrides is not None:
        file.write_text(overrides)
    made = Policy("test", file)
    made.add(MINE, Right("see", "rule:mine", "See."), Right("do", "role:admin", "Do."))
    return made


@pytest.mark.parametrize("target", [{"project_id": None}, {"project_id": ""}, {}, {"project_id": "None"}])
@pytest.mark.parametrize("project", ["", "p"])
def test_a_target_of_no_project_is_nobodys(tmp_path, target, project):
    assert not policy(tmp_path).allows("see", Caller(project_id=project, roles=frozenset({"reader"})), target)


def test_operators_override_rules_and_may_not_misspell_them(tmp_path):
    anyone = Caller(project_id="p")
    assert not policy(tmp_path).allows("do", anyone, {})
    assert policy(tmp_path, '"do": "@"').allows("do", anyone, {})
    assert not policy(tmp_path, '"see": "!"').allows("see", anyone, {"project_id": "p"})
    assert not policy(tmp_path, '"mine": "role:x"').allows("see", anyone, {"project_id": "p"})
    for bad in ('"di": "@"', "- a", "just text"):
        with pytest.raises(InvalidPolicy):
            policy(tmp_path, bad).allows("do", anyone, {})
    with pytest.raises(Forbidden):
        policy(tmp_path, "").require("do", anyone, {})


def test_access_rules():
    rules = ({"service": "compute", "method": "GET", "path": "/v2.1/servers/*"},)
    rules += ({"service": "compute", "method": "POST", "path": "/v2.1/{x}/**"},)
    caller = Caller(access_rules=rules)
    within_access_rules(caller, "compute", "GET", "/v2.1/servers/1")
    within_access_rules(caller, "compute", "POST", "/v2.1/servers/1/action")
    for case in (
        ("image", "GET", "/v2.1/servers/1"),
        ("compute", "PUT", "/v2.1/servers/1"),
        ("compute", "GET", "/v2.1/servers/1/2"),
        ("compute", "GET", "/v2.1/servers"),
        ("compute", "GET", "/x/v2.1/servers/1"),
        ("compute", "GET", "/v2_1/servers/1"),
    ):
        with pytest.raises(Unauthorized):
            within_access_rules(caller, *case)


# ---- peers --------------------------------------------------------------------------------------------------------


class Size(msgspec.Struct, frozen=True):
    width: int
    when: datetime | None = None


class Wrong(Exception):
    pass


class Maker(Protocol):
    async def make(self, name: str, size: Size, tags: tuple[str, ...] = (), data: bytes = b"") -> list[Size]: ...
    async def fail(self, kind: str) -> None: ...


class Made:
    async def make(self, name, size, tags=(), data=b""):
        assert isinstance(size, Size)
        assert isinstance(data, bytes)
        return [size, Size(len(tags) + len(data))]

    async def fail(self, kind):
        raise {"Wrong": Wrong("w"), "KeyError": KeyError("k")}[kind]


async def test_peers_carry_types_and_errors():
    transport = MemoryTransport()
    serve(transport, "here", Maker, Made(), (Wrong,))
    there = client(transport, "here", Maker, (Wrong,))
    size = Size(1, datetime(2026, 1, 1, tzinfo=UTC))
    assert await there.make("n", size, tags=("a", "b"), data=b"\0\xff") == [size, Size(4)]
    with pytest.raises(Wrong, match="w"):
        await there.fail("Wrong")
    with pytest.raises(PeerError) as caught:  # not KeyError: it could not cross to another machine either
        await there.fail("KeyError")
    assert caught.value.kind == "KeyError"
    with pytest.raises(TypeError):
        await there.make("n")
    transport.forget("here")
    with pytest.raises(PeerUnreachable):
        await there.fail("Wrong")


# ---- signals, clock, ids --------------------------------------------------------------------------------------------


async def test_signals_are_kept_while_busy_and_topics_do_not_pile_up(world):
    signals = Signals()
    listener = signals.listen("a", "b")
    signals.wake("a")
    assert await listener.wait(world.clock, 60)
    assert not await listener.wait(world.clock, 0)
    for number_ in range(100):
        signals.wake(f"x{number_}")
    listener.close()
    assert not signals._waiters


async def test_a_simulated_clock_wakes_in_order():
    clock, seen = SimulatedClock(), []

    async def sleeper(name, seconds):
        await clock.sleep(seconds)
        seen.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper(*case)) for case in (("c", 3.0), ("a", 1.0), ("b", 1.0), ("d", 9.0))]
    await asyncio.sleep(0)
    await clock.advance(5)
    assert seen == [("a", 1.0), ("b", 1.0), ("c", 3.0)]
    assert clock.monotonic() == 5
    tasks[3].cancel()


def test_seeded_ids_repeat():
    one, other = SeededIds(7), SeededIds(7)
    assert [one.uuid(), one.hex(), one.secret()] == [other.uuid(), other.hex(), other.secret()]
    assert SeededIds(8).uuid() != SeededIds(7).uuid()


# ---- settings, log --------------------------------------------------------------------------------------------------


class Inner(Settings, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, doc("How big.")] = 1


class Outer(Settings, frozen=True, forbid_unknown_fields=True):
    inner: Inner = Inner()


def test_settings_refuse_what_they_do_not_know(tmp_path):
    file = tmp_path / "settings.toml"
    for bad in ("[inner]\nsice = 1", "[inner]\nsize = 'x'", "[inner]\nsize = 1.5", "[other]", "not toml"):
        file.write_text(bad)
        with pytest.raises(InvalidSettings):
            load(Outer, file)
    file.write_text("[inner]\nsize = 5")
    assert load(Outer, file).inner.size == 5
    assert [*explain(Outer)] == [("inner.size", "How big.", 1)]


SECRETS = (
    {"password": "S3"},
    {"a": [{"adminPass": "S3"}]},
    {"X-Auth-Token": "S3"},
    {"password_hash": "S3"},
    {"passwords": ["S3"]},
    {"headers": [(b"x-auth-token", b"S3")]},
    {"deep": ({"private_key": "S3"},)},
    {"client_secret": {"x": "S3"}},
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("json_lines", [False, True])
def test_secrets_are_never_printed(secret, json_lines):
    stream = io.StringIO()
    log.configure(json_lines=json_lines, stream=stream)
    log.get("x").info("event", **{"value": secret, **{k: v for k, v in secret.items() if k.isidentifier()}})
    assert "S3" not in stream.getvalue()
    assert "event" in stream.getvalue()


# ---- versions, fields, queries, routes ------------------------------------------------------------------------------


@given(st.integers(0, 99), st.integers(0, 999))
def test_versions_are_what_they_say(major, minor):
    assert text(number(f"{major}.{minor}")) == f"{major}.{minor}"
    assert number(f"{major}.{minor}") < number(f"{major}.{minor + 1}") < number(f"{major + 1}.0")


@given(st.text(max_size=12))
def test_anything_else_is_no_version(word):
    with contextlib.suppress(ValueError):
        assert text(number(word)) == word


def test_negotiation():
    history = History("compute", "2.1", legacy_header="X-Nova")
    history.add("2.10", "Ten.")
    ask = lambda value: negotiate.version(history, {"openstack-api-version": value})  # noqa: E731
    assert text(ask("")) == text(ask("volume 3.9")) == "2.1"
    assert text(ask("compute latest")) == text(ask("volume 3.9, compute 2.10")) == "2.10"
    assert text(negotiate.version(history, {"x-nova": "2.2"})) == "2.2"
    with pytest.raises(NotAcceptable):
        ask("compute 2.11")
    with pytest.raises(BadRequest):
        ask("compute 2.010")


class Sized(Schema):
    size = f.integer("Size.", least=0, most=10, loose=True)
    on = f.boolean("On.", loose=True)
    made_at = f.moment("When.", style=lambda moment: moment.strftime("%Y"))
    names = f.array(f.text("A name."), "Names.")
    name = f.text("A name.", most=5)


@given(
    st.dictionaries(
        st.sampled_from(["size", "on", "name"]), st.none() | st.booleans() | st.integers() | st.text() | st.floats()
    )
)
def test_forms_take_or_refuse(body):
    try:
        taken = Sized.form("create", 0).validate(body)
    except InvalidInput:
        return
    assert taken.get("size") is None or 0 <= taken["size"] <= 10
    assert taken.get("on") in {True, False, None}


@pytest.mark.parametrize("value", ["-1", "11", "9" * 30, "9" * 5000])
def test_bounds_hold_for_loose_numbers_too(value):
    with pytest.raises(InvalidInput):
        Sized.form("create", 0).validate({"size": value})


def test_a_styled_moment_is_shown():
    shown = Sized.view(0).render({"made_at": datetime(2026, 5, 1, tzinfo=UTC)}, None)
    assert shown == {"made_at": "2026"}


@given(st.lists(st.tuples(st.sampled_from(["size", "on", "name", "names", "odd"]), st.text(max_size=9)), max_size=6))
def test_queries_take_or_refuse(params):
    try:
        taken = query.parse(Sized, params, 0)
    except InvalidInput:
        return
    assert "odd" not in taken
    assert taken.get("names", []) == [value for name, value in params if name == "names"]


def test_routes():
    routes = Routes()
    for path in ("/a", "/a/{id}", "/a/detail", "/a/{id}/b", "/{x}/c/{rest:path}"):
        routes.add("GET", path, path)
    find = lambda path: (found := routes.find(path.split("/")[1:])) and (found[0].methods["GET"][0], found[1])  # noqa: E731
    assert find("/a/detail") == ("/a/detail", [])
    assert find("/a/detail/b") == ("/a/{id}/b", ["detail"])
    assert find("/a/c/x/y/") == ("/{x}/c/{rest:path}", ["a", "x/y/"])
    for path in ("/", "/a/", "/a//b", "/b", "/a/1/2", "/a/c/"):
        assert find(path) is None, path
    with pytest.raises(ValueError, match="parameters"):
        routes.add("GET", "/a/{name}", "x")
