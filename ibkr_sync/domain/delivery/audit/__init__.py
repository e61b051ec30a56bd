"""Where IBKR, rules, the catalogue and imports contradict each other."""
