"""Finish the virtual environment it runs in, so that plain `brownie` works on Ganache; run by `make setup`.

Everything is written inside the environment and inside `.toolchain/`; running it again changes nothing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMPILERS = ROOT / ".toolchain" / "solcx"
SOLC_VERSION = "0.8.26"

# Read by every interpreter of this environment at its start, activated or not: py-solc-x looks for the compiler
# in the first variable, Brownie for `ganache-cli` on the path. A user's own compiler folder goes before ours.
START_LINES = (
    "import os, sys; "
    "os.environ.setdefault('SOLCX_BINARY_PATH', "
    "os.path.join(os.path.dirname(sys.prefix), '.toolchain', 'solcx')); "
    "os.environ['PATH'] = os.pathsep.join(dict.fromkeys("
    "[os.path.join(sys.prefix, 'bin'), *os.environ.get('PATH', os.defpath).split(os.pathsep)]))\n"
)


def uncompile_brownie(site_packages: Path) -> list[Path]:
    """Delete the extension modules of Brownie's wheel and return them.

    mypyc's build of 1.22.2 refuses `networks: default` and `cmd_settings` in brownie-config.yaml ("dict object
    expected") and breaks `state_machine` and coverage; the same modules as plain Python, which lie beside them,
    do not. One alone cannot be replaced, for they share one library, so all go.
    """
    compiled = sorted((site_packages / "brownie").rglob("*.so"))
    for module in compiled:
        if not module.with_name(module.name.split(".", 1)[0] + ".py").is_file():
            raise SystemExit(f"{module.name} has no Python source beside it: remove .venv and run make setup")
    for module in compiled:
        module.unlink()
    return compiled


def link(target: Path, place: Path) -> None:
    """Make `place` a relative symbolic link to the existing file `target`."""
    if not target.is_file():
        raise SystemExit(f"{target.relative_to(ROOT)} is missing: run npm ci, then make setup")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    place.symlink_to(os.path.relpath(target, place.parent))


def main() -> None:
    """Mend Brownie, install the compiler's command, put Ganache on the path."""
    if sys.prefix == sys.base_prefix:
        raise SystemExit("run this with the project's own interpreter: .venv/bin/python")
    site_packages = Path(sysconfig.get_path("purelib"))
    removed = uncompile_brownie(site_packages)
    link(ROOT / "scripts" / "setup" / "solc.js", COMPILERS / f"solc-v{SOLC_VERSION}")
    for command in ("ganache", "ganache-cli"):
        link(ROOT / "node_modules" / "ganache" / "dist" / "node" / "cli.js", Path(sys.prefix, "bin", command))
    (site_packages / "credit_book_toolchain.pth").write_text(START_LINES)
    for command in ("node", "git"):
        if shutil.which(command) is None:
            raise SystemExit(f"{command} is not on the path: install it, then run make setup")
    if importlib.util.find_spec("brownie") is None:
        raise SystemExit("brownie is not installed in this environment: run make setup")
    print(f"environment ready ({len(removed)} compiled modules of brownie removed)")


if __name__ == "__main__":
    main()
