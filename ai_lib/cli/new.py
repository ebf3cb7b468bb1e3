"""`ai-lib new`: a manifest to begin with, on standard output."""

import sys

from ai_lib.protocol.catalogue import Catalogue, check_id
from ai_lib.protocol.lab_new import new_manifest


def new(provider: str, *, like: str, base_url: str | None = None) -> int:
    """Write a manifest for `provider` that is as that of `like`; return the exit code.

    Raises:
        ManifestNotFound: there is no provider `like`, or `provider` can't be an id.
    """
    manifest = Catalogue().load(like).manifest
    sys.stdout.write(new_manifest(manifest, check_id(provider), base_url))
    return 0
