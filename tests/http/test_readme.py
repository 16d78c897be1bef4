"""Every command in the README's console session prints what the README says."""
import re
import subprocess

import pytest

from conftest import ROOT, clean_env


def session(text):
    """(command, expected output) pairs of all console blocks."""
    for block in re.findall(r"```console\n(.*?)```", text, re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def normal(text):
    text = re.sub(r"^Date: .*", "Date: now", text.replace("\r\n", "\n"), flags=re.M)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "some time", text)
    return text.strip()


FLAGS = {"docs/api.md": ["--aggregates", "--allow-plan", "--allow-tx"]}


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_console_session(serve, page):
    server = serve(*FLAGS.get(page, []), migrations=None)
    pairs = list(session((ROOT / page).read_text()))
    assert len(pairs) >= 8
    for command, expected in pairs:
        command = command.replace("localhost:8080", f"127.0.0.1:{server.port}")
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT,
                              env=clean_env({"LC_ALL": "C.UTF-8"}), timeout=30)
        assert normal(done.stdout) == normal(expected), command


def test_links_lead_somewhere():
    for page in ["README.md", "CONTRIBUTING.md", "src/README.md", *(
            str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]:
        path = ROOT / page
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
            assert (path.parent / link).exists(), f"{page}: {link}"
