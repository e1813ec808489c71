"""Draws the icons of the installed page, client/icons/*.png, from the SVG files beside them. Run it when a drawing has changed.

python -m tests.e2e.icons
"""

from __future__ import annotations

import base64
from pathlib import Path

from tests.e2e.conftest import ARGUMENTS, CHROMIUM

ICONS = Path(__file__).parents[2] / "client" / "icons"
# file to draw -> (drawing, pixels). Systems cut "maskable" ones to their own shape; iPhones round "touch" themselves.
DRAWN = {
    "app-192.png": ("icon.svg", 192),
    "app-512.png": ("icon.svg", 512),
    "maskable-512.png": ("maskable.svg", 512),
    "touch-180.png": ("maskable.svg", 180),
}


def main() -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for name, (drawing, pixels) in DRAWN.items():
            page = browser.new_page(viewport={"width": pixels, "height": pixels})
            source = base64.b64encode((ICONS / drawing).read_bytes()).decode()
            picture = f'<img width="{pixels}" height="{pixels}" src="data:image/svg+xml;base64,{source}">'
            page.set_content(f'<body style="margin:0">{picture}')
            page.screenshot(path=ICONS / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
