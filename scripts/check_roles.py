"""Compare the role table with the chain: `brownie run check_roles`; ends with 1 where they differ."""

from __future__ import annotations

from brownie import Contract, accounts, web3

from analytics.chain.deployment import check, read_deployment
from analytics.chain.rpc import Node
from scripts.deploy import DEPLOYMENT
from scripts.deployment import WIRING, System, role_differences, staff


def main(path: str = str(DEPLOYMENT)) -> None:
    """Re-read every seat, in the authority and in each contract that mirrors it."""
    deployment = read_deployment(path)
    check(deployment, Node(web3.provider.endpoint_uri))
    found = [deployment.contracts[name] for name in WIRING]
    system = System(
        *(Contract.from_abi(name, one.address, list(one.abi)) for name, one in zip(WIRING, found, strict=True))
    )
    differences = role_differences(system, staff(accounts))
    if differences:
        raise SystemExit("\n".join(differences))
    print(f"{len(system.authority.seated())} seats in {len(WIRING)} contracts are as in the role table")
