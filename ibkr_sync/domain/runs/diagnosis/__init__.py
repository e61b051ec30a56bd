"""What keeps runs from succeeding: facts that probes found, and the findings they lead to."""
