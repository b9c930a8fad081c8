"""Finding, opening and locking the database; every failure said in our words, and without the password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa  # noqa: TID253  loaded lazily, by coursekit.grading.gradebook
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError  # noqa: TID253  as above

from coursekit.errors import GradingError

from .tables import VERSION, Base, Schema

_EXAMPLES: Final = "a path, sqlite:////srv/grades.db or postgresql+psycopg://user:password@host/database"


def read_url(where: str | Path) -> sa.URL:
    """The URL of a database.

    Args:
        where: a path of a SQLite file, or a text with ``://``, a URL of SQLAlchemy.

    Raises:
        GradingError: a URL that is none. It is not shown: a password may be in it.
    """
    if isinstance(where, Path) or "://" not in where:
        return sa.URL.create("sqlite", database=str(Path(where).expanduser().absolute()))
    try:
        return sa.make_url(where)
    except (ArgumentError, ValueError):
        # Not chained: the original shows the URL.
        raise GradingError(
            "a database URL that cannot be read", expected=_EXAMPLES, mend="write @ : / in a password as %40 %3A %2F"
        ) from None


def shown(url: sa.URL) -> str:
    """A URL as it may be shown: no user, no password, no options."""
    if url.get_backend_name() == "sqlite":
        return url.database or "a database in memory"
    return str(sa.URL.create(url.drivername, host=url.host, port=url.port, database=url.database))


def make_engine(url: sa.URL, *, timeout: float) -> sa.Engine:
    """An engine that begins SQLite transactions itself, so that a writer is one from its first statement.

    Args:
        url: of the database.
        timeout: seconds for which a writer of SQLite waits for another.

    Raises:
        GradingError: a database that SQLAlchemy does not know, or whose driver is not installed.
    """
    try:
        # hide_parameters: what students wrote does not belong in a log.
        engine = sa.create_engine(url, hide_parameters=True)
    except (NoSuchModuleError, ArgumentError):
        raise GradingError(
            f"no SQLAlchemy dialect for {url.drivername!r}", expected=_EXAMPLES, mend="correct the part before ://"
        ) from None
    except ModuleNotFoundError as error:
        raise GradingError(
            f"the driver {error.name!r} of {url.drivername!r} is not installed",
            expected="the Python package of the database",
            mend=f"pip install it, or name another one: {url.get_backend_name()}+DRIVER://...",
        ) from None
    if engine.dialect.is_async:
        raise GradingError(f"the asynchronous driver {url.drivername!r}", expected=_EXAMPLES, mend="name another one")
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, timeout)
    return engine


def _prepare_sqlite(engine: sa.Engine, timeout: float) -> None:
    @sa.event.listens_for(engine, "connect")
    def _connected(connection: Any, record: object) -> None:  # noqa: ARG001  SQLAlchemy's signature
        connection.isolation_level = None  # the driver begins no transactions of its own
        for setting in (
            f"busy_timeout = {round(timeout * 1000)}",
            "foreign_keys = ON",
            "journal_mode = WAL",  # readers go on while one writes
            "synchronous = FULL",  # what was committed outlasts a loss of power
        ):
            connection.execute(f"PRAGMA {setting}")

    @sa.event.listens_for(engine, "begin")
    def _began(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads one state of the database."""
    with explained(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine, *, lock: bool = True) -> Iterator[sa.Connection]:
    """The one transaction that may write; all of it happens, or nothing.

    Args:
        engine: of the database.
        lock: also lock the schema's row, where SQLite's own lock does not keep other writers out.

    Raises:
        GradingError: another one is writing.
    """
    with explained(engine), engine.connect().execution_options(writes=True) as connection, connection.begin():
        if lock and engine.dialect.name != "sqlite":
            connection.execute(sa.select(Schema.version).with_for_update(nowait=True))
        yield connection


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Turn the errors of a database into ours."""
    try:
        yield
    except SQLAlchemyError as error:
        # Not chained: the original may show the URL, and what students wrote.
        raise _explanation(error, engine.url) from None


def _explanation(error: SQLAlchemyError, url: sa.URL) -> GradingError:
    said = str(getattr(error, "orig", None) or error).strip()
    for secret in (str(url.password or ""), *map(str, url.query.values())):
        said = said.replace(secret, "***") if len(secret) > 3 else said
    where = f"the gradebook at {shown(url)}"
    if "lock" in said.lower():
        return GradingError(
            f"{where} is being written by another process ({said})",
            expected="one writer at a time",
            mend="wait until it has ended; nothing was written, and doing it again does no harm",
        )
    if "not a database" in said or "malformed" in said:
        return GradingError(f"{where} is no SQLite database, or a damaged one ({said})", mend="name another path")
    return GradingError(
        f"{where}: {said}",
        expected="a database that can be opened and written",
        mend="check the path or URL, its rights and the space that is left",
    )


def prepare(engine: sa.Engine, *, create: bool) -> None:
    """See that the database is a gradebook of this version; make one of an empty database.

    Raises:
        GradingError: it holds something else, or another version, or cannot be opened; or it is empty and ``create``
            is False.
    """
    path = engine.url.database
    missing = engine.dialect.name == "sqlite" and path and not path.startswith(":") and not Path(path).exists()
    if missing and not create:
        raise GradingError(f"no gradebook at {path}", expected="a database that grading made", mend="check the path")
    with reading(engine) as connection:
        if _is_gradebook(connection):
            return
    if not create:
        raise GradingError(
            f"the database at {shown(engine.url)} is empty",
            expected="a gradebook",
            mend="grade submissions into it first",
        )
    with writing(engine, lock=False) as connection:
        # Asked again: another process may have made it in between.
        if not _is_gradebook(connection):
            Base.metadata.create_all(connection)
            connection.execute(sa.insert(Schema).values(version=VERSION))


def _is_gradebook(connection: sa.Connection) -> bool:
    names = sa.inspect(connection).get_table_names()
    where = shown(connection.engine.url)
    if Schema.__tablename__ not in names:
        if names:
            raise GradingError(
                f"the database at {where} holds other tables ({', '.join(sorted(names)[:5])})",
                expected="an empty database or a gradebook",
                mend="give the gradebook a database of its own",
            )
        return False
    versions = list(connection.scalars(sa.select(Schema.version)))
    if versions != [VERSION]:
        raise GradingError(
            f"the gradebook at {where} has version {', '.join(map(str, versions)) or 'none'} of the schema",
            expected=f"version {VERSION}",
            mend="open it with the coursekit that made it, or grade into a new one",
        )
    return True
