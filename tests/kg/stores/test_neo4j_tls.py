"""TLS between kgtools and a server: what is wrong with it is said in one line, with the way out."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from kgtools.kg.stores.neo4j import connection
from tests.neo4j.java import Runtime
from tests.neo4j.login import Login
from tests.neo4j.server import Server, temporary_server

Run = Callable[..., Any]
BY_ADDRESS = "subjectAltName=DNS:localhost,IP:127.0.0.1"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries end soon, and no authority of the caller's counts."""
    monkeypatch.setattr(connection, "RETRY_S", 1.0)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)


def openssl(*words: object, folder: Path) -> None:
    if not shutil.which("openssl"):
        pytest.fail("needs the program openssl, which makes the certificates (Debian: apt-get install openssl)")
    done = subprocess.run(["openssl", *map(str, words)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def named(name: str) -> tuple[str, ...]:
    """What asks for a new key and a certificate of this name."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    return (*curve, "-keyout", f"{name}.key", "-subj", f"/CN={name}")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates with their keys: `self` signed by itself; `signed` by the authority `ca`, `elsewhere` for another host
    and `expired` by the same."""
    folder = tmp_path_factory.mktemp("certificates")
    for name, extensions in (("self", BY_ADDRESS), ("ca", "basicConstraints=critical,CA:true")):
        openssl("req", "-x509", *named(name), "-out", f"{name}.crt", "-days", 2, "-addext", extensions, folder=folder)
    elsewhere = "subjectAltName=DNS:graphs.example.org"
    for name, extensions, days in (("signed", BY_ADDRESS, 2), ("elsewhere", elsewhere, 2), ("expired", BY_ADDRESS, -1)):
        (folder / "more").write_text(extensions, encoding="utf-8")
        openssl("req", "-new", *named(name), "-out", f"{name}.csr", folder=folder)
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", days,
            "-extfile", "more", "-out", f"{name}.crt", folder=folder,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def tls_server(neo4j_runtime: Runtime, certificates: Path) -> Iterator[Server]:
    """A real server that demands TLS, with a certificate signed by itself."""
    policy = {
        "enabled": "true", "base_directory": str(certificates), "private_key": "self.key",
        "public_certificate": "self.crt", "client_auth": "NONE",
    }  # fmt: skip
    settings = {"server.bolt.tls_level": "REQUIRED"} | {
        f"dbms.ssl.policy.bolt.{key}": value for key, value in policy.items()
    }
    with temporary_server(
        version=neo4j_runtime.version, heap=("256m", "512m"), brief=True, settings=settings, scheme="bolt+ssc"
    ) as server:
        yield server.start()


@contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[int]:
    """The port of something on loopback that does `answer` with each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    accepted, _ = listener.accept()
                except OSError:  # closed
                    return
                with accepted, suppress(OSError):
                    answer(accepted)

        Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)


@contextmanager
def speaking_tls(certificates: Path, name: str) -> Iterator[int]:
    """The port of something that shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.crt", certificates / f"{name}.key")

    def shake_hands(plain: socket.socket) -> None:
        with context.wrap_socket(plain, server_side=True) as wrapped:
            wrapped.recv(1)

    with listening(shake_hands) as port:
        yield port


def fault(ran: Any, url: str) -> str:
    """What is said of the server at the URL, in the one line of a command that failed."""
    assert (ran.code, ran.out) == (2, ""), ran
    start = f"kgtools: error: {url}: "
    assert ran.err.startswith(start), ran.err
    assert ran.err.count("\n") == 1
    return str(ran.err).removeprefix(start).rstrip("\n")


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc"])
def test_a_server_without_tls_is_said_with_the_url_that_it_answers(
    neo4j_graph: Login, kgtools: Run, scheme: str
) -> None:
    address, plain = neo4j_graph.uri.partition("://")[2], scheme.partition("+")[0]
    url = f"{scheme}://{address}"

    assert fault(kgtools("stats", "--graph", url), url) == (
        f"the server does not speak TLS at this port; use {plain}://{address}, or switch TLS on in neo4j.conf "
        "(server.bolt.tls_level, dbms.ssl.policy.bolt)"
    )


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
@pytest.mark.parametrize("server", ["neo4j", "proxy"])
def test_a_server_that_demands_tls_is_said_with_the_url_that_it_answers(
    tls_server: Server, certificates: Path, kgtools: Run, scheme: str, server: str
) -> None:
    with speaking_tls(certificates, "self") as port:
        address = f"127.0.0.1:{tls_server.port if server == 'neo4j' else port}"
        url = f"{scheme}://{address}"

        assert fault(kgtools("stats", "--graph", url), url) == (
            f"the server demands TLS; use {scheme}+s://{address}, or {scheme}+ssc://{address} where its certificate is self-signed"
        )


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_certificate_that_signs_itself_is_refused_until_it_is_trusted(
    tls_server: Server, certificates: Path, kgtools: Run, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    tls_server.login.use(monkeypatch)
    address = f"127.0.0.1:{tls_server.port}"
    url, unchecked = f"{scheme}+s://{address}", f"{scheme}+ssc://{address}"

    refused = fault(kgtools("stats", "--graph", url), url)
    without = fault(kgtools("stats", "--graph", unchecked), unchecked)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "self.crt"))
    trusted = fault(kgtools("stats", "--graph", url), url)

    assert refused == (
        "the server's certificate is not trusted (self-signed certificate); set SSL_CERT_FILE to the file of the "
        f"authority that signed it (of a self-signed one: to its own), or use {unchecked}, which checks no certificate"
    )
    assert without.startswith("no graph here; ")
    assert trusted.startswith("no graph here; ")


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_a_certificate_of_a_private_authority_is_refused_until_that_is_trusted(
    certificates: Path, kgtools: Run, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with speaking_tls(certificates, "signed") as port:
        url = f"{scheme}+s://127.0.0.1:{port}"
        unknown = fault(kgtools("stats", "--graph", url), url)
        monkeypatch.setenv("SSL_CERT_FILE", "nowhere.crt")
        missing = fault(kgtools("stats", "--graph", url), url)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.crt"))
        known = fault(kgtools("stats", "--graph", url), url)

    assert unknown.startswith(
        "the server's certificate is not trusted (unable to get local issuer certificate); set SSL_CERT_FILE to "
    )
    assert missing == (
        "the server's certificate is not trusted (unable to get local issuer certificate), and SSL_CERT_FILE=nowhere.crt "
        f"is no file; mend that, or use {scheme}+ssc://127.0.0.1:{port}, which checks no certificate"
    )
    assert known.startswith("no answer (")  # it is trusted, and not Neo4j


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("expired", "the server's certificate is out of date (certificate has expired); renew it on the server, "),
        (
            "elsewhere",
            "the server's certificate is of another host (IP address mismatch, certificate is not valid for '127.0.0.1'); "
            "name the host as it does, ",
        ),
    ],
)
def test_a_certificate_that_does_not_hold_here_and_now_is_said(
    certificates: Path, kgtools: Run, monkeypatch: pytest.MonkeyPatch, name: str, beginning: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.crt"))
    with speaking_tls(certificates, name) as port:
        url = f"bolt+s://127.0.0.1:{port}"

        line = fault(kgtools("stats", "--graph", url), url)

    assert line.startswith(beginning)
    assert line.endswith(f"or use bolt+ssc://127.0.0.1:{port}, which checks no certificate")


def test_a_server_that_wants_other_tls_is_said(kgtools: Run) -> None:
    alert = b"\x15\x03\x03\x00\x02\x02\x28"  # a handshake failure
    with listening(lambda plain: (plain.recv(1000), plain.sendall(alert))) as port:
        url = f"bolt+ssc://127.0.0.1:{port}"

        line = fault(kgtools("stats", "--graph", url), url)

    assert line.startswith("TLS with the server failed (")
    assert "handshake failure" in line


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
def test_something_that_is_neither_neo4j_nor_tls_is_not_taken_for_it(kgtools: Run, scheme: str) -> None:
    with listening(lambda plain: (plain.recv(100), plain.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))) as port:
        url = f"{scheme}://127.0.0.1:{port}"

        line = fault(kgtools("stats", "--graph", url), url)

    assert line.startswith("no answer (")
    assert "looks like HTTP" in line
