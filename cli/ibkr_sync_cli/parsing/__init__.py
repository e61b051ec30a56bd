"""How a command line is read: the tree of commands, global options in any place, and help."""
