"""Databases and their filestores: made once as templates, then copied.

A database's comment in PostgreSQL says what it was made from and is written
last, so a database without the right comment is half-made or outdated.
"""

import secrets
import shutil
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from psycopg2 import sql

from . import addons, odoo_process, odoo_source, postgres
from .console import say
from .locks import exclusive

MODULES = ("project", "hr", "contacts")
STOCK = "stock"  # the comment of a database without our addons


@contextmanager
def fresh(name_prefix="tmp", demo=False, modules=(), stock=False):
    """Yield the name of a new database, with our addons unless ``stock``."""
    name = f"{name_prefix}_{secrets.token_hex(4)}"
    create(name, demo, modules, stock)
    try:
        yield name
    finally:
        drop(name)


def create(name, demo=False, modules=(), stock=False):
    with exclusive("templates"):
        source = _stock_template(demo, modules)
        if not stock and addons.names():
            source = _addons_template(source, demo)
        _copy(source, name)


def ensure(name, demo=False):
    """Create the database, or update our addons in it when they changed."""
    digest = addons.digest()
    if not _exists(name):
        create(name, demo)
    elif _comment(name) != digest:
        say(f"Database {name}: installing the addons as they are now")
        modules = ",".join(addons.names())
        odoo_process.run(name, f"--init={modules}", f"--update={modules}")
        _set_comment(name, digest)


def drop(name):
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    shutil.rmtree(odoo_process.data_dir(name), ignore_errors=True)


def speed_up(name):
    """Let commits of this database not wait for the disk: for tests only."""
    _execute("ALTER DATABASE {} SET synchronous_commit = off", name)


def _stock_template(demo, modules):
    modules = ",".join(sorted({*MODULES, *modules}))
    key = sha256(f"{odoo_source.current().key()} {modules} {demo}".encode())
    name = f"template_{key.hexdigest()[:12]}"
    if _comment(name) != STOCK:
        say(f"Database template: installing {modules}{' with demo data' * demo}")
        drop(name)
        _install(name, modules, demo)
        _set_comment(name, STOCK)
    return name


def _addons_template(stock_template, demo):
    name = f"{stock_template}_addons"
    digest = addons.digest()
    if _comment(name) != digest:
        modules = ",".join(addons.names())
        say(f"Database template: installing {modules}{' with demo data' * demo}")
        drop(name)
        _copy(stock_template, name)
        _set_comment(name, None)
        _install(name, modules, demo)
        _set_comment(name, digest)
    return name


def _install(name, modules, demo):
    odoo_process.run(name, f"--init={modules}", *(["--with-demo"] if demo else []))


def _copy(source, name):
    drop(name)
    _copy_filestore(source, name)  # first: a database that exists has its files
    _execute("CREATE DATABASE {} TEMPLATE {}", name, source)
    with closing(postgres.connect(name)) as connection:
        # Two databases with one identity: Odoo's own duplicate renews it, too.
        connection.cursor().execute(
            "UPDATE ir_config_parameter SET value = gen_random_uuid()"
            " WHERE key = 'database.uuid'"
        )
    _set_comment(name, _comment(source))


def _copy_filestore(source, name):
    original = _filestore(source)
    if original.is_dir():
        shutil.copytree(original, _filestore(name))


def _filestore(name) -> Path:
    return odoo_process.data_dir(name) / "filestore" / name


def _exists(name):
    return bool(_query("SELECT FROM pg_database WHERE datname = %s", name))


def _comment(name):
    rows = _query(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
        " WHERE datname = %s",
        name,
    )
    return rows[0][0] if rows else None


def _set_comment(name, text):
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}").format(
        sql.Identifier(name), sql.Literal(text)
    )
    with closing(postgres.connect()) as connection:
        connection.cursor().execute(statement)


def _execute(statement, *names):
    with closing(postgres.connect()) as connection:
        identifiers = map(sql.Identifier, names)
        connection.cursor().execute(sql.SQL(statement).format(*identifiers))


def _query(statement, *values):
    with closing(postgres.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
