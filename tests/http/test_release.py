"""What a release is made of: licences, the bill of materials, the check before it, what upstream has."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, run

LOCK = [line.split() for line in (ROOT / "deps.lock").read_text().splitlines()
        if line.strip() and not line.startswith("#")]
NAMES = list(dict.fromkeys(row[0] for row in LOCK))
VERSION = (ROOT / "VERSION").read_text().strip()


def script(*words, cwd=ROOT, env=None):
    done = subprocess.run([str(word) for word in words], cwd=cwd, env={**os.environ, **(env or {})},
                          text=True, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def tree(tmp_path):
    """A copy of what the scripts look at, to be broken."""
    for name in ("scripts", "docs/licenses", ".github", "third_party"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("deps.lock", "VERSION", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_binary_prints_every_licence():
    code, out, err = run("licenses")
    assert (code, err) == (0, "")
    assert (ROOT / "LICENSE").read_text() in out
    for name in NAMES:
        assert (ROOT / "docs" / "licenses" / f"{name}.txt").read_text() in out, name
    for word in ("GNU LESSER GENERAL PUBLIC LICENSE", "Petri Lehtinen", "Lucent", "Apache License",
                 "Rich Felker", "May you do good and not evil", "CC0 1.0 Universal"):
        assert word in out


def test_licences_are_complete(tree):
    check = (tree / "scripts" / "licenses", "check")
    assert script(*check)[0] == 0

    (tree / "docs/licenses/musl.txt").unlink()
    code, _, err = script(*check)
    assert code == 1 and "docs/licenses/musl.txt is missing" in err


def test_a_new_library_wants_a_licence(tree):
    with open(tree / "deps.lock", "a", encoding="utf-8") as lock:
        lock.write(f"zlib 1.3 {'0' * 64} upstream https://example.org/zlib-1.3.tar.gz\n")
    code, _, err = script(tree / "scripts" / "licenses", "check")
    assert code == 1 and "has no row of zlib" in err and "zlib.txt is missing" in err
    code, _, err = script(tree / "scripts" / "sbom")
    assert code == 1 and "zlib" in err


def sbom(env=None, where=ROOT):
    code, out, err = script(where / "scripts" / "sbom", env={"SOURCE_DATE_EPOCH": "1900000000", **(env or {})})
    assert code == 0, err
    return out


def test_sbom_lists_the_rows_of_the_lock():
    bill = json.loads(sbom())
    found = [[part["name"], part["version"], reference["hashes"][0]["content"],
              "debian" if "comment" in reference else "upstream", reference["url"]]
             for part in bill["components"] for reference in part["externalReferences"]]
    assert found == LOCK
    assert bill["metadata"]["component"]["version"] == VERSION
    assert bill["metadata"]["timestamp"] == "2030-03-17T17:46:40Z"
    assert [part["licenses"][0]["license"]["id"] for part in bill["components"]] == [
        "LGPL-2.1-or-later", "MIT", "blessing", "Apache-2.0", "MIT", "MIT", "CC0-1.0"]
    assert bill["dependencies"] == [{"ref": "thimble", "dependsOn": NAMES}]


def test_sbom_is_the_same_each_time():
    assert sbom() == sbom()
    first, second = json.loads(sbom()), json.loads(sbom({"SOURCE_DATE_EPOCH": "1900000001"}))
    assert first["serialNumber"] != second["serialNumber"]


def test_patches_are_told_of_everywhere():
    """In the bill of materials, the page of licences, and what travels with the binary."""
    files = {(path.parent.name, path.stem): path.read_text() for path in (ROOT / "third_party").glob("*/*.patch")}
    bill = json.loads(sbom())
    parts = {part["name"]: part["pedigree"] for part in bill["components"] if "pedigree" in part}
    assert set(parts) == {library for library, _ in files}
    readme = (ROOT / "docs" / "licenses" / "README.md").read_text()
    texts = run("licenses")[1]
    for (library, name), text in files.items():
        assert f"{name} (" in parts[library]["notes"] and f"- `{name}`" in readme
        assert {"type": "unofficial", "diff": {"text": {"contentType": "text/x-diff", "content": text}}} in parts[library]["patches"]
        assert f"- {re.search('^What: (.*)$', text, re.M).group(1)}\n" in texts
    assert "changed by third_party/sqlite/" in parts["sqlite"]["notes"]


def test_a_patch_says_why(tree):
    check, names = (tree / "scripts" / "patches", "check"), (tree / "scripts" / "patches", "hash")
    assert script(*check)[0] == 0
    before = script(*names)[1]
    path = tree / "third_party" / "sqlite" / "compile_small.patch"
    change(path, "Figure: ", "Figures: ")
    change(path, "not sent upstream: ", "not sent: ")
    code, _, err = script(*check)
    assert code == 1 and 'has no "Figure: …"' in err and "Upstream is a link" in err
    assert script(*names)[1] not in ("", before)


def test_sbom_fits_its_schema():
    validation = pytest.importorskip("cyclonedx.validation.json", reason="cyclonedx-python-lib[validation] is not installed")
    schema = pytest.importorskip("cyclonedx.schema")
    strict = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert strict.validate_str(sbom()) is None
    assert strict.validate_str(sbom().replace('"scope"', '"scoop"')) is not None


def released(tree):
    text = (tree / "CHANGELOG.md").read_text()
    (tree / "CHANGELOG.md").write_text(re.sub(rf"^## \[{VERSION}\] - .*$", f"## [{VERSION}] - 2030-01-31",
                                              text, flags=re.M))
    return tree / "scripts" / "check-release", f"v{VERSION}"


def test_a_release_is_described_by_the_changelog(tree):
    code, out, err = script(*released(tree))
    assert (code, err) == (0, "")
    assert "### Added" in out and "## [" not in out


@pytest.mark.parametrize("old, new, said", [
    ("2030-01-31", "Unreleased", "give it the day of the release"),
    (f"[{VERSION}]", "[9.9.9]", "has no section"),
    ("- 2030-01-31\n", "- 2030-01-31\n\n## [0.0.9] - 2029-01-31\n", "has nothing under"),
])
def test_a_release_wants_its_changelog(tree, old, new, said):
    check = released(tree)
    change(tree / "CHANGELOG.md", old, new)
    code, _, err = script(*check)
    assert code == 1 and said in err


@pytest.mark.parametrize("tag", ["", VERSION, "v9.9.9", f"v{VERSION}-rc1", "main"])
def test_a_release_wants_the_tag_of_the_version(tree, tag):
    check, _ = released(tree)
    code, _, err = script(check, tag)
    assert code == 1 and f"VERSION says v{VERSION}" in err


# Pages as the places give them, cut to what matters; {} is the version asked for.
PAGES = {
    "ftp.gnu.org": '<a href="libmicrohttpd-1.0.9.tar.gz">\n<a href="libmicrohttpd-{}.tar.gz"></a>\n'
                   '<a href="libmicrohttpd-{}.tar.gz.sig">\n<a href="libmicrohttpd-latest.tar.gz">\n',
    "sqlite.org": "<!-- Download product data for scripts to read\nPRODUCT,VERSION,RELATIVE-URL,SIZE-IN-BYTES,SHA3-HASH\n"
                  "PRODUCT,{},2026/sqlite-amalgamation-3990000.zip,2,ab\n"
                  "PRODUCT,{},2026/sqlite-src-3990000.zip,1,cd\n-->\n",
    "musl.libc.org": '<a href="releases/musl-{}.tar.gz">musl-{}.tar.gz</a> (<a href="releases/musl-{}.tar.gz.asc">sig</a>)\n'
                     '<a href="releases/musl-1.1.24.tar.gz">musl-1.1.24.tar.gz</a>\n',
    "akheron": "1\trefs/tags/1.0\n2\trefs/tags/v2.14\n3\trefs/tags/v{}\n4\trefs/tags/v99.0-rc1\n",
    "Mbed-TLS": "1\trefs/tags/mbedtls-{}\n2\trefs/tags/v4.1.0\n3\trefs/tags/v3.6.2\n4\trefs/tags/mbedtls-3.6.99-rc1\n"
                "5\trefs/tags/yotta-9.9.9\n",
    "P-H-C": "1\trefs/tags/20171227\n2\trefs/tags/{}\n3\trefs/tags/v1.3\n",
    "microsoft": "1\trefs/tags/v{}\n2\trefs/tags/v3.3.2\n3\trefs/tags/v2.0.99-beta\n",
}
OF = dict(zip(NAMES, ["ftp.gnu.org", "akheron", "sqlite.org", "Mbed-TLS", "musl.libc.org", "microsoft",
                     "P-H-C"]))


def upstream(tmp_path, versions):
    """curl and git that answer with PAGES: (exit code, output)."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, version in versions.items():
        (tools / OF[name]).write_text(PAGES[OF[name]].replace("{}", version))
    for tool in ("curl", "git"):
        (tools / tool).write_text(f"""#!/bin/sh
for word; do case $word in https://*) host=${{word#https://}} ;; esac; done
case $host in github.com/*) host=${{host#github.com/}} ;; esac
[ -f {tools}/${{host%%/*}} ] || {{ echo "{tool}: cannot reach $host" >&2; exit 6; }}
cat {tools}/${{host%%/*}}
""")
        (tools / tool).chmod(0o755)
    code, out, _ = script(ROOT / "scripts" / "check-upstream", env={"PATH": f"{tools}:{os.environ['PATH']}"})
    return code, {line.split()[0]: " ".join(line.split()[2:]) for line in out.splitlines()}


HAVE = {row[0]: row[1] for row in LOCK}


def test_upstream_is_what_we_have(tmp_path):
    code, said = upstream(tmp_path, HAVE)
    assert (code, said) == (0, {name: "is the newest" for name in NAMES})


@pytest.mark.parametrize("name", NAMES)
def test_upstream_is_newer(tmp_path, name):
    line = HAVE[name].rsplit(".", 1)[0]
    newer = "20990101" if name == "argon2" else f"{line}.98"
    code, said = upstream(tmp_path, {**HAVE, name: newer})
    assert code == 1
    assert said == {other: "is the newest" for other in NAMES} | {name: f"NEWER: {newer}"}


def test_upstream_does_not_answer(tmp_path):
    code, said = upstream(tmp_path, {name: "99.0" for name in NAMES if name != "musl"})
    assert code == 3
    assert said["musl"] == "not known: curl: cannot reach musl.libc.org/releases.html"
    assert said["sqlite"] == "NEWER: 99.0"


def test_every_workflow_pins_what_it_uses():
    """An action is named by a commit, with its version beside it."""
    for path in pathlib.Path(ROOT / ".github" / "workflows").glob("*.yml"):
        for line in path.read_text().splitlines():
            if "uses:" in line:
                assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$", line), f"{path.name}: {line}"


def test_what_is_newer_becomes_one_issue(tmp_path):
    tools = tmp_path / "tools"
    upstream(tmp_path, {**HAVE, "musl": "1.2.98"})
    (tools / "gh").write_text(f"""#!/bin/sh
case $2 in
list) cat {tools}/number 2>/dev/null || true ;;
*)    echo "$2 $3" >> {tools}/did
      while [ $# -gt 1 ]; do [ "$1" != --body-file ] || cat "$2" > {tools}/body; shift; done ;;
esac
""")
    (tools / "gh").chmod(0o755)
    report = (ROOT / "scripts" / "report-upstream",)
    env = {"PATH": f"{tools}:{os.environ['PATH']}"}

    assert script(*report, env=env)[0] == 0
    (tools / "number").write_text("7\n")
    assert script(*report, env=env)[0] == 0
    assert (tools / "did").read_text() == "create --title\nedit 7\n"
    assert re.search(r"musl +[0-9.]+ +NEWER: 1\.2\.98", (tools / "body").read_text())

    (tools / "musl.libc.org").unlink()
    assert script(*report, env=env)[0] == 3
    assert (tools / "did").read_text() == "create --title\nedit 7\n"
