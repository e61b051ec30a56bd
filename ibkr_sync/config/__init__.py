"""Settings: command line, environment and TOML files, with all problems reported at once."""
