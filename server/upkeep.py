"""Every few hours: removes what nobody will ask for again, so that the database does not grow for ever."""

from __future__ import annotations

import asyncio
import logging
import time

from server.errors import StorageUnavailable
from server.storage.store import SqlStore

logger = logging.getLogger(__name__)

HOUR = 3_600.0
EVERY = 6 * HOUR  # seconds between two rounds
FIRST = 60.0  # seconds after the start: a start has better things to do
EVENTS_KEPT = 24 * HOUR  # seconds after the end of an answer; from then on a snapshot stands for its events
DELETED_KEPT = 30 * 24 * HOUR  # seconds for which a deleted conversation can be brought back


async def keep(store: SqlStore) -> None:
    """Run on the loop until it is cancelled. What cannot be removed now, whatever the reason, is removed in the next round."""
    await asyncio.sleep(FIRST)
    while True:
        try:
            await asyncio.to_thread(tidy, store, time.time())
        except StorageUnavailable:
            pass
        except Exception:
            logger.exception("the database could not be tidied")
        await asyncio.sleep(EVERY)


def tidy(store: SqlStore, now: float) -> None:
    """One round."""
    store.purge(events_before=now - EVENTS_KEPT, deleted_before=now - DELETED_KEPT)
