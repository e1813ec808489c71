"""The names that provider modules of 2023 import from here, and the type of their messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Dict, List, NewType, Optional, Union, get_type_hints  # noqa: UP035 - these very names are the interface

__all__ = ["AsyncIterator", "Dict", "Iterator", "List", "Messages", "NewType", "Optional", "Union", "get_type_hints", "sha256"]

sha256 = NewType("sha_256_hash", str)  # type: ignore[misc]  # its name of 2023
"""A SHA-256 digest in lowercase hexadecimal."""

Messages = list[dict[str, Any]]
"""A conversation as programs write it: ``[{"role": "user", "content": "…"}]``."""
