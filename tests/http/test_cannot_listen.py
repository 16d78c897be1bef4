"""Where it cannot listen it says why, before it touches the database."""
import socket

import pytest

from conftest import run


@pytest.mark.parametrize("listen, words", [
    ("192.0.2.1:8080", ["192.0.2.1:8080", "not an address of this machine"]),
    ("[2001:db8::1]:8080", ["2001:db8::1"]),
    ("unix:missing/thimble.sock", ["missing/thimble.sock", "No such file"]),
    ("unix:" + "x" * 200, ["xxx"]),
])
def test_an_address_that_cannot_be_had(tmp_path, listen, words):
    code, out, err = run("serve", "--db", "a.db", "--listen", listen, cwd=tmp_path)
    assert code in (1, 2) and out == "" and err.startswith("thimble: "), (code, out, err)
    for word in words:
        assert word in err, err
    assert not (tmp_path / "a.db").exists()


def test_an_address_that_is_taken(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, _, err = run("serve", "--db", "a.db", "--listen", f"127.0.0.1:{port}", cwd=tmp_path)
    assert code == 1 and str(port) in err, err


def test_a_socket_of_another_server_and_a_file(tmp_path):
    (tmp_path / "plain").write_text("a file")
    code, _, err = run("serve", "--db", "a.db", "--listen", "unix:plain", cwd=tmp_path)
    assert code == 1 and "plain" in err and (tmp_path / "plain").read_text() == "a file"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "s"))
        other.listen()
        code, _, err = run("serve", "--db", "a.db", "--listen", "unix:s", cwd=tmp_path)
    assert code == 1 and "s is in use" in err, err
