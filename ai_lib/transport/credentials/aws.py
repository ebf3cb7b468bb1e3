"""Access keys of AWS: from the environment, from its files, or from `botocore`."""

import os
import re
from collections.abc import Callable, Mapping
from configparser import ConfigParser, Error as ConfigError
from datetime import datetime, timedelta, timezone
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from ai_lib.errors.exceptions import CredentialError, RemoteError, RequestError
from ai_lib.protocol.manifest.model import Auth, ProtocolManifest
from ai_lib.transport.credentials.aws_sigv4 import AwsSecret, SigningScope, sign_request
from ai_lib.transport.credentials.source import CredentialSource, IssuedCredential
from ai_lib.types.wire import HttpRequest

HINT: Final = (
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile of ~/.aws/credentials, or what "
    "botocore finds (pip install 'ai-lib[aws]')"
)
_EXPIRED: Final = frozenset({"ExpiredTokenException", "ExpiredToken"})
_MISMATCHES: Final = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
# "Signature expired: ... is now earlier than ... (20261201T120000Z - 5 min.)", or "not yet current:
# ... is still later than ... (... + 5 min.)". https://github.com/aws-amplify/amplify-js/issues/7913
_SERVICE_TIME: Final = re.compile(r"\((\d{8}T\d{6})Z [+-] \d+ min")
_EARLY_SECONDS: Final = 900.0
_LATE_SECONDS: Final = 600.0


def find_source(
    auth: Auth, manifest: ProtocolManifest, environ: Mapping[str, str]
) -> CredentialSource | None:
    """Return the source of access keys, in the order of the vendor's own packages."""
    label = _find_label(environ)
    if label is None:
        return None
    region = manifest.variable_values.get(auth.settings.get("region", "region"), "")
    scope = SigningScope(region, auth.settings.get("service", manifest.id))
    return AwsKeySource(label, scope)


def find_value(environ: Mapping[str, str]) -> str | None:
    """Return the region of the profile in force."""
    return _read_section(environ, "AWS_CONFIG_FILE", "config").get("region")


def _find_label(environ: Mapping[str, str]) -> str | None:
    if _read_environment(environ) is not None:
        return "AWS_ACCESS_KEY_ID"
    # A web identity comes before the files.
    if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and find_spec("botocore"):
        return "botocore"
    if _read_files(environ) is not None:
        return f"AWS profile {_get_profile(environ)}"
    return "botocore" if find_spec("botocore") else None


def _read_environment(environ: Mapping[str, str]) -> AwsSecret | None:
    key_id = environ.get("AWS_ACCESS_KEY_ID", "").strip()
    secret = environ.get("AWS_SECRET_ACCESS_KEY", "").strip()
    if not key_id or not secret:
        return None
    return AwsSecret(key_id, secret, environ.get("AWS_SESSION_TOKEN", "").strip())


def _read_files(environ: Mapping[str, str]) -> AwsSecret | None:
    """Return the static keys of the profile in force; None where it has none."""
    for variable, name in (
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
        ("AWS_CONFIG_FILE", "config"),
    ):
        section = _read_section(environ, variable, name)
        key_id, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
        if key_id and secret:
            return AwsSecret(key_id, secret, section.get("aws_session_token", ""))
    return None


def _read_section(environ: Mapping[str, str], variable: str, name: str) -> Mapping[str, str]:
    path = Path(environ.get(variable) or Path(os.path.expanduser("~")) / ".aws" / name)
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(path.expanduser().read_text("utf-8"))
    except (OSError, ValueError, ConfigError):
        return {}
    profile = _get_profile(environ)
    section = profile if name == "credentials" or profile == "default" else f"profile {profile}"
    return dict(parser[section]) if parser.has_section(section) else {}


def _get_profile(environ: Mapping[str, str]) -> str:
    return environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE") or "default"


class AwsKeySource(CredentialSource):
    """Access keys, with which each attempt is signed anew.

    Keys of the environment and of files are read for each attempt; those that `botocore` finds are
    kept until they expire. `clock` gives the time of a signature; where the service says that it is
    another time there, that one counts from then on.
    """

    early_seconds = _EARLY_SECONDS
    late_seconds = _LATE_SECONDS

    def __init__(
        self, label: str, scope: SigningScope, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.label = label
        self.blocks = label == "botocore"
        self._scope = scope
        self._clock = clock or partial(datetime.now, timezone.utc)
        self._offset = timedelta()
        self._session: Any = None

    def check(self) -> None:
        """Raise RequestError without the region that a signature holds for."""
        if not self._scope.region:
            raise RequestError(
                f"a signature for {self._scope.service} needs the region: call builder().variable("
                "region=...), or set AWS_REGION, AWS_DEFAULT_REGION or the region of your profile"
            )

    def issue(self) -> IssuedCredential:
        """Return the access keys. Raises CredentialError when there are none."""
        environ = os.environ
        if self.label == "botocore":
            return self._ask_botocore()
        is_named = self.label == "AWS_ACCESS_KEY_ID"
        keys = _read_environment(environ) if is_named else _read_files(environ)
        if keys is None:
            raise CredentialError(f"{self.label} has no access key any more", looked_in=(HINT,))
        return _to_credential(keys, None)

    def forget(self) -> None:
        """Drop the keys that `botocore` keeps until they expire."""
        self._session = None

    def _ask_botocore(self) -> IssuedCredential:
        session = self._session or import_module("botocore.session").get_session()
        self._session = session
        credentials = session.get_credentials()
        if credentials is None:
            raise CredentialError(f"botocore finds no access keys: set {HINT}", looked_in=(HINT,))
        frozen = credentials.get_frozen_credentials()
        expiry = getattr(credentials, "_expiry_time", None)  # there is no public name for it
        keys = AwsSecret(frozen.access_key, frozen.secret_key, frozen.token or "")
        return _to_credential(keys, expiry.timestamp() if isinstance(expiry, datetime) else None)

    @property
    def sign(self) -> Callable[[HttpRequest, IssuedCredential], HttpRequest]:
        """The function that signs a request with the keys."""
        return self._sign

    def _sign(self, request: HttpRequest, issued: IssuedCredential) -> HttpRequest:
        details = issued.details
        keys = AwsSecret(
            str.__str__(details["access_key_id"]),
            str.__str__(issued.value),
            str.__str__(details.get("session_token", "")),
        )
        return sign_request(request, keys, self._scope, self._clock() + self._offset)

    def is_refusal(self, error: RemoteError) -> bool:
        """Whether the keys have expired, or the time of the signature was wrong.

        Then other keys are asked for, or the right time is used, once.
        """
        return error.type in _EXPIRED or self._learn_time(error)

    def _learn_time(self, error: RemoteError) -> bool:
        """Take over the service's time from an error that says it; return whether it does."""
        time_match = _SERVICE_TIME.search(error.message) if error.type in _MISMATCHES else None
        if time_match is None:
            return False
        moment = datetime.strptime(time_match[1], "%Y%m%dT%H%M%S").replace(tzinfo=timezone.utc)
        self._offset = moment - self._clock()
        return True


def _to_credential(keys: AwsSecret, expires_at: float | None) -> IssuedCredential:
    details = {"access_key_id": keys.access_key_id}
    if keys.session_token:
        details["session_token"] = keys.session_token
    return IssuedCredential(value=keys.secret_access_key, details=details, expires_at=expires_at)
