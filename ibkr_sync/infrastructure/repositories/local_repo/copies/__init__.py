"""Whole databases: copied into another, backed up into a file, restored from one."""
