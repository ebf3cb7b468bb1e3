"""Whom to trust and how to identify ourselves: one TLS context per set of options."""

import os
import ssl
from collections.abc import Mapping

from ai_lib.errors.tree import RequestError
from ai_lib.transport.options import TransportOptions


def make_context(options: TransportOptions, environment: Mapping[str, str]) -> ssl.SSLContext:
    """Build the context; it takes some 20 ms, so share it.

    Raises `RequestError` when a file it needs can't be used.
    """
    try:
        context = _trusting(options, environment)
        if options.client_cert is not None:
            context.load_cert_chain(
                options.client_cert, options.client_key, options.client_key_password or ""
            )
    except OSError as error:  # ssl.SSLError is one
        raise RequestError(
            f"a certificate file can't be used: {error}; see ca_bundle, client_cert,"
            " SSL_CERT_FILE and SSL_CERT_DIR"
        ) from error
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(options: TransportOptions, environment: Mapping[str, str]) -> ssl.SSLContext:
    if options.ca_bundle is not None:
        if os.path.isdir(options.ca_bundle):
            return ssl.create_default_context(capath=options.ca_bundle)
        return ssl.create_default_context(cafile=options.ca_bundle)
    file, directory = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file or directory:
        return ssl.create_default_context(cafile=file or None, capath=directory or None)
    if options.trust == "certifi":
        return ssl.create_default_context(cafile=_certifi())
    context = ssl.create_default_context()
    if options.trust == "auto" and not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(cafile=_certifi())
    return context


def _certifi() -> str:
    import certifi

    return certifi.where()
