"""What shells ask, by the scripts that `--show-completion` prints, and how they want the answer."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_WORDS: Final = "_TYPER_COMPLETE_ARGS"
_HARMLESS: Final = frozenset(" ,.()/-")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that may be meant, and what it does, if that can be said."""

    word: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """The words before the one to complete, without the program's name, and its beginning."""

    words: tuple[str, ...]
    beginning: str


def question_of(shell: str, environ: Mapping[str, str]) -> Question:
    """What a shell asks."""
    if shell == "bash":
        words = _split(environ.get("COMP_WORDS", ""))
        position = int(environ.get("COMP_CWORD", "0") or 0)
        beginning = words[position] if position < len(words) else ""
        return Question(tuple(words[1:position]), beginning)
    line = environ.get(_WORDS, "")
    words = _split(line)
    is_begun = len(words) > 1 and not line.endswith(" ")
    return Question(tuple(words[1:-1] if is_begun else words[1:]), words[-1] if is_begun else "")


def answer(shell: str, environ: Mapping[str, str], candidates: Sequence[Candidate]) -> int:
    """Write the words as the shell reads them; gives the exit code."""
    if shell == "fish" and environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
        return 0 if candidates else 1
    text = "\n".join(_lines(shell, candidates))
    if shell == "zsh":
        text = f"_arguments '*: :(({text}))'" if candidates else "_files"
    if text:
        sys.stdout.write(text + "\n")
    return 0


def _lines(shell: str, candidates: Iterable[Candidate]) -> Iterable[str]:
    for candidate in candidates:
        about = "".join(c for c in candidate.about if c.isalnum() or c in _HARMLESS)
        if shell == "zsh":
            yield f'"{candidate.word}":"{about}"' if about else f'"{candidate.word}"'
        elif shell == "fish":
            yield f"{candidate.word}\t{about}" if about else candidate.word
        elif shell == "bash":
            yield candidate.word
        else:
            yield f"{candidate.word}:::{about or ' '}"


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is still open
        return line.split()
