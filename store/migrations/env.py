"""Alembic environment: runs on the engine handed over by store.db.engine, never on a URL of its own.

All steps are one transaction that holds the database to itself: a killed migration leaves the schema as it was, and of
two commands started at once on a new data directory the second waits and finds nothing left to do.
"""

from alembic import context

from store.db.tables import Base

_ALONE = {
    "sqlite": "BEGIN IMMEDIATE",  # Python's sqlite3 would begin a transaction for rows only, not for tables
    "postgresql": "SELECT pg_advisory_xact_lock(7126344085)",
}
engine = context.config.attributes["engine"]

with engine.connect() as connection:
    connection.exec_driver_sql(_ALONE[connection.dialect.name])
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
