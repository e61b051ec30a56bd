"""The command line of ibkr-sync: parse, bootstrap, call, render."""
