"""The file of a store: creating, recognizing and opening it, its tables, and the words for its errors.

A store is one SQLite file in WAL mode with synchronous=FULL: a committed transaction is on disk. A new store is written
under another name and linked to its place when it is complete. A file that is not a store is refused by its first
bytes.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
import stat
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from passmuster.codec.files import fresh
from passmuster.errors import IntegrityError, PassmusterError, UsageError
from passmuster.fleet.store.packing import MOST, DamageError

if TYPE_CHECKING:
    from collections.abc import Iterator

Database: TypeAlias = sqlite3.Connection
"""An open store."""
APPLICATION = 0x504D5354
"""Bytes 68 to 71 of the file, as file(1) and SQLite know them: PMST."""
VERSION = 2
PATIENCE = 600.0
"""Seconds for which a command waits until others have written."""
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2 * MOST,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1024 * 1024,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_ATTACHED: 1,
}
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
TABLES = """
CREATE TABLE state(gc INTEGER NOT NULL);
INSERT INTO state VALUES (0);

-- Where snapshots came from: the beginning of a label, to which the place of a snapshot is added.
CREATE TABLE source(
  id INTEGER PRIMARY KEY, prefix TEXT NOT NULL, delivery INTEGER NOT NULL, UNIQUE(prefix, delivery));

-- An empty name: none was named.
CREATE TABLE site(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

-- What came together: one bundle, or the loose files of one command; numbered in the order of receipt, never twice.
-- received: seconds since 1970; tolerance: seconds by which a node's clock may be ahead; keys: names, as JSON.
CREATE TABLE delivery(
  id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, tolerance INTEGER NOT NULL, sequence INTEGER,
  bundle BLOB, assurance TEXT, keys TEXT);
CREATE TABLE roster(site TEXT PRIMARY KEY, names BLOB NOT NULL) WITHOUT ROWID;

-- What was seen of bundles, so that no older one comes in again: at most one row.
CREATE TABLE bundles(id INTEGER PRIMARY KEY CHECK(id = 1), state BLOB NOT NULL);

-- Ids of pieces and shapes are never used twice: kept verdicts name them.
CREATE TABLE piece(
  id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, section TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE shape(
  id INTEGER PRIMARY KEY AUTOINCREMENT, pieces BLOB NOT NULL UNIQUE, checksum INTEGER NOT NULL);

-- one: an operator says that all snapshots without a machine id are of one machine.
CREATE TABLE node(
  id INTEGER PRIMARY KEY, site INTEGER NOT NULL, name TEXT NOT NULL, machine BLOB, one INTEGER NOT NULL DEFAULT 0);
CREATE INDEX node_name ON node(name);
CREATE INDEX node_machine ON node(substr(machine, 1, 6)) WHERE machine IS NOT NULL;

-- latest: 1 the newest of its node, 0 an older one; others: see order.py.
-- shape 0: the bytes are kept whole.
CREATE TABLE snapshot(
  id INTEGER PRIMARY KEY, node INTEGER NOT NULL, at INTEGER NOT NULL, latest INTEGER NOT NULL, shape INTEGER NOT NULL,
  digest BLOB NOT NULL, total INTEGER, source INTEGER NOT NULL, place NOT NULL);
CREATE INDEX snapshot_digest ON snapshot(substr(digest, 1, 6));
CREATE INDEX snapshot_node ON snapshot(node, at);
CREATE INDEX snapshot_latest ON snapshot(shape, at) WHERE latest = 1;
CREATE INDEX snapshot_unknown ON snapshot(node) WHERE latest > 1;
CREATE TABLE whole(snapshot INTEGER PRIMARY KEY, content BLOB NOT NULL);

CREATE TABLE terms(id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, content BLOB NOT NULL);
CREATE TABLE class(id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, content BLOB NOT NULL);
CREATE TABLE verdict(
  terms INTEGER NOT NULL, facts BLOB NOT NULL, class INTEGER NOT NULL, checksum INTEGER NOT NULL,
  PRIMARY KEY(terms, facts)) WITHOUT ROWID;
"""


def create(path: str) -> None:
    """Make an empty store where nothing is; another command may have done so in the meantime. Raises UsageError."""
    target = Path(path)
    try:
        temporary, descriptor = fresh(target.parent)
        os.close(descriptor)
        try:
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as database:
                database.executescript(
                    f"PRAGMA application_id={APPLICATION}; PRAGMA user_version={VERSION}; PRAGMA synchronous=FULL;"
                    f"BEGIN; {TABLES} COMMIT; PRAGMA journal_mode=WAL;"
                )
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
        finally:
            temporary.unlink()
    except OSError as error:
        raise UsageError.at(path, f"cannot be created ({error.strerror})", code="store-file") from None
    except sqlite3.Error as error:
        raise told(path, error) from None


@contextlib.contextmanager
def opened(path: str, *, write: bool) -> Iterator[sqlite3.Connection]:
    """A store that is there; raises UsageError for what is no store, and for what goes wrong inside."""
    _recognize(path)
    try:
        with contextlib.closing(_connect(path, write=write)) as database:
            _demand_version(path, database.execute("PRAGMA user_version").fetchone()[0])
            yield database
    except sqlite3.Error as error:
        raise told(path, error) from None
    except DamageError as error:
        hint = f"`passmuster fleet verify {path}` lists all that is damaged"
        raise IntegrityError.at(path, f"damaged: {error}", code="store-damaged", hint=hint) from None


def _connect(path: str, *, write: bool) -> sqlite3.Connection:
    quoted = Path(path).absolute().as_uri()
    try:
        return _looked_at(sqlite3.connect(f"{quoted}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None))
    except UnicodeDecodeError as error:
        # SQLite's own message, for it quotes what is damaged.
        raise DamageError(error.object.decode(errors="backslashreplace")) from None
    except sqlite3.OperationalError:
        # In a folder that cannot be written to, SQLite cannot make the files beside a store that others may write.
        if write or os.access(Path(path).absolute().parent, os.W_OK) or Path(f"{path}-wal").exists():
            raise
    return _looked_at(sqlite3.connect(f"{quoted}?mode=ro&immutable=1", uri=True, isolation_level=None))


def _looked_at(database: sqlite3.Connection) -> sqlite3.Connection:
    """The database, ready for use; it is closed where it is not fit for that."""
    with contextlib.ExitStack() as failing:
        failing.callback(database.close)
        _restrain(database)
        database.execute("PRAGMA synchronous=FULL")
        database.execute("PRAGMA cache_size=-65536")
        database.execute("PRAGMA wal_autocheckpoint=4000")
        database.execute("SELECT gc FROM state").fetchone()
        failing.pop_all()
    return database


def _restrain(database: sqlite3.Connection) -> None:
    """Restrict a file from outside: it runs nothing of its own, and memory is limited."""
    for what, most in _LIMITS.items():
        database.setlimit(what, most)
    database.execute("PRAGMA trusted_schema=OFF")
    database.execute("PRAGMA cell_size_check=ON")
    # Nothing of it is asked before this: a view can go on for ever, and a trigger changes what others write.
    expected = _schema()
    missing = set(expected)
    for type_, name, table, text in database.execute(_OBJECTS):
        if (type_, name) not in expected:
            raise DamageError(f"it holds a {str(type_)[:20]} that a store does not have ({str(name)[:60]})")
        if expected[type_, name] != (table, text):
            raise DamageError(f"its {type_} {name} is not declared as in a store")
        missing.discard((type_, name))
    if missing:
        raise DamageError(f"its {' '.join(min(missing))} is missing")


_OBJECTS = "SELECT type, name, tbl_name, sql FROM sqlite_schema"


@functools.cache
def _schema() -> dict[tuple[str, str], tuple[str, str | None]]:
    """What a store's file declares: by type and name, the table and the statement that made it."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript(TABLES)
        return {(type_, name): (table, text) for type_, name, table, text in database.execute(_OBJECTS)}


@contextlib.contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is written together, or nothing is; waits for its turn."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def one_state(database: sqlite3.Connection) -> Iterator[None]:
    """Everything inside sees one state of the store, whatever others write meanwhile."""
    database.execute("BEGIN")
    try:
        yield
    finally:
        if database.in_transaction:
            database.execute("COMMIT")


def _recognize(path: str) -> None:
    try:
        mode = Path(path).stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # opening a pipe would wait for ever
            raise UsageError.at(path, "not a store (expected a file that `fleet add` made)", code="store-file")
        with Path(path).open("rb") as file:
            header = file.read(_HEADER)
    except FileNotFoundError:
        raise UsageError.at(path, "no such store (expected one that `fleet add` made)", code="store-file") from None
    except OSError as error:
        raise UsageError.at(path, f"cannot be read ({error.strerror})", code="store-file") from None
    if header[:16] != _MAGIC or int.from_bytes(header[68:72]) != APPLICATION:
        raise UsageError.at(path, "not a store (expected a file that `fleet add` made)", code="store-file")
    _demand_version(path, int.from_bytes(header[60:64]))


def _demand_version(path: str, version: int) -> None:
    if version != VERSION:
        made = "newer" if version > VERSION else "older"
        message = f"made by {'a' if version > VERSION else 'an'} {made} passmuster"
        expected = f"(got a store of version {version}, expected {VERSION})"
        raise UsageError.at(path, f"{message} {expected}", code="store-version")


def told(path: str, error: sqlite3.Error) -> PassmusterError:
    """What SQLite met, for the person who must act."""
    text = str(error)
    if isinstance(error, sqlite3.OperationalError) and not text.startswith("Could not decode"):
        return UsageError.at(path, f"cannot be used ({text}); nothing that it held is lost", code="store-io")
    if isinstance(error, sqlite3.DatabaseError):
        return IntegrityError.at(path, f"damaged ({text})", code="store-damaged")
    raise error
