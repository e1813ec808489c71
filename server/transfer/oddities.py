"""What the pages of 2023 stored as an answer though it was none: a stop mark, an apology, an error body, the page of a proxy."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from server.transfer.values import Turn

STOPPED = " [aborted]"
APOLOGY = "oops ! something went wrong"
FAILED = "provider_failed"
LONGEST_REFUSAL = 20_000  # characters; an error body is short, an answer about error bodies may not be
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PAGE_OF_FAILURE = re.compile(
    r"\b[45]\d\d\b|error|cloudflare|just a moment|attention required|denied|forbidden|not found|gateway|unavailable|timed? ?out"
    r"|captcha|too many requests|blocked|ошибк",
    re.IGNORECASE,
)


def cleaned(turn: Turn) -> Turn:
    """The answer that was meant: stopped without its mark, failed without the text of the failure."""
    if turn.author != "assistant" or turn.state != "complete":
        return turn
    if turn.text.endswith(STOPPED):
        return replace(turn, text=turn.text.removesuffix(STOPPED), state="stopped")
    if _is_refusal(turn.text):
        return replace(turn, text="", state="failed", code=FAILED)
    return turn


def _is_refusal(text: str) -> bool:
    return text.strip().lower().startswith(APOLOGY) or _is_error_body(text) or _is_error_page(text)


def _is_error_body(text: str) -> bool:
    """``{"_action": "_ask", "success": false, "error": …}``, the 400 that the page did not look at."""
    bare = text.strip()
    if not bare.startswith("{") or len(bare) > LONGEST_REFUSAL:
        return False
    try:
        body = json.loads(bare)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and "error" in body and (body.get("success") is False or set(body) == {"error"})


def _is_error_page(text: str) -> bool:
    """An HTML document that speaks of a failure. One that somebody asked for is an answer and stays."""
    return bool(_PAGE.match(text) and _PAGE_OF_FAILURE.search(text[:3000]))
