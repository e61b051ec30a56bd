"""Which source of a setting wins, and that its place is told."""

from __future__ import annotations

import pytest

from ibkr_sync.config.settings_resolution import LoadedSettings
from unit.config.machine import Machine, write


def where(loaded: LoadedSettings, key: str) -> tuple[str | None, str]:
    (row,) = (row for row in loaded.explain() if row.key == key)
    return row.value, row.where


def test_without_any_file_the_shipped_profiles_and_defaults_hold(machine: Machine) -> None:
    loaded = machine.load()
    settings = loaded.settings

    assert settings.profile == "local"
    assert [*settings.profiles] == ["local", "ibkr", "demo"]
    assert [profile.source for profile in settings.profiles.values()] == ["local", "ibkr", "ibkr"]
    assert [profile.replay for profile in settings.profiles.values()] == [None, None, "sample"]
    assert settings.active.database_file == machine.folders.data / "futures.db"
    assert settings.profiles["ibkr"].database_file == machine.folders.data / "futures.db"
    assert settings.profiles["demo"].database_file == machine.folders.data / "demo.db"
    assert (settings.active.gateway.host, settings.active.gateway.port) == ("127.0.0.1", 4002)
    assert settings.active.gateway.messages_per_second == 40
    assert {row.where for row in loaded.explain()} == {"default"}
    assert loaded.warnings == ()


def test_each_source_of_a_setting_wins_over_the_next(machine: Machine) -> None:
    user = machine.user("[gateway]\nport = 5")
    here = machine.here("# mine\n[gateway]\nport = 4")
    sync, shared, flag = {"IBKR_SYNC_PORT": "2"}, {"IBKR_PORT": "3"}, {"port": 1}

    assert where(machine.load(flag, sync | shared), "gateway.port") == ("1", "--port")
    assert where(machine.load({}, sync | shared), "gateway.port") == ("2", "IBKR_SYNC_PORT")
    assert where(machine.load({}, shared), "gateway.port") == ("3", "IBKR_PORT")
    assert where(machine.load(), "gateway.port") == ("4", f"{here}:3")
    here.unlink()
    assert where(machine.load(), "gateway.port") == ("5", f"{user}:2")
    user.unlink()
    assert where(machine.load(), "gateway.port") == ("4002", "default")


def test_the_two_files_are_merged_key_by_key(machine: Machine) -> None:
    machine.user('profile = "ibkr"\n[gateway]\nport = 5\nclient_id = 6')
    machine.here("[gateway]\nport = 4")

    settings = machine.load().settings

    assert settings.profile == "ibkr"
    assert (settings.active.gateway.port, settings.active.gateway.client_id) == (4, 6)


def test_what_a_profile_sets_wins_over_what_is_shared_even_from_the_other_file(
    machine: Machine,
) -> None:
    machine.user('[profiles.ibkr]\ndatabase = "own.db"\n[profiles.ibkr.gateway]\nport = 5')
    machine.here('database = "shared.db"\n[gateway]\nport = 4\nhost = "tws"')

    settings = machine.load().settings

    assert settings.profiles["ibkr"].gateway.port == 5
    assert settings.profiles["ibkr"].gateway.host == "tws"
    assert settings.profiles["ibkr"].database_file == machine.folders.config / "own.db"
    assert settings.profiles["local"].gateway.port == 4
    assert settings.profiles["local"].database_file == machine.cwd / "shared.db"


def test_profiles_of_ones_own_inherit_the_shared_tables(machine: Machine) -> None:
    machine.here(
        '[gateway]\nhost = "tws"\n'
        '[profiles.live]\nsource = "ibkr"\n[profiles.live.gateway]\nport = 7496'
    )

    live = machine.load({"profile": "live"}).settings.active

    assert (live.source, live.gateway.host, live.gateway.port) == ("ibkr", "tws", 7496)


def test_options_and_variables_apply_to_the_profile_in_use_alone(machine: Machine) -> None:
    settings = machine.load(
        {"profile": "ibkr", "source": "local", "client_id": 7}, {"IBKR_SYNC_DATABASE": "x.db"}
    ).settings

    assert settings.active.source == "local"
    assert settings.active.gateway.client_id == 7
    assert settings.active.database_file == machine.cwd / "x.db"
    assert settings.profiles["demo"].source == "ibkr"
    assert settings.profiles["local"].gateway.client_id == 411
    assert settings.profiles["local"].database_file == machine.folders.data / "futures.db"


@pytest.mark.parametrize(
    ("flags", "environ"),
    [({"config": "other.toml"}, {}), ({}, {"IBKR_SYNC_CONFIG": "other.toml"})],
)
def test_a_named_file_is_read_instead_of_the_others(
    machine: Machine, flags: dict[str, str], environ: dict[str, str]
) -> None:
    machine.user("[gateway]\nclient_id = 5")
    machine.here("[gateway]\nhost = 'tws'")
    write(machine.cwd / "other.toml", "[gateway]\nport = 7")

    gateway = machine.load(flags, environ).settings.active.gateway

    assert (gateway.host, gateway.port, gateway.client_id) == ("127.0.0.1", 7, 411)


def test_the_option_for_the_config_file_wins_over_the_variable(machine: Machine) -> None:
    write(machine.cwd / "a.toml", 'profile = "ibkr"')
    write(machine.cwd / "b.toml", 'profile = "demo"')

    loaded = machine.load({"config": "a.toml"}, {"IBKR_SYNC_CONFIG": "b.toml"})

    assert loaded.settings.profile == "ibkr"


def test_empty_variables_and_absent_options_set_nothing(machine: Machine) -> None:
    loaded = machine.load(
        {"port": None, "config": None},
        {
            **dict.fromkeys(("IBKR_SYNC_PORT", "IBKR_SYNC_CONFIG", "IBKR_SYNC_PROFILE"), ""),
            **dict.fromkeys(("IBKR_SYNC_DATABASE", "IBKR_SYNC_LOG_FILE"), ""),
            "IBKR_PORT": "9",
        },
    )

    assert where(loaded, "gateway.port") == ("9", "IBKR_PORT")
    assert loaded.settings.profile == "local"
    assert loaded.settings.log.file is None
    assert loaded.settings.active.database_file == machine.folders.data / "futures.db"


def test_paths_are_relative_to_the_file_or_the_working_directory_they_are_written_in(
    machine: Machine,
) -> None:
    machine.user(
        'database = "a.db"\n[log]\nfile = "logs/sync.log"\n'
        '[profiles.f]\nsource = "file:~/x.csv"\ndatabase = "sqlite:///b.db"'
    )
    settings = machine.load().settings

    assert settings.active.database_file == machine.folders.config / "a.db"
    assert settings.log.file == str(machine.folders.config / "logs" / "sync.log")
    assert settings.profiles["f"].source_file == machine.home / "x.csv"
    assert settings.profiles["f"].database_file == machine.folders.config / "b.db"

    settings = machine.load({"log_file": "c.log", "source": "file:y.csv"}).settings

    assert settings.log.file == str(machine.cwd / "c.log")
    assert settings.active.source_file == machine.cwd / "y.csv"


def test_an_empty_text_in_a_file_goes_back_to_the_default_place(machine: Machine) -> None:
    machine.user('database = "a.db"\n[log]\nfile = "a.log"')
    machine.here('database = ""\n[log]\nfile = ""')

    loaded = machine.load()

    assert loaded.settings.active.database_file == machine.folders.data / "futures.db"
    assert loaded.settings.log.file is None
    assert where(loaded, "log.file") == (None, f"{machine.cwd}/ibkr-sync.toml:3")


@pytest.mark.parametrize("host", ["::1", "192.168.1.7", "tws.example.com", "ib_gateway"])
def test_hosts_are_names_or_addresses(machine: Machine, host: str) -> None:
    assert machine.load({"host": host}).settings.active.gateway.host == host


def test_a_postgresql_database_is_no_file(machine: Machine) -> None:
    settings = machine.load({"database": "postgresql://u:p@h/db"}).settings

    assert settings.active.database == "postgresql://u:p@h/db"
    assert settings.active.database_file is None


class TestReplay:
    def test_sample_data_does_not_follow_the_shared_database_or_gateway(
        self, machine: Machine
    ) -> None:
        machine.here('database = "real.db"\n[gateway]\nhost = "tws"\nport = 7496\nclient_id = 3')

        demo = machine.load({"profile": "demo"}, {"IBKR_HOST": "tws"}).settings.active

        assert demo.database_file == machine.folders.data / "demo.db"
        assert (demo.gateway.host, demo.gateway.client_id) == ("127.0.0.1", 3)

    def test_its_database_can_be_chosen(self, machine: Machine) -> None:
        machine.here('[profiles.demo]\ndatabase = "sample.db"')

        chosen = machine.load({"profile": "demo"}).settings.active
        overridden = machine.load({"profile": "demo", "database": "x.db"}).settings.active

        assert chosen.database_file == machine.cwd / "sample.db"
        assert overridden.database_file == machine.cwd / "x.db"

    def test_host_and_port_are_not_explained_as_they_are_not_used(self, machine: Machine) -> None:
        keys = {row.key for row in machine.load({"profile": "demo"}).explain()}

        assert "gateway.client_id" in keys
        assert not keys & {"gateway.host", "gateway.port"}


def test_secrets_are_in_the_database_setting_and_nowhere_else(machine: Machine) -> None:
    machine.here('database = "postgresql://u:hunter2@h/db?sslpassword=hunter2"')

    loaded = machine.load({"profile": "ibkr"})

    assert "hunter2" in loaded.settings.active.database
    assert where(loaded, "database")[0] == "postgresql://u:***@h/db?sslpassword=***"
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in repr(loaded.values)
    assert "hunter2" not in repr(loaded.explain())
