"""Manifests: what a provider and its models are."""

from typing import TYPE_CHECKING

from ai_lib._lazy import old_names

if not TYPE_CHECKING:
    __getattr__ = old_names(__name__)
