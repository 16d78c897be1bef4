"""Without access files: who is answered, by the address that asks. In a network of its own, where this
machine has public addresses, too."""
import http.client
import json
import pathlib
import shutil
import subprocess
import sys

import pytest

from conftest import Server

LOOPBACK = ["127.0.0.1", "127.9.9.9", "::1"]
PRIVATE = ["10.1.2.3", "172.31.0.9", "192.168.7.7", "100.64.3.3", "169.254.1.1", "fd12::7"]
PUBLIC = ["203.0.113.5", "100.128.0.1", "172.32.0.1", "2001:db8::5"]
ANSWERED = {"loopback": LOOPBACK, "private": LOOPBACK + PRIVATE,
            "any": LOOPBACK + PRIVATE + PUBLIC}


def ask(server, address, method, path):
    """The status of an answer to this address, and its body."""
    connection = http.client.HTTPConnection(address, server.port, timeout=20,
                                            source_address=(address, 0))
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body.decode()


def inside(folder):
    """Runs in the network of its own; prints what was seen."""
    seen = {}
    for way in ANSWERED:
        part = pathlib.Path(folder) / way
        part.mkdir()
        server = Server(part, "--open-to", way, listen=":0")
        seen[way] = {address: [ask(server, address, *what) for what in
                               [("GET", "/note"), ("POST", "/note"), ("GET", "/healthz"),
                                ("GET", "/readyz"), ("GET", "/metrics")]]
                     for address in LOOPBACK + PRIVATE + PUBLIC}
        seen[way]["log"] = server.log()
        server.stop()
    part = pathlib.Path(folder) / "operators"
    part.mkdir()
    server = Server(part, "--metrics-listen", ":0", "--backup-dir", part)
    server.port = int(server.ready_line.rsplit(":", 1)[1])
    seen["operators"] = [ask(server, address, "POST", "/_backup")
                         for address in ["203.0.113.5", "127.0.0.1"]]
    server.stop()
    print("SEEN", json.dumps(seen))


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("no unshare or no ip")
    addresses = [a for a in PRIVATE + PUBLIC + ["127.9.9.9"]]
    script = "ip link set lo up && " + " && ".join(
        f"ip addr add {a}/{128 if ':' in a else 32} dev lo{' nodad' if ':' in a else ''}"
        for a in addresses) + ' && exec "$@"'
    command = ["unshare", "-rn", "sh", "-c", script, "sh", sys.executable, __file__,
               str(tmp_path_factory.mktemp("open"))]
    done = subprocess.run(command, text=True, capture_output=True, timeout=300)
    if "SEEN" not in done.stdout and "unshare:" in done.stderr:
        pytest.skip(f"no network of its own: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.split("SEEN", 1)[1])


@pytest.mark.parametrize("way", ANSWERED)
def test_callers_are_answered_by_their_address(seen, way):
    for address in LOOPBACK + PRIVATE + PUBLIC:
        (read, body), (written, _), *probes = seen[way][address]
        if address in ANSWERED[way]:
            assert read == 200, (address, body)
            assert written == 400, address  # the body is empty
        else:
            assert (read, written) == (403, 403), (address, body)
            problem = json.loads(body)
            assert problem["code"] == "TH403"
            assert "--open-to any" in problem["hint"] and "access files" in problem["hint"]
        assert [status for status, _ in probes] == [200, 200, 200], address


def test_what_was_refused_is_counted(seen):
    line = 'thimble_auth_failures_total{reason="far"} '
    _, metrics = seen["private"][PUBLIC[-1]][-1]
    assert line + str(2 * len(PUBLIC)) in metrics


def test_one_line_says_who_may_do_everything(seen):
    who = {"loopback": "callers on this machine may", "private": "on private networks may",
           "any": "whoever reaches it may"}
    for way, words in who.items():
        lines = [line for line in map(json.loads, seen[way]["log"].splitlines())
                 if line["level"] == "warn"]
        assert len(lines) == 1, lines
        assert words in lines[0]["msg"] and "--open-to" in lines[0]["msg"], lines


def test_a_backup_is_not_for_callers_from_afar_either(seen):
    (far, body), (near, _) = seen["operators"]
    assert far == 403 and json.loads(body)["code"] == "TH403"
    assert near == 201


def test_a_listener_of_this_machine_alone_is_not_warned_of(tmp_path):
    server = Server(tmp_path)
    assert [line for line in server.log_lines() if line["level"] == "warn"] == []
    server.stop()


def test_the_peer_of_a_unix_socket_is_near(tmp_path):
    server = Server(tmp_path, "--open-to", "loopback", listen="unix:s.sock")
    assert server.get("/note").status == 200
    assert [line for line in server.log_lines() if line["level"] == "warn"] == []
    server.stop()


if __name__ == "__main__":
    inside(sys.argv[1])
