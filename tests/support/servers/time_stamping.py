"""A time stamp authority, a calendar and an index of blocks on loopback, for rehearsal: their clock is what the test says."""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as wire
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp

HEIGHT = 900_001
_EVER = (dt.datetime(2020, 1, 1), dt.datetime(2040, 1, 1))


class Authority:
    """Signs tokens with a certificate of its own root; `at` is the time it says it is."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at
        self.mode = "ok"
        root_key, self._key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        self.root = _certificate("Rehearsal root", root_key, "Rehearsal root", root_key, None)
        self._leaf = _certificate(
            "Rehearsal authority", self._key, "Rehearsal root", root_key, ExtendedKeyUsageOID.TIME_STAMPING
        )

    def write_root(self, file: Path) -> Path:
        """The root's certificate in PEM."""
        file.write_bytes(self.root.public_bytes(serialization.Encoding.PEM))
        return file

    def answer(self, query: bytes) -> bytes:
        """The answer to a TimeStampReq, both in DER."""
        asked = tsp.TimeStampReq.load(query)
        if self.mode == "refuse":
            return tsp.TimeStampResp({"status": {"status": "rejection"}}).dump()
        imprint = asked["message_imprint"].native
        if self.mode == "other":
            imprint["hashed_message"] = hashlib.sha256(b"another").digest()
        info = tsp.TSTInfo({
            "version": "v1", "policy": "1.3.6.1.4.1.99999.1", "message_imprint": imprint, "serial_number": 7,
            "gen_time": self.at.astimezone(dt.UTC).replace(microsecond=0), "nonce": asked["nonce"].native,
        })  # fmt: skip
        leaf = wire.Certificate.load(self._leaf.public_bytes(serialization.Encoding.DER))
        signed = cms.CMSAttributes([
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "message_digest", "values": [hashlib.sha256(info.dump()).digest()]},
            {"type": "signing_certificate_v2", "values": [{"certs": [{"cert_hash": hashlib.sha256(leaf.dump()).digest()}]}]},
        ])  # fmt: skip
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        data = cms.SignedData({
            "version": "v3", "digest_algorithms": [sha256], "certificates": [leaf],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info.dump())},
            "signer_infos": [{
                "version": "v1", "digest_algorithm": sha256, "signed_attrs": signed,
                "sid": {"issuer_and_serial_number": {"issuer": leaf.issuer, "serial_number": leaf.serial_number}},
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": self._key.sign(signed.dump(), ec.ECDSA(hashes.SHA256())),
            }],
        })  # fmt: skip
        token = {"content_type": "signed_data", "content": data}
        return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()


class Calendar:
    """Promises at once, and names a block of its own once `mined` is set; that block has next to no work."""

    def __init__(self, at: dt.datetime) -> None:
        self.at, self.mined, self.url = at, False, ""
        self._block = b""

    def promise(self, digest: bytes) -> bytes:
        """The serialised timestamp of a digest: hashed with a salt, pending here."""
        stamp = Timestamp(digest)
        stamp.ops.add(OpAppend(b"salt")).ops.add(OpSHA256()).attestations.add(PendingAttestation(self.url))
        return _serialised(stamp)

    def known(self, commitment: bytes) -> bytes | None:
        """What is known of a commitment: the block, once it is mined."""
        if not self.mined:
            return None
        stamp = Timestamp(commitment)
        root = stamp.ops.add(OpSHA256())
        root.attestations.add(BitcoinBlockHeaderAttestation(HEIGHT))
        for nonce in range(1 << 16):
            self._block = struct.pack(
                "<I32s32sIII", 4, b"", root.msg, int(self.at.timestamp()), 0x207FFFFF, nonce
            )
            if hashlib.sha256(hashlib.sha256(self._block).digest()).digest()[31] < 0x7F:
                break
        return _serialised(stamp)

    def header(self) -> bytes:
        """The header of the block."""
        return self._block


@contextmanager
def served(authority: Authority, calendar: Calendar) -> Iterator[str]:
    """Both at one address, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def _say(self, body: bytes | None, kind: str) -> None:
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/digest":
                self._say(calendar.promise(body), "application/vnd.opentimestamps.v1")
            elif authority.mode == "page":
                self._say(b"<html>maintenance</html>", "text/html")
            else:
                self._say(authority.answer(body), "application/timestamp-reply")

        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            if self.path.startswith("/timestamp/"):
                self._say(calendar.known(bytes.fromhex(name)), "application/vnd.opentimestamps.v1")
            elif self.path.startswith("/block-height/"):
                self._say(b"ab" * 32, "text/plain")
            else:
                self._say(calendar.header().hex().encode(), "text/plain")

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    calendar.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield calendar.url
    finally:
        server.shutdown()
        server.server_close()


def _serialised(stamp: Timestamp) -> bytes:
    context = BytesSerializationContext()
    stamp.serialize(context)
    return bytes(context.getbytes())


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    use: x509.ObjectIdentifier | None,
) -> x509.Certificate:
    own, by = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in (subject, issuer))
    made = (
        x509.CertificateBuilder().subject_name(own).issuer_name(by).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(_EVER[0]).not_valid_after(_EVER[1]).add_extension(x509.BasicConstraints(ca=use is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )  # fmt: skip
    if use is not None:
        made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=True)
    return made.sign(signer, hashes.SHA256())
