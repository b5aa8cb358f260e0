"""What tokens are made of: payloads, keys, hashes, and how several processes agree on what has changed."""

import stat
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pileus.identity.revisions.logic import CATALOG, Revisions
from pileus.identity.tokens.keys import Keys
from pileus.identity.tokens.payload import METHODS, Payload, unpack
from pileus.identity.users.passwords import Passwords
from pileus.kernel.clock import SimulatedClock
from pileus.kernel.ids import SystemIds

IDS = st.one_of(
    st.just(""), st.uuids().map(lambda u: u.hex), st.just("default"), st.just("F" * 32), st.text(max_size=64)
)
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(
    user=IDS,
    methods=st.sets(st.sampled_from(METHODS)),
    scope=st.integers(0, 3),
    scope_id=IDS,
    issued=MOMENTS,
    expires=MOMENTS,
    trust=IDS,
    credential=IDS,
)
def test_a_payload_survives_packing(user, methods, scope, scope_id, issued, expires, trust, credential):
    ordered = tuple(name for name in METHODS if name in methods)
    audit = ("AAAAAAAAAAAAAAAAAAAAAA", "_-AAAAAAAAAAAAAAAAAAAA")
    payload = Payload(user, ordered, scope, scope_id, issued, expires, audit, trust, credential)
    assert unpack(payload.pack()) == payload


@given(st.binary(max_size=64))
def test_rubbish_is_refused(data):
    with pytest.raises(ValueError):
        unpack(data)


def test_keys_are_private_and_rotate(tmp_path):
    keys = Keys(tmp_path / "keys", SystemIds())
    first = keys.fernet().encrypt(b"x")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in (tmp_path / "keys").iterdir())
    staged = (tmp_path / "keys" / "0").read_bytes()
    keys.rotate(now=5.0, needed_since=0.0)
    assert (tmp_path / "keys" / "2").read_bytes() == staged
    assert keys.fernet().decrypt(first) == b"x"
    assert sorted(file.name for file in (tmp_path / "keys").iterdir()) == ["0", "1", "2"]


def test_a_node_with_the_old_keys_reads_what_a_rotated_one_writes(tmp_path):
    """The staged key is known everywhere before it becomes the primary one."""
    here, there = Keys(tmp_path, SystemIds()), Keys(tmp_path, SystemIds())
    here.fernet()
    there.fernet()
    here.rotate(now=5.0, needed_since=0.0)
    assert there.fernet().decrypt(here.fernet().encrypt(b"x")) == b"x"


@pytest.mark.parametrize(
    "pair",
    [("a", "b"), ("x" * 72 + "a", "x" * 72 + "b"), ("a\0b", "a\0c"), ("é", "e"), ("a", ""), ("\ud800", "\ud801")],
)
async def test_passwords(pair):
    passwords = Passwords(4)
    hashed = await passwords.hash(pair[0])
    assert await passwords.verify(pair[0], hashed)
    assert not await passwords.verify(pair[1], hashed)
    assert not await passwords.verify(pair[0], None)


async def test_another_process_sees_a_change_within_a_second(quick_store):
    clock = SimulatedClock()
    here, there = (Revisions(quick_store, clock, shared=True) for _ in range(2))
    await there.fresh()
    before = there.generation
    async with quick_store.write() as tx:
        await here.changed(tx, CATALOG)
    assert here.catalog == 1
    await there.fresh()
    assert there.generation == before
    await clock.advance(1)
    assert there.due
    await there.fresh()
    assert (there.generation, there.catalog) == (before + 1, 1)
    assert not there.due


async def test_a_change_that_is_rolled_back_is_none(quick_store):
    revisions = Revisions(quick_store, SimulatedClock(), shared=False)
    with pytest.raises(RuntimeError):
        async with quick_store.write() as tx:
            await revisions.changed(tx)
            raise RuntimeError
    assert revisions.generation == 0
