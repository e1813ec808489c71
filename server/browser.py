"""Opens the page in the person's browser, where there is a screen to show it on."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Mapping


def has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser window could be seen by the person who typed the command."""
    if environ.get("SSH_CONNECTION") or environ.get("CI"):
        return False
    return platform in ("win32", "darwin") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_page(address: str) -> bool:
    """Open ``address`` without waiting for the browser. Call it when the port already listens. Returns whether it was tried."""
    if not has_screen(os.environ, sys.platform):
        return False
    threading.Thread(target=webbrowser.open, args=(address,), name="browser", daemon=True).start()
    return True
