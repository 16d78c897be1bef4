"""docs/access.md: its first section, from nothing to each user's own rows, run as it stands; and its recipes."""
import os
import re
import subprocess

import pytest

from conftest import BIN, ROOT, Server, clean_env, write_files
from test_readme import session

PAGE = (ROOT / "docs/access.md").read_text()
SECTIONS = {part.split("\n")[0]: part for part in PAGE.split("\n## ")}
SERVE = "thimble serve --db notes/notes.db --migrations notes/migrations --access notes/access --listen 127.0.0.1:8080 &\n"


def shell(script, folder):
    """In `folder`, with this binary as `thimble`."""
    (folder / "bin").mkdir(exist_ok=True)
    if not (folder / "bin/thimble").exists():
        (folder / "bin/thimble").symlink_to(BIN)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(["bash", "-ec", script], capture_output=True, text=True, cwd=folder,
                          env=clean_env({"LC_ALL": "C.UTF-8", "PATH": path}), timeout=60)


def test_each_user_sees_their_own_rows(tmp_path):
    section = SECTIONS["Each user sees their own rows"]
    files, keys, look = re.findall(r"```sh\n(.*?)```", section, re.S)
    assert SERVE in keys
    for script in (files, keys.replace(SERVE, "")):
        done = shell(script, tmp_path)
        assert done.returncode == 0, done
    server = Server(tmp_path, "--access", "notes/access", db="notes/notes.db", migrations="notes/migrations")
    pairs = list(session(section))
    assert len(pairs) == 6
    for command, expected in pairs:
        done = shell(command.replace("localhost:8080", f"127.0.0.1:{server.port}"), tmp_path)
        assert done.stdout.strip() == expected.strip(), command
    done = shell(look, tmp_path)
    assert done.returncode == 0 and "notes.sql" in done.stdout and "claim('sub')" in done.stdout, done
    server.stop()


SCHEMA = """
CREATE TABLE members (user TEXT, team_id INTEGER, PRIMARY KEY (user, team_id));
CREATE TABLE tasks (id INTEGER PRIMARY KEY, team_id INTEGER, title TEXT, archived BOOLEAN DEFAULT FALSE);
CREATE TABLE posts (id INTEGER PRIMARY KEY, author TEXT NOT NULL, title TEXT);
"""


@pytest.mark.parametrize("recipe", re.findall(r"```sql\n(.*?)```", SECTIONS["Recipes"], re.S))
def test_recipes_are_read(recipe, tmp_path):
    if "CREATE ROLE" not in recipe:
        recipe = "CREATE ROLE member; GRANT SELECT ON members, tasks TO member;" + recipe
    migrations = write_files(tmp_path / "migrations", {"0001_a.sql": SCHEMA})
    access = write_files(tmp_path / "access", {"a.sql": recipe})
    server = Server(tmp_path, "--access", str(access), migrations=migrations)
    assert server.get("/tasks").status == 401
    server.stop()
