"""The schema that comes with the binary."""
import pytest


@pytest.fixture
def server(serve):
    return serve(migrations=None)


def test_resources(server):
    paths = server.get("/").json()["paths"]
    for name in ("lists", "tasks", "tags", "task_tags", "open_tasks"):
        assert f"/{name}" in paths
        assert server.get(f"/{name}").status == 200
    assert server.get("/tasks").json(), "there are rows to look at"


def test_a_task(server):
    list_id = server.get("/lists?limit=1").json()[0]["id"]
    made = server.post("/tasks", {"list_id": list_id, "title": "Write it down",
                                  "meta": {"where": ["home"]}}).json()
    assert made["done"] is False and made["meta"] == {"where": ["home"]}
    assert made["created_at"] and made["updated_at"]
    assert made["id"] in [t["id"] for t in server.get("/open_tasks").json()]
    changed = server.patch(f"/tasks/{made['id']}", {"done": True}).json()
    assert changed["done"] is True
    assert made["id"] not in [t["id"] for t in server.get("/open_tasks").json()]
    assert server.delete(f"/tasks/{made['id']}").status == 204


def test_checks(server):
    list_id = server.get("/lists?limit=1").json()[0]["id"]
    assert server.post("/tasks", {"list_id": list_id, "title": ""}).status == 400
    assert server.post("/tasks", {"list_id": list_id, "title": "x", "priority": 9}).status == 400
    assert server.post("/tasks", {"list_id": 999999, "title": "x"}).status == 409
    name = server.get("/lists?limit=1").json()[0]["name"]
    assert server.post("/lists", {"name": name}).status == 409


@pytest.mark.parametrize("path,body,name", [
    ("/lists", {"name": ""}, "lists_name_check"), ("/lists", {"name": "x", "color": "pink"}, "lists_color_check"),
    ("/tasks", {"list_id": 1, "title": ""}, "tasks_title_check"), ("/tags", {"name": ""}, "tags_name_check"),
    ("/tasks", {"list_id": 1, "title": "x", "priority": 9}, "tasks_priority_check"),
    ("/tasks", {"list_id": 1, "title": "x", "due": "tomorrow"}, "tasks_due_check")])
def test_a_check_has_a_name(server, path, body, name):
    problem = server.post(path, body).json()
    assert problem["code"] == "23514" and name in problem["message"]
    assert problem["errors"] == [{"pointer": "", "constraint": name}]


def test_other_versions_of_sqlite_find_it_sound(server):
    """Python's own: to SQLite 3.40 json_valid(NULL) is 0."""
    import sqlite3
    server.post("/tasks", {"list_id": 1, "title": "without meta"})
    with sqlite3.connect(server.db) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_full_text_index_follows(server):
    import sqlite3
    list_id = server.get("/lists?limit=1").json()[0]["id"]
    made = server.post("/tasks", {"list_id": list_id, "title": "xylophone lesson"}).json()
    db = sqlite3.connect(server.db)
    find = "SELECT rowid FROM tasks_fts WHERE tasks_fts MATCH 'xylophone'"
    assert db.execute(find).fetchall() == [(made["id"],)]
    server.delete(f"/tasks/{made['id']}")
    assert db.execute(find).fetchall() == []
