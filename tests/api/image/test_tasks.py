"""Tasks over HTTP, in this process: who sees them, what may become of them, and when they go."""

from datetime import UTC, datetime

import pytest

from pileus.image.tasks.logic import STATUSES, Tasks
from pileus.image.tasks.table import TASKS
from pileus.kernel.auth.caller import Caller
from pileus.kernel.clock import SimulatedClock
from pileus.kernel.world import World

ADMIN = {"X-Auth-Token": "admin:a"}
ME = Caller(user_id="u", project_id="p1", roles=frozenset({"member", "reader"}))


@pytest.fixture
def tasks(service):
    return service.tasks


async def test_a_task_of_an_image_is_shown_to_who_started_it(api, tasks, quick_store):
    image = (await api.post("/image/v2/images", json={"name": "n"})).json()
    async with quick_store.write() as tx:
        row = await tasks.create(tx, ME, "api_image_import", {"a": 1}, image_id=image["id"], request_id="req-1")
        await tasks.process(tx, row["id"])
        await tasks.progress(tx, row["id"], "Copied 15 MiB")
    url = f"/image/v2/images/{image['id']}/tasks"
    (shown,) = (await api.get(url)).json()["tasks"]
    assert set(shown) == {
        *("id", "type", "status", "owner", "expires_at", "created_at", "updated_at", "deleted_at", "deleted"),
        *("image_id", "request_id", "user_id", "input", "result", "message"),
    }
    assert (shown["status"], shown["message"], shown["input"]) == ("processing", "Copied 15 MiB", {"a": 1})
    assert (shown["deleted"], shown["deleted_at"], shown["expires_at"]) == (False, None, None)
    assert "." in shown["created_at"]
    assert len((await api.get(url, headers=ADMIN)).json()["tasks"]) == 1
    assert (await api.get(url, headers={"X-Auth-Token": "member:p2"})).status_code == 404


async def test_the_tasks_api_is_the_administrators(api):
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/x"), ("DELETE", "/x")):
        body = {"type": "import", "input": {}}
        answer = await api.request(method, "/image/v2/tasks" + path, json=body if method == "POST" else None)
        assert answer.status_code == 403, (method, path)


async def test_tasks_are_started_listed_and_never_deleted(api):
    made = []
    for _ in range(3):
        body = {"type": "import", "input": {"import_from": "http://x", "image_properties": {}}, "other": 1}
        answer = await api.post("/image/v2/tasks", json=body, headers=ADMIN)
        assert answer.status_code == 201
        made.append(answer.json())
        assert answer.headers["Location"].endswith(f"/v2/tasks/{made[-1]['id']}")
    assert made[0]["status"] == "failure"  # nobody does that type here
    assert "expires_at" in made[0]
    assert made[0]["message"]
    assert (await api.get(f"/image/v2/tasks/{made[0]['id']}", headers=ADMIN)).json() == made[0]
    first = (await api.get("/image/v2/tasks?limit=2&sort_dir=asc", headers=ADMIN)).json()
    assert [t["id"] for t in first["tasks"]] == [t["id"] for t in made[:2]]
    assert "input" not in first["tasks"][0]
    assert (first["first"], first["schema"]) == ("/v2/tasks?limit=2&sort_dir=asc", "/v2/schemas/tasks")
    rest = (await api.get("/image" + first["next"], headers=ADMIN)).json()
    assert [t["id"] for t in rest["tasks"]] == [made[2]["id"]]
    assert "next" not in rest
    assert (await api.get("/image/v2/tasks?status=success", headers=ADMIN)).json()["tasks"] == []
    answer = await api.delete(f"/image/v2/tasks/{made[0]['id']}", headers=ADMIN)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    "query", ["status=x", "type=x", "limit=-1", "limit=x", "marker=x", "sort_dir=x", "sort_key=x", "marker=" + "0" * 32]
)
async def test_a_wrong_list_is_refused(api, query):
    assert (await api.get(f"/image/v2/tasks?{query}", headers=ADMIN)).status_code == 400


@pytest.mark.parametrize("body", [{}, {"type": "import"}, {"type": "x", "input": {}}, {"type": "import", "input": 1}])
async def test_a_wrong_task_is_refused(api, body):
    assert (await api.post("/image/v2/tasks", json=body, headers=ADMIN)).status_code == 400


async def test_each_status_leads_where_it_may(tasks, quick_store):
    async with quick_store.write() as tx:
        for source in STATUSES:
            for verb, allowed in (
                ("process", {"pending"}),
                ("succeed", {"processing"}),
                ("fail", {"pending", "processing"}),
            ):
                row = await tasks.create(tx, ME, "import", {})
                await tx.run(TASKS.update().where(TASKS.c.id == row["id"]).values(status=source))
                extra = ("why",) if verb == "fail" else ()
                assert await getattr(tasks, verb)(tx, row["id"], *extra) == (source in allowed), (source, verb)


async def test_a_task_is_gone_after_its_time_even_before_it_is_removed(quick_store):
    clock = SimulatedClock(datetime(2026, 1, 1, tzinfo=UTC))
    tasks = Tasks(World(clock=clock), hours=48)
    async with quick_store.write() as tx:
        row = await tasks.create(tx, ME, "import", {}, image_id="i")
        await tasks.fail(tx, row["id"], "why")
        await clock.advance(48 * 3600 - 1)
        assert await tasks.get(tx, row["id"]) is not None
        assert await tasks.expire(tx) == 0
        await clock.advance(2)
        assert await tasks.get(tx, row["id"]) is None
        assert await tasks.of_image(tx, ME, "i") == []
        assert await tasks.expire(tx) == 1
