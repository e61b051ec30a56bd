"""Runs one command from a small process, and tells what it took.

`python -I -S one_process.py COMPLAINTS OUTPUT COMMAND ...` writes four numbers to stdout: the wait
status as `os.wait4` gives it, wall and CPU seconds, and the peak in the unit of `ru_maxrss`. Linux
never tells that a process peaked below what its parent had held when it was started, though it
has long run another program; so this parent imports next to nothing, and holds what a Python holds
that does nothing.
"""

import os
import sys
import time

_WRITES = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main() -> None:
    """Run the command to its end, its output and its complaints in files."""
    complaints, output, *command = sys.argv[1:]
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, _WRITES, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, complaints, _WRITES, 0o600),
    ]
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=files)
    # Only wait4 tells what this very child used.
    _, status, usage = os.wait4(child, 0)
    elapsed = time.perf_counter() - began
    print(status, elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


if __name__ == "__main__":
    main()
