"""One package per source; they know the domain, and not each other."""
