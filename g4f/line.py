"""The connection of one blocking request, held so that somebody else can hang up while a thread waits on it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


class Line:
    """One request's connections. ``hang_up`` may be called from any thread, also before there is a connection, also twice."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._given_up = False
        self._lock = threading.Lock()

    def watch(self, session: requests.Session) -> None:
        """Hold every connection that ``session`` makes from now on."""
        for adapter in session.adapters.values():
            self._watch_adapter(adapter)

    def hang_up(self) -> None:
        """Whoever waits for the other side learns at once that nothing more will come."""
        with self._lock:
            self._given_up = True
            for sock in self._sockets:
                _shut(sock)

    def _watch_adapter(self, adapter: Any) -> None:
        get_pool = adapter.get_connection_with_tls_context

        def watched_pool(*args: Any, **kwargs: Any) -> Any:
            pool = get_pool(*args, **kwargs)
            make = pool.ConnectionCls
            pool.ConnectionCls = lambda *args, **kwargs: self._held(make(*args, **kwargs))
            return pool

        adapter.get_connection_with_tls_context = watched_pool

    def _held(self, connection: Any) -> Any:
        connect = connection.connect

        def watched_connect() -> None:
            connect()
            # The connection forgets its socket when the answer's head says that it is the last one.
            with self._lock:
                self._sockets.append(connection.sock)
                given_up = self._given_up
            if given_up:
                _shut(connection.sock)

        connection.connect = watched_connect
        return connection


def _shut(sock: socket.socket) -> None:
    try:
        # Not sock.shutdown: that of a TLS socket takes its state away under the thread that is reading.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        pass  # closed already
