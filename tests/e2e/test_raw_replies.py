"""The installed command, reading raw replies again and bounding what they take."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from e2e.command_line import CommandLine, wait_until
from e2e.gateways import sample_gateway
from e2e.stored_rows import is_sound, kept, opened, runs
from gateway.faults import Silence

RENORMALISE = ("db", "renormalise")
PRUNE = ("db", "prune")


def spoil(path: Path, statement: str) -> None:
    with opened(path) as connection, connection:
        connection.execute(statement)


@contextmanager
def another_run(ibkr_sync: CommandLine, path: Path) -> Iterator[None]:
    """Meanwhile a run is open that waits for its gateway."""
    with sample_gateway(Silence()) as gateway:
        asked = ("--database", path, "get", "ES", "--source", "ibkr")
        with ibkr_sync.running(*asked, "--port", str(gateway.port)):
            wait_until(lambda: gateway.connections == 1)
            yield


class TestRenormalise:
    def test_without_anything_to_mend_it_says_so(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        before = kept(stocked)
        done = ibkr_sync("--database", stocked, *RENORMALISE, "-f", "table")
        assert done.code == 0
        assert "3 products read again, 0 changed" in done.err
        lines = done.out.splitlines()
        assert lines[0].split()[:4] == ["Symbol", "Exchange", "Class", "Contracts"]
        assert max(map(len, lines)) <= 80
        assert kept(stocked) == before
        assert runs(stocked) == ["ok", "ok"]

    def test_what_is_read_otherwise_is_rewritten_and_reported(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        shown = ibkr_sync("--database", stocked, "show", "ES", "--json", "--expired").json
        spoil(stocked, "UPDATE contracts SET multiplier = '1' WHERE symbol = 'ES'")
        spoil(stocked, "UPDATE products SET name = 'Nonsense' WHERE symbol = 'ES'")

        planned = ibkr_sync("--database", stocked, *RENORMALISE, "ES", "--dry-run", "--json")
        done = ibkr_sync("--database", stocked, *RENORMALISE, "ES", "--json")
        again = ibkr_sync("--database", stocked, *RENORMALISE, "ES", "CL")

        assert (planned.code, done.code, again.code) == (0, 0, 0)
        assert "dry run, nothing written" in planned.err
        (product,) = done.json["products"]
        assert done.json["schema"] == "ibkr-sync/renormalise/1"
        assert (product["symbol"], product["outcome"]) == ("ES", "updated")
        assert product["fields"] == ["name", "multiplier"]
        of_contracts = [event for event in product["events"] if event["con_id"] is not None]
        assert product["rewritten"] == product["contracts"] == len(of_contracts)
        assert product["events"][0] == {
            "con_id": None,
            "local_symbol": None,
            "field": "name",
            "old": "Nonsense",
            "new": "E-mini S&P 500",
        }
        (plan,) = planned.json["products"]
        assert (plan["outcome"], plan["events"]) == ("planned", product["events"])
        assert {row["outcome"] for row in again.rows("\t")} == {"unchanged"}
        mended = ibkr_sync("--database", stocked, "show", "ES", "--json", "--expired").json
        assert mended["contracts"] == shown["contracts"]
        assert (mended["name"], mended["synced_at"]) == (shown["name"], shown["synced_at"])

    def test_a_reply_that_cannot_be_read_fails_its_product_alone(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        spoil(
            stocked,
            "UPDATE raw_replies SET frames = x'00' WHERE product_id ="
            " (SELECT id FROM products WHERE symbol = 'CL')",
        )
        before = kept(stocked)
        done = ibkr_sync("--database", stocked, *RENORMALISE, "-f", "csv")
        assert done.code == 4
        outcomes = {row["symbol"]: row["outcome"] for row in done.rows()}
        assert outcomes == {"CL": "failed", "ES": "unchanged", "VIX": "unchanged"}
        assert (
            "The raw reply of CL@NYMEX (CL) can't be used: stored frames can't be" in done.message
        )
        assert "get CL@NYMEX --source ibkr" in done.message
        assert kept(stocked) == before
        assert runs(stocked)[-1] == "partial"

    def test_a_reply_for_a_newer_ibapi_says_which_one_is_needed(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        spoil(stocked, "UPDATE raw_replies SET server_version = 999, client_version = '99.1'")
        done = ibkr_sync("--database", stocked, *RENORMALISE, "ES")
        assert done.code == 4
        assert "it is of server version 999, and the installed ibapi" in done.message
        assert "it was received with ibapi 99.1" in done.message

    def test_a_symbol_that_is_not_stored_is_not_found(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        done = ibkr_sync("--database", stocked, *RENORMALISE, "NQ")
        assert done.code == 5
        assert "NQ was not found in" in done.err

    def test_where_nothing_is_kept_nothing_is_created(
        self, ibkr_sync: CommandLine, tmp_path: Path
    ) -> None:
        path = tmp_path / "new.db"
        done = ibkr_sync("--database", path, *RENORMALISE)
        assert done.code == 0
        assert "no raw replies are kept" in done.err
        assert not path.exists()

    def test_options_that_narrow_nothing_are_refused(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        done = ibkr_sync("--database", stocked, *RENORMALISE, "--exchange", "CME")
        assert done.code == 2

    def test_while_another_run_is_open_it_ends_at_once(
        self, ibkr_sync: CommandLine, stocked: Path
    ) -> None:
        with another_run(ibkr_sync, stocked):
            done = ibkr_sync("--database", stocked, *RENORMALISE)
        assert (done.code, done.out) == (75, "")

    def test_a_server_is_renormalised_like_a_file(
        self, ibkr_sync: CommandLine, postgres_url: str
    ) -> None:
        with sample_gateway() as gateway:
            source = ("--source", "ibkr", "--port", str(gateway.port))
            fetched = ibkr_sync("--database", postgres_url, "get", "ES", *source)
        done = ibkr_sync("--database", postgres_url, *RENORMALISE, "--json")
        status = ibkr_sync("--database", postgres_url, "db", "status", "--json").json
        pruned = ibkr_sync("--database", postgres_url, *PRUNE, "--yes", "--older-than", "0d")
        assert (fetched.code, done.code, pruned.code) == (0, 0, 0)
        assert [product["outcome"] for product in done.json["products"]] == ["unchanged"]
        assert (status["raw_replies"], status["database_bytes"] > 0) == (1, True)


@pytest.fixture
def aged(stocked: Path) -> Path:
    """The stocked database with further replies of ES: five of last year, one of last week."""
    today = datetime.now(UTC)
    ages = [timedelta(days=365 + number) for number in range(5)] + [timedelta(days=7)]
    columns = "run_id, product_id, received_at, server_version, client_version, frame_count"
    with opened(stocked) as connection, connection:
        rows = connection.execute(
            f"SELECT id, {columns}, frames, sha256 FROM raw_replies WHERE product_id ="  # noqa: S608
            " (SELECT id FROM products WHERE symbol = 'ES')"
        ).fetchall()
        for number, age in enumerate(ages):
            row = list(rows[0])
            row[0] = -10 + number  # older than the one that is there
            row[3] = (today - age).strftime("%Y-%m-%d %H:%M:%S.000000")
            row[7] = os.urandom(100_000)
            connection.execute(
                f"INSERT INTO raw_replies (id, {columns}, frames, sha256)"  # noqa: S608
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
    return stocked


class TestPrune:
    def test_without_yes_it_says_what_to_type_and_deletes_nothing(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        before = kept(aged)
        done = ibkr_sync("--database", aged, *PRUNE, "--json")
        table = ibkr_sync("--database", aged, *PRUNE, "-f", "table", "--older-than", "36h")
        assert (done.code, table.code) == (2, 2)
        assert done.json["schema"] == "ibkr-sync/prune/1"
        assert (done.json["raw_replies"], done.json["products"]) == (5, 1)
        assert (done.json["deleted"], done.json["bytes"]) == (False, 500_000)
        assert f"next:  ibkr-sync --database {aged} db prune --older-than 90d --yes" in done.err
        assert "5 raw replies would be deleted" in done.err
        assert "db prune --older-than 36h --yes" in table.err
        assert "6, of 1 product" in table.out
        assert "600 kB" in table.out
        assert kept(aged) == before

    def test_with_yes_old_replies_go_and_the_file_shrinks(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        before = [line for line in kept(aged) if 'INTO "raw_replies"' not in line]
        size = aged.stat().st_size
        done = ibkr_sync("--database", aged, *PRUNE, "--yes", "--json")
        assert done.code == 0
        assert (done.json["deleted"], done.json["raw_replies"]) == (True, 5)
        assert done.json["database_bytes_after"] == aged.stat().st_size < size - 400_000
        assert done.json["database_bytes_before"] >= size
        assert "5 raw replies deleted" in done.err
        assert [line for line in kept(aged) if 'INTO "raw_replies"' not in line] == before
        assert is_sound(aged)

        again = ibkr_sync("--database", aged, *PRUNE, "--yes", "-f", "table")
        assert again.code == 0
        assert "nothing to delete" in again.err
        status = ibkr_sync("--database", aged, "db", "status", "--json").json
        assert status["raw_replies"] == 4
        assert ibkr_sync("--database", aged, *RENORMALISE).code == 0

    def test_the_newest_reply_of_each_product_stays_whatever_its_age(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        done = ibkr_sync("--database", aged, *PRUNE, "--yes", "--older-than", "0d")
        assert done.code == 0
        assert ibkr_sync("--database", aged, "db", "status", "--json").json["raw_replies"] == 3

    def test_before_the_first_write_there_is_nothing_to_delete(
        self, ibkr_sync: CommandLine, tmp_path: Path
    ) -> None:
        path = tmp_path / "new.db"
        done = ibkr_sync("--database", path, *PRUNE, "--yes")
        assert done.code == 0
        assert "nothing to delete" in done.err
        assert not path.exists()

    def test_while_a_run_is_open_nothing_is_deleted(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        before = [line for line in kept(aged) if 'INTO "raw_replies"' in line]
        with another_run(ibkr_sync, aged):
            done = ibkr_sync("--database", aged, *PRUNE, "--yes")
        assert (done.code, done.out) == (75, "")
        assert [line for line in kept(aged) if 'INTO "raw_replies"' in line] == before

    @pytest.mark.parametrize("age", ["x", "90", "-1d", "99999d"])
    def test_an_age_that_makes_no_sense_is_a_usage_error(
        self, ibkr_sync: CommandLine, aged: Path, age: str
    ) -> None:
        assert ibkr_sync("--database", aged, *PRUNE, "--older-than", age, "--yes").code == 2

    def test_without_an_age_that_of_the_settings_counts(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        ibkr_sync.configure('[database]\nkeep_raw_replies = "52w"\n')
        asked = ibkr_sync("--database", aged, *PRUNE)
        ibkr_sync.configure('[profiles.local.database]\nkeep_raw_replies = "36h"\n')
        own = ibkr_sync("--database", aged, *PRUNE)
        typed = ibkr_sync("--database", aged, *PRUNE, "--older-than", "4w")
        assert "5 raw replies would be deleted" in asked.err
        assert "db prune --older-than 364d --yes" in asked.err
        assert "6 raw replies would be deleted" in own.err
        assert "db prune --older-than 36h --yes" in own.err
        assert "db prune --older-than 28d --yes" in typed.err


class TestKeepRawReplies:
    def refreshed(self, ibkr_sync: CommandLine, path: Path, settings: str) -> dict[str, list[int]]:
        """The ids of the replies of each product, after a refresh of ES with these settings."""
        ibkr_sync.configure(settings)
        with sample_gateway() as gateway:
            source = ("--source", "ibkr", "--port", str(gateway.port))
            done = ibkr_sync("--database", path, "refresh", "ES", *source)
        assert done.code == 0, done
        with opened(path) as connection:
            rows = connection.execute(
                "SELECT products.symbol, raw_replies.id FROM raw_replies JOIN products"
                " ON products.id = product_id ORDER BY raw_replies.id"
            ).fetchall()
        return {symbol: [own for name, own in rows if name == symbol] for symbol, _ in rows}

    def test_a_refresh_keeps_all_where_they_are_to_be_kept_for_ever(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        settings = '[database]\nkeep_raw_replies = "forever"\n'
        assert len(self.refreshed(ibkr_sync, aged, settings)["ES"]) == 8

    def test_a_refresh_lets_go_of_those_past_their_time_of_what_it_stores(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        spoil(
            aged, "UPDATE raw_replies SET received_at = '2020-01-02 03:04:05.000000' WHERE id > 0"
        )
        kept_for_90_days = self.refreshed(ibkr_sync, aged, "")
        assert -5 in kept_for_90_days["ES"]  # last week's
        assert min(kept_for_90_days["ES"]) == -5
        assert (len(kept_for_90_days["CL"]), len(kept_for_90_days["VIX"])) == (1, 1)
        assert is_sound(aged)
        assert ibkr_sync("--database", aged, *RENORMALISE).code == 0

    def test_the_newest_stays_where_none_is_kept_for_any_time(
        self, ibkr_sync: CommandLine, aged: Path
    ) -> None:
        settings = '[profiles.local.database]\nkeep_raw_replies = "0d"\n'
        self.refreshed(ibkr_sync, aged, settings)
        newest = max(self.refreshed(ibkr_sync, aged, settings)["ES"])
        left = self.refreshed(ibkr_sync, aged, settings)
        assert left["ES"][-1] == newest + 1
        assert len(left["ES"]) <= 2  # the newest, and what it was packed beside
        assert ibkr_sync("--database", aged, *RENORMALISE, "ES").code == 0


def test_status_says_what_the_replies_and_the_database_take(
    ibkr_sync: CommandLine, stocked: Path, tmp_path: Path
) -> None:
    status = ibkr_sync("--database", stocked, "db", "status", "--json").json
    table = ibkr_sync("--database", stocked, "db", "status", "-f", "table").out
    empty = ibkr_sync("--database", tmp_path / "new.db", "db", "status", "--json").json
    assert status["raw_replies"] == 3
    assert status["raw_reply_bytes"] > 1000
    assert status["database_bytes"] >= stocked.stat().st_size
    assert status["oldest_raw_reply"].startswith("20")
    assert "raw replies  3, " in table
    assert (empty["raw_replies"], empty["database_bytes"]) == (None, None)
