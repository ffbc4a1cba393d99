"""Deploy the whole system: `brownie run deploy`, or `brownie run deploy main my/deployment.json`.

Prints the plan, deploys, re-reads what stands and writes the deployment file that scripts, readers and notebooks take.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from brownie import accounts, network, project, web3
from eth_account import Account

from analytics.chain.deployment import check, write_deployment
from analytics.chain.rpc import Node
from analytics.errors import InvalidInput, NotFound
from scripts.chain import MNEMONIC, ROOT
from scripts.deployment import WIRING, deploy, record, role_differences, staff
from scripts.roles import PEOPLE

DEPLOYMENT: Final = ROOT / "store" / "deployment.json"
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def main(path: str = str(DEPLOYMENT)) -> None:
    """Deploy on the active network with its first accounts as the people of the role table."""
    (loaded,) = project.get_loaded_projects()
    node = Node(web3.provider.endpoint_uri)
    people = staff(accounts)
    refuse_published_keys(node.url, people)
    print(f"On {network.show_active()}, chain {web3.eth.chain_id}, deploy {', '.join(WIRING)}; people:")
    for person in PEOPLE:
        duties = [role.name.lower() for role in person.roles] + ["administrator"] * person.administers
        print(f"  {person.name:14} {people[person.name].address}  {', '.join(duties)}")

    salt = secrets.token_bytes(32)
    system = deploy(loaded, people, salt=salt)
    differences = role_differences(system, people)
    if differences:
        raise SystemExit("\n".join(["the chain differs from the role table:", *differences]))
    deployment = record(system, node)
    write_deployment(path, deployment)
    check(deployment, node)
    keep_salt(Path(path).with_suffix(".salt"), salt)
    for name, contract in deployment.contracts.items():
        print(f"  {name:18} {contract.address}  block {contract.block}")
    print(f"seats as in the role table; deployment written to {path}, the salt of the people's commitments beside it")


def refuse_published_keys(url: str, people: Mapping[str, Any]) -> None:
    """Raise InvalidInput where the development mnemonic's accounts would act on a node off the loopback."""
    if urlsplit(url).hostname in LOOPBACK:
        return
    Account.enable_unaudited_hdwallet_features()
    published = {
        Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").address for index in range(len(people))
    }
    for name, account in people.items():
        if account.address in published:
            raise InvalidInput(
                f"{name} would act on {url} with {account.address}, whose key is published with every development "
                "tool: load accounts of your own"
            )


def keep_salt(path: Path, salt: bytes) -> None:
    """Write the salt for its owner's eyes only: with it the bank can show whom a commitment stands for."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(salt.hex() + "\n")


def read_salt(path: Path) -> bytes:
    """The salt kept at deployment; raises NotFound where it is absent, InvalidInput where it is no hexadecimal text."""
    if not path.is_file():
        raise NotFound(f"{path} is absent: it was written beside the deployment file and is needed for commitments")
    try:
        return bytes.fromhex(path.read_text().strip())
    except ValueError:
        raise InvalidInput(f"{path} holds no hexadecimal text: restore the one written at deployment") from None
