"""Tokens and sessions: 256 random bits each, of which only the BLAKE2 digest is kept, compared in constant time.

A token opens the service to a program, in ``Authorization: Bearer``. A browser's images and videos cannot send that
header, so the page trades the token for a session: a cookie that no script can read and no other site can have sent.
Neither ever stands in an address, where logs and histories would keep it.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from hashlib import blake2b

from sonolux.server.state import ServiceState

BYTES = 32
"""256 bits."""

SESSION_SECONDS = 14 * 24 * 3600.0
"""After which the token is asked for again."""

MOST_SESSIONS = 256
"""The oldest ends where there would be more."""

STEPS = (
    "CREATE TABLE tokens (digest BLOB PRIMARY KEY, created REAL NOT NULL) WITHOUT ROWID",
    "CREATE TABLE sessions (digest BLOB PRIMARY KEY, ends REAL NOT NULL) WITHOUT ROWID",
)
"""That make the tables."""


class TokenStore:
    """The tokens and sessions of a service, in its database."""

    def __init__(self, state: ServiceState) -> None:
        self.state = state
        self._lock = threading.Lock()
        state.prepare("tokens", STEPS)
        with state.reading() as database:
            self._tokens = {row["digest"] for row in database.execute("SELECT digest FROM tokens")}
            rows = database.execute("SELECT digest, ends FROM sessions")
            self._sessions = {row["digest"]: row["ends"] for row in rows}

    def has_token(self) -> bool:
        """Tell whether there is any token."""
        return bool(self._tokens)

    def new_token(self) -> str:
        """Make a token, which takes the place of any other and ends their sessions; its digest alone is kept."""
        token = secrets.token_urlsafe(BYTES)
        with self._lock, self.state.writing() as database:
            database.execute("DELETE FROM tokens")
            database.execute("DELETE FROM sessions")
            database.execute("INSERT INTO tokens VALUES (?, ?)", (secret_digest(token), time.time()))
            self._tokens, self._sessions = {secret_digest(token)}, {}
        return token

    def is_token(self, token: str) -> bool:
        """Tell whether this is a token of the service, in a time that does not depend on how much of it is right."""
        return _among(secret_digest(token), self._tokens)

    def open_session(self) -> str:
        """Return the secret of a new session."""
        secret = secrets.token_urlsafe(BYTES)
        now = time.time()
        with self._lock, self.state.writing() as database:
            live = {digest: ends for digest, ends in self._sessions.items() if ends > now}
            newest = sorted(live.items(), key=lambda session: -session[1])[: MOST_SESSIONS - 1]
            self._sessions = {**dict(newest), secret_digest(secret): now + SESSION_SECONDS}
            database.execute("DELETE FROM sessions")
            database.executemany("INSERT INTO sessions VALUES (?, ?)", self._sessions.items())
        return secret

    def session_name(self, secret: str) -> str | None:
        """Return the name by which a live session is counted, which tells nothing of its secret; None for none."""
        digest = secret_digest(secret)
        now = time.time()
        live = [one for one, ends in list(self._sessions.items()) if ends > now]
        if self._sessions.get(digest, 0.0) > now + SESSION_SECONDS:  # the clock was turned back
            self._sessions[digest] = now + SESSION_SECONDS
        return digest.hex()[:16] if _among(digest, live) else None

    def end_session(self, secret: str) -> None:
        """End a session, if it is one."""
        with self._lock, self.state.writing() as database:
            self._sessions.pop(secret_digest(secret), None)
            database.execute("DELETE FROM sessions WHERE digest = ?", (secret_digest(secret),))


def secret_digest(secret: str) -> bytes:
    """Return the digest under which a token or a session is kept: of 256 random bits, no slower one is needed."""
    return blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=32, person=b"sonolux-token").digest()


def _among(digest: bytes, kept: set[bytes] | list[bytes]) -> bool:
    found = False
    for one in kept:
        found |= hmac.compare_digest(digest, one)
    return found
