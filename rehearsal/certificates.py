"""A test authority and the certificates of the played hosts, one in force and one that has run out for each."""

from __future__ import annotations

import datetime as dt
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Issues certificates with names of hosts; its own certificate is what a client has to know."""

    def __init__(self, now: dt.datetime) -> None:
        """Make the key; everything it issues is dated around `now`."""
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Rehearsal Authority")
        self._own = self._signed(self._name, self._key, 365, 365, authority=True, hosts=())
        self._contexts: dict[tuple[str, bool], ssl.SSLContext] = {}

    def pem(self) -> str:
        """The authority's certificate."""
        return self._own.public_bytes(serialization.Encoding.PEM).decode()

    def context(self, host: str, expired: bool) -> ssl.SSLContext:
        """The server's side of TLS for `host`."""
        if (host, expired) not in self._contexts:
            self._contexts[host, expired] = self._context(host, expired)
        return self._contexts[host, expired]

    def _context(self, host: str, expired: bool) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        since, until = (-120, -1) if expired else (-20, 70)
        made = self._signed(_name(host), key, -since, until, authority=False, hosts=(host,))
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "host.pem"
            file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
            context.load_cert_chain(file)
        return context

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, days_before: int, days_after: int, *,
        authority: bool, hosts: tuple[str, ...],
    ) -> x509.Certificate:  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - dt.timedelta(days=days_before))
            .not_valid_after(self._now + dt.timedelta(days=days_after))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if hosts:
            names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])
