"""How results look; each view turns domain values into a `Result`."""
