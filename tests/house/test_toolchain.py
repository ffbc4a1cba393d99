"""The set-up took: what it installs answers as Brownie, py-solc-x and pip expect, and nothing is left unpinned."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = Path(sys.prefix)
VERSION = "0.8.26"


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.txt").read_text()


@pytest.fixture(scope="module")
def brownie_settings() -> dict[str, Any]:
    """What a fresh interpreter of this environment makes of brownie-config.yaml."""
    program = (
        "import json, pathlib; from brownie._config import CONFIG, _load_project_config;"
        f"_load_project_config(pathlib.Path({str(ROOT)!r}));"
        "active = CONFIG.set_active_network(); print(json.dumps({'id': active['id'], 'cmd': active['cmd'],"
        " 'cmd_settings': active['cmd_settings'], 'gas_price': active['settings']['gas_price'],"
        " 'compiler': CONFIG.settings['compiler']}))"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def compiled(source: str, *, cwd: Path) -> dict[str, Any]:
    """Output of the project's compiler for one source, called as py-solc-x calls it."""
    request = {
        "language": "Solidity",
        "sources": {"A.sol": {"content": source}},
        "settings": {
            "evmVersion": "shanghai",
            "outputSelection": {"*": {"*": ["abi", "evm.bytecode", "evm.assembly"], "": ["ast"]}},
        },
    }
    command = [str(Path(os.environ["SOLCX_BINARY_PATH"], f"solc-v{VERSION}")), "--standard-json", "--allow-paths", "."]
    answer = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=True, cwd=cwd)
    return json.loads(answer.stdout)


def test_brownie_is_plain_python() -> None:
    """One compiled module left would refuse `networks: default` again."""
    package = next(ENVIRONMENT.glob("lib/python*/site-packages/brownie"))
    assert list(package.rglob("*.so")) == []
    assert (package / "_config.py").is_file()


def test_brownie_takes_the_configured_network(brownie_settings: dict[str, Any]) -> None:
    configured = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())
    assert brownie_settings["id"] == configured["networks"]["default"] == "ganache-cli"
    for name, value in configured["networks"]["development"]["cmd_settings"].items():
        assert brownie_settings["cmd_settings"][name] == value, name
    assert brownie_settings["gas_price"] == "100 gwei"
    assert brownie_settings["compiler"]["evm_version"] == "shanghai"
    assert brownie_settings["compiler"]["solc"]["version"] == VERSION


def test_ganache_is_the_environments_own() -> None:
    """Brownie asks the command `ganache-cli` on the path for its version before it starts it."""
    command = shutil.which(brownie_command := "ganache-cli")
    assert command == str(ENVIRONMENT / "bin" / brownie_command)
    answer = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert "v7.9.2" in answer.stdout


def test_variables_are_set_without_activation() -> None:
    """A bare interpreter finds compiler and chain; a compiler folder of the user's own goes before ours."""
    program = "import os; print(os.environ['SOLCX_BINARY_PATH']); print(os.environ['PATH'].split(os.pathsep)[0])"
    bare = {"HOME": os.environ.get("HOME", ""), "PATH": os.defpath}
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=bare)
    assert answer.stdout.split("\n")[:2] == [str(ENVIRONMENT.parent / ".toolchain" / "solcx"), f"{ENVIRONMENT}/bin"]
    own = {**bare, "SOLCX_BINARY_PATH": "/elsewhere"}
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=own)
    assert answer.stdout.startswith("/elsewhere\n")


def test_compiler_names_its_version() -> None:
    command = Path(os.environ["SOLCX_BINARY_PATH"], f"solc-v{VERSION}")
    answer = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    first, second = answer.stdout.splitlines()
    assert first == "solc, the solidity compiler commandline interface"
    assert second.startswith(f"Version: {VERSION}+commit.8a97fa7a")


def test_compiler_answers_more_than_a_pipe_holds(tmp_path: Path) -> None:
    """A pipe buffers 64 KiB: an answer cut there would not be JSON."""
    functions = "\n".join(
        f"function f{i}(uint256 a) external pure returns (uint256) {{ return a + {i}; }}" for i in range(300)
    )
    output = compiled(f"pragma solidity {VERSION}; contract A {{ {functions} }}", cwd=tmp_path)
    assert len(json.dumps(output)) > 1_000_000
    assert len(output["contracts"]["A.sol"]["A"]["abi"]) == 300


def test_compiler_reads_imports_from_where_it_is_called(tmp_path: Path) -> None:
    (tmp_path / "B.sol").write_text(f"pragma solidity {VERSION}; contract B {{}}")
    output = compiled(f'pragma solidity {VERSION}; import {{B}} from "./B.sol"; contract A is B {{}}', cwd=tmp_path)
    assert "errors" not in output or all(error["severity"] != "error" for error in output["errors"])
    absent = compiled(f'pragma solidity {VERSION}; import {{C}} from "./C.sol"; contract A is C {{}}', cwd=tmp_path)
    assert any("cannot read C.sol: ENOENT" in error["message"] for error in absent["errors"])


def test_compiler_reports_errors_as_json(tmp_path: Path) -> None:
    output = compiled(f"pragma solidity {VERSION}; contract A {{ uint256 x = true; }}", cwd=tmp_path)
    assert [error["type"] for error in output["errors"] if error["severity"] == "error"] == ["TypeError"]


def test_python_packages_are_pinned_with_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[a-zA-Z0-9])", lock.replace("\\\n", " "))
    packages = [entry for entry in entries if not entry.startswith("#")]
    assert len(packages) > 100
    for entry in packages:
        assert re.match(r"[a-z0-9.-]+==[^\s;]+( ;.*?)? +--hash=sha256:[0-9a-f]{64}", entry), entry[:120]


def test_every_direct_dependency_is_locked(lock: str) -> None:
    locked = set(re.findall(r"^([a-z0-9.-]+)==", lock, re.M))
    direct = re.findall(r"^([A-Za-z0-9._-]+)", (ROOT / "requirements.in").read_text(), re.M)
    assert {name.lower().replace("_", "-") for name in direct} - locked == set()


def test_node_packages_are_pinned() -> None:
    manifest = json.loads((ROOT / "package.json").read_text())
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    kinds = ("dependencies", "devDependencies", "optionalDependencies")
    for name, version in [pair for kind in kinds for pair in manifest[kind].items()]:
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} {version}"
        assert packages[f"node_modules/{name}"]["version"] == version
    unproved = [name for name, entry in packages.items() if name and not {"integrity", "inBundle"} & entry.keys()]
    assert unproved == []


def test_lock_files_name_no_host(lock: str) -> None:
    entries = json.loads((ROOT / "package-lock.json").read_text())["packages"].values()
    assert [entry["resolved"] for entry in entries if "resolved" in entry] == []
    assert re.findall(r"://|--index-url|--extra-index-url|--find-links|--trusted-host|@ file", lock) == []
