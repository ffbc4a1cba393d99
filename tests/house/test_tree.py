"""The tree in README is the tree on disk, and the tree holds nothing that belongs to one machine or one person."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# 32 bytes in hexadecimal may be a private key, unless called a package's hash. These are none, each for a reason.
NO_KEYS: dict[str, str] = {}

WORD = re.compile(r"(?<!sha256:)(?<![0-9a-fA-F])(?:0x)?([0-9a-fA-F]{64})(?![0-9a-fA-F])")
KEY_FILE = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\"ciphertext\"\s*:|\"kdfparams\"\s*:")


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True, errors="replace"
    ).stdout


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    """Files of the project: tracked, or new and not ignored."""
    if not (ROOT / ".git").exists():
        pytest.skip("no git repository here: the list of the project's files is git's")
    names = git("ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts(tracked: list[Path]) -> dict[str, str]:
    """Text of every file that is text, by its path."""
    texts = {}
    for path in tracked:
        data = path.read_bytes()
        if b"\0" not in data:
            texts[path.relative_to(ROOT).as_posix()] = data.decode("utf-8")
    return texts


def readme_tree() -> dict[str, str]:
    """Paths of README's layout with what it says of each."""
    section = (ROOT / "README.md").read_text().split("## Layout", 1)[1].split("\n## ", 1)[0]
    block = section.split("```", 2)[1]
    return dict(re.findall(r"^(\S+/)\s+(\S.*)$", block, re.M))


def test_readme_names_what_exists() -> None:
    assert [path for path in readme_tree() if not (ROOT / path).is_dir()] == []


def test_readme_names_every_folder(tracked: list[Path]) -> None:
    """Folders to the second level; a folder's line covers those below it that README does not single out."""
    named = set(readme_tree())
    parents = {Path(path).parent.as_posix() + "/" for path in named if path.count("/") > 1}
    folders = set()
    for path in tracked:
        parts = path.relative_to(ROOT).parts[:-1]
        if not parts:
            continue
        first = f"{parts[0]}/"
        folders.add(first)
        if len(parts) > 1 and first in parents:
            folders.add(f"{first}{parts[1]}/")
    assert sorted(folders - named) == []


def test_nothing_names_this_machine(texts: dict[str, str]) -> None:
    places = {f"{ROOT}/", f"{Path.home()}/"}
    found = [f"{name}: {place}" for name, text in texts.items() for place in places if place in text]
    assert found == []


def test_no_key_in_the_tree(texts: dict[str, str]) -> None:
    found = [
        f"{name}: {word}"
        for name, text in texts.items()
        for word in WORD.findall(text)
        if word not in NO_KEYS and word.strip("0fF") != ""
    ]
    assert found == []
    assert [name for name, text in texts.items() if KEY_FILE.search(text) and name != "tests/house/test_tree.py"] == []


@pytest.mark.usefixtures("tracked")
def test_no_key_in_the_history() -> None:
    """What was once committed stays readable: a key removed later is still lost."""
    added = git("log", "--all", "--format=", "-p", "-G[0-9a-fA-F]{64}")
    lines = [line for line in added.splitlines() if line.startswith("+")]
    words = {word for line in lines for word in WORD.findall(line)}
    assert {word for word in words if word not in NO_KEYS and word.strip("0fF")} == set()


def test_a_key_would_be_found() -> None:
    key = "0x" + "4c0883a6" * 8
    assert WORD.findall(f'PRIVATE_KEY = "{key}"') == [key[2:]]
    assert WORD.findall("f" * 65) == []
    assert WORD.findall(f"--hash=sha256:{key[2:]}") == []
