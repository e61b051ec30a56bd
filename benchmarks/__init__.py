"""How fast ibkr-sync starts, takes over a chain and answers, and how much memory it needs.

`python -m benchmarks` (or `make bench`) prints every figure. Nothing here is a test: figures
depend on the machine and on what else it does.
"""

import sys
from pathlib import Path

# The gateway that has a latency and a limit belongs to the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
