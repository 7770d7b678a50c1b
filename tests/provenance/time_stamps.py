"""A time-stamp authority of the tests' own: RFC 3161 over HTTP on this machine, without a network."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    data = [40 * first + second]
    for number in rest:
        digits = [number & 127]
        while number := number >> 7:
            digits.insert(0, number & 127 | 128)
        data += digits
    return tlv(0x06, bytes(data))


def children(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Tag, content and whole bytes of everything in a DER sequence's content."""
    found, place = [], 0
    while place < len(data):
        begin, tag, size = place, data[place], data[place + 1]
        place += 2
        if size & 0x80:
            count = size & 0x7F
            size, place = int.from_bytes(data[place : place + count], "big"), place + count
        found.append((tag, data[place : place + size], data[begin : place + size]))
        place += size
    return found


SHA256_ALGORITHM = sequence(oid("2.16.840.1.101.3.4.2.1"), tlv(0x05))
TST_INFO = oid("1.2.840.113549.1.9.16.1.4")


class Authority:
    """Issues time stamps; `root` vouches for it, as PEM."""

    def __init__(self, name: str = "Test Time Stamps") -> None:
        root_key, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate(f"{name} root", f"{name} root", root_key.public_key(), root_key, is_root=True)
        self._certificate = _certificate(
            name, f"{name} root", self._key.public_key(), root_key, is_root=False
        )
        self.root = root.public_bytes(Encoding.PEM).decode()

    def answer(self, request: bytes) -> bytes:
        """The response to a time-stamp request, RFC 3161, section 2.4."""
        ((_, body, _),) = children(request)
        _, (_, _, imprint), *optional = children(body)
        nonce = [whole for tag, _, whole in optional if tag == 0x02]
        when = tlv(0x18, datetime.now(UTC).strftime("%Y%m%d%H%M%SZ").encode())
        info = sequence(integer(1), oid("1.2.3.4.1"), imprint, integer(7), when, sequence(integer(1)), *nonce)
        return sequence(
            sequence(integer(0)), sequence(oid("1.2.840.113549.1.7.2"), tlv(0xA0, self._signed(info)))
        )

    def _signed(self, info: bytes) -> bytes:
        certificate = self._certificate.public_bytes(Encoding.DER)
        attributes = sorted(
            [
                _attribute("1.2.840.113549.1.9.3", TST_INFO),
                _attribute("1.2.840.113549.1.9.4", tlv(0x04, hashlib.sha256(info).digest())),
                _attribute(
                    "1.2.840.113549.1.9.16.2.47",
                    sequence(sequence(sequence(tlv(0x04, hashlib.sha256(certificate).digest())))),
                ),
            ]
        )
        signature = self._key.sign(tlv(0x31, *attributes), ec.ECDSA(SHA256()))
        signer = sequence(
            integer(1),
            sequence(self._certificate.issuer.public_bytes(), integer(self._certificate.serial_number)),
            SHA256_ALGORITHM,
            tlv(0xA0, *attributes),
            sequence(oid("1.2.840.10045.4.3.2")),
            tlv(0x04, signature),
        )
        return sequence(
            integer(3),
            tlv(0x31, SHA256_ALGORITHM),
            sequence(TST_INFO, tlv(0xA0, tlv(0x04, info))),
            tlv(0xA0, certificate),
            tlv(0x31, signer),
        )

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Serve on this machine; gives the address."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = authority.answer(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "application/timestamp-reply")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()


def _attribute(kind: str, value: bytes) -> bytes:
    return sequence(oid(kind), tlv(0x31, value))


def _certificate(
    name: str,
    issuer: str,
    key: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_root: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    purpose = x509.KeyUsage(not is_root, False, False, False, False, is_root, is_root, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(purpose, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if not is_root:
        stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(stamping, critical=True)
    return builder.sign(signer, SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, name), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
