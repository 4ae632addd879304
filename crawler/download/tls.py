"""Whether a host's certificate must be valid: of sources, registries, controls and services always, of shops it is a fact to record.

Certificates are checked against the system's authorities, or those of SSL_CERT_FILE and SSL_CERT_DIR.
"""

from __future__ import annotations

import ssl
from functools import cache

SHOP_PAGE = "shop_page"
"""The request meta of a page of a rated site, which is read whatever its certificate."""
BAD_CERTIFICATE = "bad_certificate"
"""The request meta that says what is wrong with the certificate the page came under."""


def certificate_fault(error: BaseException | None) -> str | None:
    """What a handshake that failed says against the certificate; None where it failed for something else."""
    while error is not None:
        for seen in (getattr(error, "certificate_error", None), error):
            if isinstance(seen, ssl.SSLCertVerificationError):
                return str(getattr(seen, "verify_message", "") or seen)[:200]
        error = error.__cause__
    return None


def verified() -> ssl.SSLContext:
    """A client's side of TLS that accepts valid certificates only. Made once a process: reading the authorities takes long enough to
    delay a request that was already counted as sent, and so to shorten the distance to the next.
    """
    return _trusting(ssl.get_default_verify_paths())


@cache
def _trusting(authorities: ssl.DefaultVerifyPaths) -> ssl.SSLContext:
    return ssl.create_default_context()


def unverified() -> ssl.SSLContext:
    """A client's side of TLS that accepts any certificate: it proves nothing of who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
