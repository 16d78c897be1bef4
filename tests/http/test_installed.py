"""The manual page and the completions that are made from the tables; what make install lays down."""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from conftest import BIN, ROOT, run


def needs(tool):
    return pytest.mark.skipif(not shutil.which(tool), reason=f"{tool} is not installed")


@pytest.fixture
def page(tmp_path):
    code, text, _ = run("config", "--man")
    assert code == 0
    path = tmp_path / "thimble.1"
    path.write_text(text)
    return path


def output(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    return done.stdout + done.stderr


@needs("groff")
def test_the_page_is_clean_to_groff(page):
    assert output("groff", "-ww", "-man", "-Tutf8", "-z", str(page)) == ""


@needs("mandoc")
def test_the_page_is_clean_to_mandoc(page):
    lines = output("mandoc", "-Tlint", "-W", "warning", str(page)).splitlines()
    assert [line for line in lines if "missing date" not in line] == []


@needs("man")
def test_the_page_renders_with_every_setting(page):
    text = re.sub(".\x08", "", output("man", "-l", str(page),
                                      env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8"}))
    if "minimized" in text:
        pytest.skip("man is not installed in full")
    flags = re.findall(r"^(\S+) ", run("config")[1], re.M)
    assert len(flags) > 30
    for flag in flags:
        assert f"--{flag}" in text, flag
    for command in re.findall(r"^  (\w+) ", run("help")[1].split("\n\nData")[0], re.M):
        assert re.search(rf"^ +{command}\b", text, re.M), command


def completion(shell, tmp_path):
    code, text, _ = run("completion", shell)
    assert code == 0
    path = tmp_path / "_thimble"
    path.write_text(text)
    return path


class Terminal:
    """A shell on a terminal, so that the TAB key is the user's."""

    def __init__(self, command, cwd):
        pid, self.fd = pty.fork()
        if pid == 0:
            os.chdir(cwd)
            os.environ.update(PS1="@ ", TERM="dumb", HOME=str(cwd))
            os.execvp(command[0], command)
        self.pid = pid
        self.text = ""

    def read(self, seconds=1.0):
        text, deadline = b"", time.monotonic() + 20
        while time.monotonic() < deadline and \
                select.select([self.fd], [], [], seconds if text else 10)[0]:
            try:
                text += os.read(self.fd, 65536)
            except OSError:
                break
        return text.decode()

    def set_up(self, command):
        """Runs it, and waits until the shell says that it has."""
        os.write(self.fd, f"{command}; echo rea''dy\n".encode())
        text, deadline = "", time.monotonic() + 60
        while not re.search(r"^ready\r?$", text, re.M) and time.monotonic() < deadline:
            text += self.read(0.2)
        self.read(0.5)

    def type(self, keys):
        os.write(self.fd, keys.encode())
        return self.read()

    def close(self):
        os.write(self.fd, b"\x03\nexit\n")
        self.read(0.3)
        os.close(self.fd)
        os.waitpid(self.pid, 0)


CASES = [("thimble --socket-m\t", "--socket-mode"),
         ("thimble mig\t", "migrate"),
         ("thimble migrate st\t", "status"),
         ("thimble migrate --dry\t", "--dry-run"),
         ("thimble serve --synchronous no\t", "normal"),
         ("thimble serve --db some\t", "some.db"),
         ("thimble help health\t", "healthcheck"),
         ("thimble completion z\t", "zsh")]


def complete_all(terminal):
    try:
        for keys, wanted in CASES:
            shown = terminal.type(keys)
            assert wanted in re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]|[\r\x07]", "", shown), (keys, shown)
            terminal.type("\x15")  # forget the line
    finally:
        terminal.close()


@needs("bash")
def test_bash_completes(tmp_path):
    (tmp_path / "some.db").touch()
    path = completion("bash", tmp_path)
    assert output("bash", "-n", str(path)) == ""
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], tmp_path)
    terminal.set_up(f". {path}")
    complete_all(terminal)


@needs("zsh")
def test_zsh_completes(tmp_path):
    (tmp_path / "some.db").touch()
    path = completion("zsh", tmp_path)
    assert output("zsh", "-n", str(path)) == ""
    terminal = Terminal(["zsh", "-f", "-i"], tmp_path)
    terminal.set_up(f"fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -D")
    complete_all(terminal)


@needs("fish")
def test_fish_completes(tmp_path):
    (tmp_path / "some.db").touch()
    path = completion("fish", tmp_path)
    assert output("fish", "-n", str(path)) == ""
    for keys, wanted in CASES:
        line = keys.rstrip("\t")
        shown = output("fish", "--no-config", "-c", f"source {path}; complete -C '{line}'",
                       cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})
        assert wanted in [entry.split("\t")[0] for entry in shown.splitlines()], (keys, shown)


@pytest.mark.parametrize("words", [[], ["csh"]])
def test_other_shells(words):
    code, _, message = run("completion", *words)
    assert code == 2 and message == "thimble: completion takes bash, zsh or fish\n"


def make(*words):
    return subprocess.run(["make", "-C", str(ROOT), "--no-print-directory", *words],
                          capture_output=True, text=True, timeout=300,
                          env={k: v for k, v in os.environ.items() if not k.startswith("MAKE")})


@pytest.fixture
def built():
    """Of what is built already: `make -q` would say whether it is current."""
    if make("-q", "build/thimble").returncode != 0:
        pytest.skip("build/thimble is not there or not current")


@needs("make")
def test_install_and_uninstall(built, tmp_path):
    place = [f"DESTDIR={tmp_path}", "PREFIX=/opt/thimble"]
    done = make("install", *place)
    assert done.returncode == 0, done.stderr
    files = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*")
             if path.is_file()}
    modes = {name: oct(path.stat().st_mode & 0o777) for name, path in files.items()}
    assert modes.pop("opt/thimble/bin/thimble") == "0o755"
    assert set(modes.values()) == {"0o644"}
    assert {"opt/thimble/share/man/man1/thimble.1",
            "opt/thimble/lib/systemd/system/thimble.service",
            "opt/thimble/lib/systemd/system/thimble.socket",
            "opt/thimble/share/bash-completion/completions/thimble",
            "opt/thimble/share/zsh/site-functions/_thimble",
            "opt/thimble/share/fish/vendor_completions.d/thimble.fish"} <= set(modes)
    unit = files["opt/thimble/lib/systemd/system/thimble.service"].read_text()
    assert "ExecStart=/opt/thimble/bin/thimble serve" in unit and "/usr/local" not in unit
    assert output(str(files["opt/thimble/bin/thimble"]), "--version").startswith("thimble ")
    assert make("uninstall", *place).returncode == 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@needs("systemd-analyze")
def test_the_unit_is_hardened():
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15",
                           str(ROOT / "deploy" / "systemd" / "thimble.service")],
                          capture_output=True, text=True, timeout=60)
    if "Unknown command verb" in done.stderr or "unrecognized option" in done.stderr:
        pytest.skip("systemd-analyze cannot do this offline")
    assert done.returncode == 0, done.stdout + done.stderr


@needs("dpkg-deb")
@needs("make")
def test_the_package_is_reproducible(built):
    sums = []
    for _ in range(2):
        done = make("deb", "SOURCE_DATE_EPOCH=1700000000")
        assert done.returncode == 0, done.stderr
        package = pathlib.Path(done.stdout.split()[1])
        sums.append(subprocess.run(["sha256sum", ROOT / package], capture_output=True,
                                   text=True).stdout.split()[0])
        time.sleep(1.1)
    assert sums[0] == sums[1]
    fields = output("dpkg-deb", "-f", str(ROOT / package))
    version = (ROOT / "VERSION").read_text().strip()
    assert f"Version: {version}\n" in fields
