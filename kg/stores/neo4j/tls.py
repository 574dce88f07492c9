"""What is wrong with TLS between us and a Neo4j server, and the way out."""

import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

PORT = 7687
LOOK_S = 2.0
NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST")
"""What OpenSSL says of an answer that is no TLS."""

EXPIRED, NOT_YET, HOST, ADDRESS = 10, 9, 62, 64
"""Numbers of OpenSSL for certificates (X509_V_ERR_...) that are out of date, or of somebody else."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that led to it, the first cause last; of those that were tried in turn each."""
    yield error
    for each in (*getattr(error, "exceptions", ()), *filter(None, [error.__cause__])):
        yield from causes(each)


def explain_tls(error: BaseException, url: str) -> str:
    """What a first connection to `url` lacks of TLS; nothing where it failed for another reason."""
    scheme, _, address = url.partition("://")
    kind, tls, _ = scheme.partition("+")
    unchecked = f"{kind}+ssc://{address}"
    chain = [*causes(error)]
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _explain_certificate(cause, unchecked)
        if tls and _is_no_tls(cause):
            return (
                f"the server does not speak TLS at this port; use {kind}://{address}, or switch TLS on in neo4j.conf "
                "(server.bolt.tls_level, dbms.ssl.policy.bolt)"
            )
        if isinstance(cause, ssl.SSLError):
            return f"TLS with the server failed ({_reason(cause)}); see dbms.ssl.policy.bolt in its neo4j.conf"
    absent = isinstance(chain[-1], ConnectionRefusedError | socket.gaierror | TimeoutError)
    if not (tls or absent or "HTTP" in str(chain[-1])) and _speaks_tls(url):
        return f"the server demands TLS; use {kind}+s://{address}, or {unchecked} where its certificate is self-signed"
    return ""


def _explain_certificate(error: ssl.SSLCertVerificationError, unchecked: str) -> str:
    reason = _reason(error)
    without = f"{unchecked}, which checks no certificate"
    if error.verify_code in (EXPIRED, NOT_YET):
        return f"the server's certificate is out of date ({reason}); renew it on the server, set the clock, or use {without}"
    if error.verify_code in (HOST, ADDRESS):
        return f"the server's certificate is of another host ({reason}); name the host as it does, or use {without}"
    file = os.environ.get("SSL_CERT_FILE")
    if file and not Path(file).is_file():
        return f"the server's certificate is not trusted ({reason}), and SSL_CERT_FILE={file} is no file; mend that, or use {without}"
    return (
        f"the server's certificate is not trusted ({reason}); set SSL_CERT_FILE to the file of the authority that signed "
        f"it (of a self-signed one: to its own), or use {without}"
    )


def _reason(error: ssl.SSLError) -> str:
    text = getattr(error, "verify_message", "") or (error.reason or str(error)).replace("_", " ").lower()
    return text.rstrip(".")


def _is_no_tls(error: BaseException) -> bool:
    if isinstance(error, ssl.SSLError):
        return isinstance(error, ssl.SSLZeroReturnError | ssl.SSLEOFError) or error.reason in NO_TLS
    return isinstance(error, ConnectionResetError)


def _speaks_tls(url: str) -> bool:
    """Whether a handshake of TLS succeeds, whatever the certificate."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((parts.hostname or "", parts.port or PORT), LOOK_S) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return True
    except OSError:
        return False
