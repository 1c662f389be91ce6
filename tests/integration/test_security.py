"""Addresses of rtmd that are protected, and rtm on the other end: TLS, FPNN encryption, Unix
sockets; what is refused, and how both sides say so."""

import errno
import os
import signal
import socket
import ssl
import stat
import subprocess

import pytest

from support import cli
from support.cli import listening, records, rtm
from support.gate import PID, SECRET, Gate, program

pytestmark = pytest.mark.skipif(program("RTM") is None or program("RTMD") is None,
                                reason="rtm or rtmd is not built")

CURVES = ["secp256k1", "secp256r1", "secp224r1", "secp192r1"]


def certificate(folder, name):
    """A key and a certificate that vouches for itself, for gate.example and 127.0.0.1."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:gate.example,IP:127.0.0.1", "-keyout", key,
                    "-out", cert], check=True, capture_output=True, timeout=60)
    return key, cert


def key_pair(folder, curve="secp256k1"):
    private, public = folder / f"{curve}.key", folder / f"{curve}.pub"
    made = rtm("keygen", "--curve", curve, "--private", private, "--public", public)
    assert made.returncode == cli.OK, made.stderr
    return private, public


def tls_keys(key, cert):
    return {"address": "127.0.0.1:0", "tls": "true", "tls-certificate": cert, "tls-key": key}


def encryption_keys(private, encryption="required"):
    return {"address": "127.0.0.1:0", "encryption": encryption, "encryption-key": private}


def check(endpoint, *options):
    return rtm("check", "conn", *options, env=cli.connection(endpoint))


def exchange(endpoint, options, count=200):
    """Send through the same kind of connection as is listened on; all must arrive in order."""
    env = cli.connection(endpoint)
    texts = [f"m{i} " + "\u4f60" * (i * 37 % 400) for i in range(count)]
    with listening("-g", 7, "-o", "ndjson", "-n", count, *options, env=env) as listener:
        sent = rtm("send", "group", 7, "-l", "--from", 1, *options, env=env,
                   stdin="\n".join(texts).encode() + b"\n")
        assert sent.returncode == cli.OK, sent.stderr
        got = records(listener.process.stdout.read())
    assert [record["text"] for record in got] == texts


def is_closed_on(stranger, pieces):
    """Whether the gate ends the connection, at any of the pieces, without an answer.

    It need not have read all of them: then writing fails, or reading says "reset".
    """
    try:
        for piece in pieces:
            stranger.sendall(piece)
        stranger.shutdown(socket.SHUT_WR)
        return stranger.recv(10) == b""
    except OSError as error:
        return error.errno in (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN)


def test_tls(tmp_path):
    key, cert = certificate(tmp_path, "gate")
    with Gate(tmp_path, listens={"safe": tls_keys(key, cert)}) as gate:
        endpoint = gate.endpoints["safe"]
        exchange(endpoint, ["--security", "tls", "--tls-ca", cert])
        named = check(endpoint, "--security", "tls", "--tls-ca", cert, "--tls-host", "gate.example")
        assert named.returncode == 0, named.stderr
        wrong = check(endpoint, "--security", "tls", "--tls-ca", cert, "--tls-host", "else.example")
        assert wrong.returncode != 0 and b"certificate verify failed" in wrong.stdout
        unknown = check(endpoint, "--security", "tls")
        assert unknown.returncode != 0 and b"certificate verify failed" in unknown.stdout
        assert check(endpoint).returncode != 0  # in clear


def test_tls_takes_strangers(tmp_path):
    key, cert = certificate(tmp_path, "gate")
    settings = {"unproved-time": "1500ms"}
    with Gate(tmp_path, settings=settings, listens={"safe": tls_keys(key, cert)}) as gate:
        host, port = gate.endpoints["safe"].rsplit(":", 1)
        silent = socket.create_connection((host, int(port)), cli.DEADLINE)
        for garbage in (b"\x16\x03\x01\xff\xff", b"GET / HTTP/1.1\r\n\r\n", os.urandom(4000)):
            with socket.create_connection((host, int(port)), cli.DEADLINE) as stranger:
                try:
                    stranger.sendall(garbage)
                    while stranger.recv(4096):  # TLS may say why
                        pass
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it had not read all of it
        assert silent.recv(10) == b""  # it never began
        silent.close()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            with socket.create_connection((host, int(port)), cli.DEADLINE) as plain:
                old.wrap_socket(plain)
        assert check(gate.endpoints["safe"], "--security", "tls", "--tls-ca",
                     cert).returncode == 0


def test_certificates_are_renewed(tmp_path):
    key, cert = certificate(tmp_path, "first")
    with Gate(tmp_path, listens={"safe": tls_keys(key, cert)}) as gate:
        endpoint = gate.endpoints["safe"]
        first = tmp_path / "ca-first.pem"
        first.write_bytes(cert.read_bytes())
        with listening("-g", 7, "-o", "ndjson", "-n", 1, "--security", "tls", "--tls-ca", first,
                       env=cli.connection(endpoint)) as listener:
            cert.write_text("no certificate\n")
            gate.process.send_signal(signal.SIGHUP)
            gate.wait_log("the old settings stay")
            assert check(endpoint, "--security", "tls", "--tls-ca", first).returncode == 0
            new_key, new_cert = certificate(tmp_path, "second")
            key.write_bytes(new_key.read_bytes())
            cert.write_bytes(new_cert.read_bytes())
            gate.process.send_signal(signal.SIGHUP)
            gate.wait_log("certificate read again")
            assert check(endpoint, "--security", "tls", "--tls-ca", first).returncode != 0
            options = ["--security", "tls", "--tls-ca", new_cert]
            assert check(endpoint, *options).returncode == 0
            # The connection that was open goes on.
            sent = rtm("send", "group", 7, "hello", "--from", 1, *options,
                       env=cli.connection(endpoint))
            assert sent.returncode == cli.OK, sent.stderr
            listener.process.wait(cli.DEADLINE)
            assert [r["text"] for r in records(listener.process.stdout.read())] == ["hello"]


@pytest.mark.parametrize("curve", CURVES)
def test_encryption(tmp_path, curve):
    private, public = key_pair(tmp_path, curve)
    with Gate(tmp_path, listens={"secret": encryption_keys(private)}) as gate:
        for mode in ("package", "stream"):
            for bits in (128, 256):
                exchange(gate.endpoints["secret"],
                         ["--security", mode, "--gate-key", public, "--key-bits", bits], 50)


def test_encryption_is_refused(tmp_path):
    private, public = key_pair(tmp_path)
    (tmp_path / "other").mkdir()
    _, other = key_pair(tmp_path / "other")
    listens = {"must": encryption_keys(private), "may": encryption_keys(private, "allowed"),
               "clear": {"address": "127.0.0.1:0"}}
    with Gate(tmp_path, listens=listens) as gate:
        options = ["--security", "package", "--gate-key", public]
        assert check(gate.endpoints["must"], *options).returncode == 0
        assert check(gate.endpoints["may"], *options).returncode == 0
        assert check(gate.endpoints["may"]).returncode == 0
        assert check(gate.endpoints["must"]).returncode != 0
        assert check(gate.endpoints["clear"], *options).returncode != 0
        stranger = check(gate.endpoints["must"], "--security", "package", "--gate-key", other)
        assert stranger.returncode != 0 and b"could not be secured" in stranger.stdout


def test_unix_socket(tmp_path):
    path = tmp_path / "gate.sock"
    listens = {"local": {"address": f"unix:{path}"}, "port": {"address": "127.0.0.1:0"}}
    gate = Gate(tmp_path, listens=listens)
    with gate:
        assert gate.endpoints["local"] == f"unix:{path}"
        assert stat.S_ISSOCK(path.stat().st_mode)
        exchange(gate.endpoints["local"], [])
        # One byte at a time, and then nothing that is FPNN.
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(path))
            stranger.settimeout(cli.DEADLINE)
            assert is_closed_on(stranger, [bytes([byte]) for byte in b"FPNX rubbish"])
        other = Gate(tmp_path, store="memory:", listens={"local": {"address": f"unix:{path}"}})
        with pytest.raises(AssertionError, match="Address already in use"):
            other.start()
        other.process.wait(cli.DEADLINE)
        assert check(gate.endpoints["local"]).returncode == 0
        gate.kill()
        assert path.exists()
        gate.start()  # over the file that was left behind
        assert check(gate.endpoints["local"]).returncode == 0
    assert not path.exists()
    path.write_text("precious")
    with pytest.raises(AssertionError, match="no socket"):
        gate.start()
    gate.process.wait(cli.DEADLINE)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("keys,words", [
    ({}, "has no address"),
    ({"protocol": "admin", "tls": "true", "tls-certificate": "/c", "tls-key": "/k"},
     "no tls with protocol = admin"),
    ({"protocol": "admin", "encryption": "allowed", "encryption-key": "/k"},
     "no encryption with protocol = admin"),
    ({"address": "127.0.0.1:0", "tls": "true"}, "needs tls-certificate and tls-key"),
    ({"address": "127.0.0.1:0", "tls-key": "/k"}, "and tls = false"),
    ({"address": "127.0.0.1:0", "encryption": "allowed"}, "needs encryption-key"),
    ({"address": "127.0.0.1:0", "encryption-key": "/k"}, "and encryption = off"),
    ({"address": "127.0.0.1:0", "encryption": "allowed", "encryption-key": "/nowhere"},
     "No such file"),
    ({"address": "127.0.0.1:0", "tls": "true", "tls-certificate": "/nowhere", "tls-key": "/k"},
     "/nowhere"),
])
def test_wrong_sections(tmp_path, keys, words):
    config = tmp_path / "rtmd.conf"
    lines = [f"{key} = {value}" for key, value in keys.items()]
    config.write_text("\n".join(["[listen one]", *lines, f"[project {PID}]",
                                 f"secret = {SECRET}", ""]))
    ended = subprocess.run([program("RTMD"), "--config", config, "--check"], capture_output=True,
                           text=True, timeout=cli.DEADLINE)
    assert ended.returncode == 78 and words in ended.stderr


def test_wrong_keys(tmp_path):
    private, public = key_pair(tmp_path)
    config = tmp_path / "rtmd.conf"

    def try_key(path, curve="by-file"):
        config.write_text(f"[listen one]\naddress = 127.0.0.1:0\nencryption = required\n"
                          f"encryption-key = {path}\nencryption-curve = {curve}\n"
                          f"[project {PID}]\nsecret = {SECRET}\n")
        ended = subprocess.run([program("RTMD"), "--config", config, "--check"],
                               capture_output=True, text=True, timeout=cli.DEADLINE)
        return ended.returncode, ended.stderr

    assert try_key(private) == (0, "")
    assert try_key(private, "secp256k1") == (0, "")
    assert try_key(private, "secp256r1")[0] == 78
    raw = tmp_path / "raw"
    raw.touch(mode=0o600)
    raw.write_bytes(bytes(range(1, 33)))
    assert "encryption-curve must be given" in try_key(raw)[1]
    assert try_key(raw, "secp256k1") == (0, "")
    assert try_key(raw, "secp224r1")[0] == 78
    public.chmod(0o600)
    assert "no private key" in try_key(public)[1]
    private.chmod(0o644)
    assert "chmod" in try_key(private)[1]


def test_keygen(tmp_path):
    private, public = key_pair(tmp_path)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes(), public.read_bytes()
    words = ["keygen", "--private", private, "--public", public]
    again = rtm(*words)
    assert again.returncode == cli.FAILED and b"File exists" in again.stderr
    assert (private.read_bytes(), public.read_bytes()) == before
    assert rtm(*words, "--force").returncode == cli.OK
    assert private.read_bytes() != before[0] and public.read_bytes() != before[1]
    assert sorted(os.listdir(tmp_path)) == ["secp256k1.key", "secp256k1.pub"]
    for wrong in (["keygen"], ["keygen", "--private", private], [*words, "--curve", "p256"],
                  ["keygen", "--private", private, "--public", private]):
        assert rtm(*wrong).returncode == cli.USAGE
    nowhere = rtm("keygen", "--private", tmp_path / "no" / "k", "--public", tmp_path / "p")
    assert nowhere.returncode == cli.FAILED and not (tmp_path / "p").exists()
    # A program of others reads them.
    told = subprocess.run(["openssl", "ec", "-in", private, "-pubout"], capture_output=True,
                          timeout=60, check=True)
    assert told.stdout == public.read_bytes()


@pytest.mark.parametrize("options,words", [
    (["--security", "ssl"], "not none, tls, package or stream"),
    (["--tls-ca", "x"], "needs security tls"),
    (["--security", "tls", "--gate-key", "x"], "needs security package or stream"),
    (["--security", "package"], "needs the gate's public key"),
    (["--security", "stream", "--gate-key", "/nowhere"], "No such file"),
    (["--security", "stream", "--gate-key", "/dev/null", "--key-bits", "512"], "128 nor 256"),
])
def test_wrong_options_are_2(options, words):
    result = rtm("call", "ask", *options, env=cli.connection("127.0.0.1:1"))
    assert result.returncode == cli.USAGE and words in result.stderr.decode()


def test_context_says_it(tmp_path):
    key, cert = certificate(tmp_path, "gate")
    with Gate(tmp_path, listens={"safe": tls_keys(key, cert)}) as gate:
        folder = tmp_path / "config" / "rtm"
        folder.mkdir(parents=True)
        (folder / "contexts.ini").write_text(
            f"[one]\ngate = {gate.endpoints['safe']}\npid = {PID}\nsecret-file = secret\n"
            f"security = tls\ntls-ca = {cert}\n")
        (folder / "secret").write_text(SECRET + "\n")
        (folder / "secret").chmod(0o600)
        env = cli.environment(XDG_CONFIG_HOME=str(tmp_path / "config"))
        result = rtm("--context", "one", "check", "conn", env=env)
        assert result.returncode == 0, result.stderr
