"""An ib_async script that stores contract details with one bulk upsert."""

from __future__ import annotations

import json

from asking import fetch, read_task
from contract_table import Base, Contract, values
from sqlalchemy import create_engine
from sqlalchemy.dialects.sqlite import insert


def main() -> None:
    """Fetch and store, replacing what is stored under the same conId."""
    task = read_task()
    engine = create_engine(f"sqlite:///{task.database}")
    Base.metadata.create_all(engine)
    found = fetch(task)
    upsert = insert(Contract)
    new = {column.name: upsert.excluded[column.name] for column in Contract.__table__.columns}
    with engine.begin() as connection:
        connection.execute(
            upsert.on_conflict_do_update(index_elements=["con_id"], set_=new),
            [values(details) for details in found],
        )
    print(json.dumps({"contracts": len(found)}))


if __name__ == "__main__":
    main()
