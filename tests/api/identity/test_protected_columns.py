"""Unknown attributes of a body are kept, but no body reaches the columns that are the service's own."""

import pytest
from tests.fuzz.cloud import FuzzCloud
from tests.fuzz.people import checked, login, populate


@pytest.fixture
def cloud(tmp_path):
    made = FuzzCloud(tmp_path)
    populate(made)
    yield made
    made.close()


def test_an_update_cannot_set_a_hash_or_an_id(cloud):
    url = f"/identity/v3/users/{cloud.seeds['user:reader']}"
    for name, value in (("password_hash", "x"), ("failures", 99), ("password_expires_at", "x"), ("tokens_since", None)):
        checked(cloud.ask("PATCH", url, token="root", body={"user": {name: value}}), 200)
    login(cloud, "fuzz-reader", "pw-of-reader", {"project": {"name": "ours", "domain": {"id": "default"}}})
    for value in ("other", {}, None, 1, 1 << 70):
        assert cloud.ask("PATCH", url, token="root", body={"user": {"id": value}}).status == 400
    checked(cloud.ask("PATCH", url, token="root", body={"user": {"id": cloud.seeds["user:reader"]}}), 200)
