"""An ib_async script that stores contract details with SQLAlchemy's ORM, as most would be."""

from __future__ import annotations

import json

from asking import fetch, read_task
from contract_table import Base, Contract, values
from sqlalchemy import create_engine
from sqlalchemy.orm import Session


def main() -> None:
    """Fetch and store, replacing what is stored under the same conId."""
    task = read_task()
    engine = create_engine(f"sqlite:///{task.database}")
    Base.metadata.create_all(engine)
    found = fetch(task)
    with Session(engine) as session:
        for details in found:
            session.merge(Contract(**values(details)))
        session.commit()
    print(json.dumps({"contracts": len(found)}))


if __name__ == "__main__":
    main()
