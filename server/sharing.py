"""Links by which somebody without a login may read one branch of a conversation. Knows neither Flask nor SQL.

A link shows what was there when it was made and never more: messages are append-only, and of an answer that was gone on with later
only the text before the seam is shown. The title is today's, so that a name one regrets can be taken back. Its token is 192 random
bits and kept as it is, because its owner wants to copy it again; whoever can read the database can read the conversations
themselves. The token's first letter says whether reasoning is shown.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from server import limiter
from server.branches import branch_to
from server.conversations import TERMINAL, Answer, Conversations, Message, new_id
from server.errors import ApiError, Conflict, NotFound
from server.shown import WITH_REASONING, WITHOUT_REASONING, KeptShare, Share, Shown

if TYPE_CHECKING:
    from server.storage.shares import Shares

TOKEN_BYTES = 24  # 192 bits, 32 characters
TOKEN = re.compile(f"[{WITH_REASONING}{WITHOUT_REASONING}][A-Za-z0-9_-]{{32}}", re.ASCII)
DAY = 86_400.0
KEPT = DAY  # seconds for which a link that ended can be opened again by its owner
WRONG_TOKENS = 20  # different ones within limiter.WINDOW from one address
MOST_SOURCES = 10_000  # addresses whose wrong tokens are remembered


class Sharing:
    """Make, list, revoke and open links. Any thread may call it."""

    def __init__(
        self, shares: Shares, conversations: Conversations, *, enabled: bool, clock: Callable[[], float] = time.time
    ) -> None:
        self.enabled = enabled
        self._shares = shares
        self._conversations = conversations
        self._clock = clock
        self._guesses = Guesses()

    # For the owner

    def create(
        self, owner: str, conversation_id: str, leaf_id: str | None, expires_in: int | None, *, reasoning: bool = False
    ) -> KeptShare:
        """A new link to the branch that ends with ``leaf_id``. Raises ``Conflict`` while an answer of it is being written."""
        if not self.enabled:
            raise ApiError("sharing_off", 403, "Sharing is switched off")
        conversation, messages = self._conversations.read(owner, conversation_id)
        branch = branch_to(messages, leaf_id)
        if not branch:
            raise NotFound
        if any(isinstance(message, Answer) and message.state not in TERMINAL for message in branch):
            raise Conflict("An answer of this branch is being written")
        now = self._clock()
        share = Share(
            id=new_id(),
            token=(WITH_REASONING if reasoning else WITHOUT_REASONING) + secrets.token_urlsafe(TOKEN_BYTES),
            conversation_id=conversation_id,
            leaf_id=branch[-1].id,
            created_at=now,
            expires_at=None if expires_in is None else now + expires_in,
        )
        return KeptShare(self._shares.add(owner, share, now - KEPT), conversation.title)

    def of_conversation(self, owner: str, conversation_id: str) -> Sequence[KeptShare]:
        if self._conversations.store.conversation(owner, conversation_id) is None:
            raise NotFound
        return self._open(self._shares.of_owner(owner, conversation_id))

    def of_owner(self, owner: str) -> Sequence[KeptShare]:
        return self._open(self._shares.of_owner(owner))

    def _open(self, kept: Sequence[KeptShare]) -> Sequence[KeptShare]:
        now = self._clock()
        return [each for each in kept if each.share.is_open(now)]

    def revoke(self, owner: str, share_id: str) -> None:
        """From the next request on the link shows nothing. What it was is kept for a day, so that revoking can be undone."""
        if not self._shares.set_expiry(owner, share_id, -self._clock()):
            raise NotFound

    def set_expiry(self, owner: str, share_id: str, expires_at: float | None) -> KeptShare:
        """Another end for a link, also for one that has ended lately."""
        if not self._shares.set_expiry(owner, share_id, expires_at):
            raise NotFound
        found = next((kept for kept in self._shares.of_owner(owner) if kept.share.id == share_id), None)
        if found is None:  # its conversation was deleted in between
            raise NotFound
        return found

    # For whoever has the link

    def find(self, token: str, address: str) -> tuple[str, Share]:
        """Whose link this is, and which. Raises ``NotFound``, the same for one that never was, has ended, or leads to what is
        deleted; 429 ``too_many_attempts`` for an address from which many wrong tokens came.
        """
        source, now = limiter.source(address), self._clock()
        wait = self._guesses.opens_at(source, now) - now
        if wait > 0:
            raise ApiError("too_many_attempts", 429, "Too many attempts", values={"seconds": round(wait) + 1}, retry_after=wait)
        found = self._shares.by_token(token) if self.enabled and TOKEN.fullmatch(token) else None
        if found is None or not found[1].is_open(now):
            self._guesses.note(source, token, now)
            raise NotFound
        return found

    def read(self, token: str, address: str) -> Shown:
        """What the link shows. Raises like ``find``."""
        owner, share = self.find(token, address)
        conversation, messages = self._conversations.read(owner, share.conversation_id)
        later = self._shares.gone_on_with(owner, share)
        branch = [_as_it_was(message, later) for message in branch_to(messages, share.leaf_id)]
        if not share.shows_reasoning:
            branch = [replace(message, reasoning="") if isinstance(message, Answer) else message for message in branch]
        return Shown(conversation.title, conversation.created_at, share.created_at, branch)


def _as_it_was(message: Message, later: Mapping[str, int]) -> Message:
    """``later``: of answers that were gone on with after the link was made, the number of their generations before.

    Each generation but the first began with a seam, and a provider that fell silent left one too; so the text of the first
    ``n`` generations ends at the seam number ``n`` or after it.
    """
    if not isinstance(message, Answer) or message.id not in later:
        return message
    before = later[message.id]
    text = message.text[: message.seams[before - 1][0]] if len(message.seams) >= before else message.text
    return replace(message, text=text, reasoning="", citations=(), state="stopped", reason=None)


class Guesses:
    """Wrong tokens by address, in memory. The same one again is no guess: somebody reloads a link that has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_source: OrderedDict[str, dict[bytes, float]] = OrderedDict()

    def opens_at(self, source: str, now: float) -> float:
        with self._lock:
            return limiter.opens_after(self._by_source.get(source, {}).values(), WRONG_TOKENS, now)

    def note(self, source: str, token: str, now: float) -> None:
        key = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            known = self._by_source.setdefault(source, {})
            self._by_source.move_to_end(source)
            for meaningless in [each for each, at in known.items() if not now - limiter.QUIET <= at <= now + limiter.AHEAD]:
                del known[meaningless]
            known.setdefault(key, now)
            while len(self._by_source) > MOST_SOURCES:
                self._by_source.popitem(last=False)
