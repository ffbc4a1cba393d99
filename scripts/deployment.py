"""Deploy the whole system and tell what stands: pure functions that users' scripts and tests share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from eth_utils.crypto import keccak

from analytics.chain.deployment import Deployment, deployed
from analytics.chain.rpc import Node
from analytics.errors import InvalidInput
from scripts.roles import ADMINISTRATOR, PEOPLE, SYSTEM_ROLES, seat

CHINA_STANDARD_TIME: Final = 8 * 3600  # the bank's calendar runs ahead of UTC by this many seconds

# Each contract, in the order of deployment, with the contracts its constructor takes.
WIRING: Final[Mapping[str, Sequence[str]]] = {
    "Authority": (),
    "CreditPolicy": ("Authority",),
    "CustomerRegistry": ("Authority", "CreditPolicy"),
    "CovenantRegistry": ("Authority", "CustomerRegistry"),
    "RatingRegistry": ("Authority", "CustomerRegistry", "CovenantRegistry"),
    "TitleRegistry": ("Authority",),
    "CollateralRegistry": ("Authority", "TitleRegistry", "CustomerRegistry"),
    "GuaranteeRegistry": ("Authority", "CustomerRegistry"),
    "FundFlowLedger": ("Authority",),
    "DepositToken": ("Authority", "FundFlowLedger"),
    "LoanBook": (
        "Authority",
        "CreditPolicy",
        "CustomerRegistry",
        "RatingRegistry",
        "CollateralRegistry",
        "GuaranteeRegistry",
        "DepositToken",
        "CovenantRegistry",
    ),
}

# Contracts whose code is in parts, in the order of deployment: each runs on the whole one's storage, the next takes it.
CODE: Final[Mapping[str, Sequence[str]]] = {"LoanBook": ("ProductOffice", "Workout", "BackOffice")}

# Libraries that a contract's code calls, deployed before it; Brownie links them by name.
LIBRARIES: Final[Mapping[str, Sequence[str]]] = {
    "LoanBook": (
        "Terms",
        "Repricing",
        "ServiceTerms",
        "TermSheets",
        "Origination",
        "BackValue",
        "Servicing",
        "Quality",
        "Judgement",
        "Contagion",
        "Acceleration",
        "WriteOffs",
        "Corrections",
        "Restructuring",
        "Sales",
        "Recourse",
        "OpeningBook",
        "LoanViews",
    ),
}


@dataclass(frozen=True, slots=True)
class System:
    """The deployed contracts, as Brownie's contract objects."""

    authority: Any
    policy: Any
    customers: Any
    covenants: Any
    ratings: Any
    titles: Any
    collateral: Any
    guarantees: Any
    flows: Any
    token: Any
    book: Any

    @property
    def contracts(self) -> dict[str, Any]:
        """The contracts by their Solidity names, in the order of deployment."""
        return dict(zip(WIRING, (getattr(self, field.name) for field in fields(self)), strict=True))


def staff(accounts: Sequence[Any]) -> dict[str, Any]:
    """The first accounts, given to the people of the role table by name.

    Raises InvalidInput where there are fewer accounts than people.
    """
    if len(accounts) < len(PEOPLE):
        raise InvalidInput(f"{len(accounts)} accounts for {len(PEOPLE)} people of the role table: add accounts")
    return {person.name: account for person, account in zip(PEOPLE, accounts, strict=False)}


def commitment(name: str, salt: bytes) -> bytes:
    """The salted hash that stands for a person on chain.

    Raises InvalidInput for a salt below 16 bytes, which could be searched.

    >>> commitment("chair", bytes(16)).hex()[:8]
    'b4bee7e7'
    """
    if len(salt) < 16:
        raise InvalidInput(f"salt of {len(salt)} bytes: give at least 16 random ones")
    return keccak(salt + name.encode())


def deploy(project: Any, people: Mapping[str, Any], *, salt: bytes, zone_offset: int = CHINA_STANDARD_TIME) -> System:
    """Deploy every contract, apply the role table under four eyes and enlist the contracts.

    Parameters: ``project`` is the loaded Brownie project; ``people`` maps each name of the role table to an
    account that can sign; ``salt`` hides the people's names; ``zone_offset`` is in seconds east of UTC.
    """
    founders = [person for person in PEOPLE if person.administers]
    maker, checker = (people[person.name] for person in founders)
    opening = [(people[person.name].address, commitment(person.name, salt)) for person in founders]
    contracts: dict[str, Any] = {"Authority": project.Authority.deploy(zone_offset, opening, {"from": maker})}
    for name, needs in WIRING.items():
        if name not in contracts:
            for library in LIBRARIES.get(name, ()):
                project[library].deploy({"from": maker})
            contracts[name] = _deployed(project, name, [contracts[need].address for need in needs], maker)
    authority = contracts["Authority"]
    for person in PEOPLE[len(founders) :]:
        authority.enrol(commitment(person.name, salt), {"from": maker})
    calls = list(_role_calls(contracts, people))
    hashes = [keccak(hexstr=method.encode_input(*arguments)) for method, arguments in calls]
    authority.propose(hashes, {"from": maker})
    for method, arguments in calls:
        method(*arguments, {"from": checker})
    return System(*contracts.values())


def _deployed(project: Any, name: str, needs: Sequence[str], maker: Any) -> Any:
    """The contract; of one in parts, the first part takes the contracts all need, and each other the part before."""
    if name not in CODE:
        return project[name].deploy(*needs, {"from": maker})
    authority, *others = needs
    first, *rest = CODE[name]
    part = project[first].deploy(authority, others, {"from": maker})
    for following in rest:
        part = project[following].deploy(part.address, {"from": maker})
    return container(project, name).deploy(part.address, {"from": maker})


def container(project: Any, name: str) -> Any:
    """Brownie's container of a contract; that of one in parts knows the functions of all."""
    whole = project[name]
    for part in CODE.get(name, ()):
        whole.abi[:] = merged_abi(whole.abi, project[part].abi)
    return whole


def merged_abi(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The entries of two ABIs, each once, with the constructor of the first.

    >>> merged_abi([{"type": "error", "name": "A"}], [{"type": "error", "name": "A"}, {"type": "constructor"}])
    [{'type': 'error', 'name': 'A'}]
    """
    return [*first, *(entry for entry in second if entry not in first and entry["type"] != "constructor")]


def _role_calls(contracts: Mapping[str, Any], people: Mapping[str, Any]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """The calls that apply the role table; contracts are enlisted once the people's seats are complete."""
    authority = contracts["Authority"]
    for number, person in enumerate(PEOPLE, start=1):
        account = people[person.name].address
        if not person.administers:
            yield authority.bind, (account, number)
        for role in person.roles:
            yield authority.grantRole, (role.id, account)
    for name, contract in contracts.items():
        if name != "Authority":
            yield authority.enlist, (contract.address,)
    for name, role in SYSTEM_ROLES.items():
        yield authority.grantRole, (role.id, contracts[name].address)


def role_differences(system: System, people: Mapping[str, Any]) -> list[str]:
    """Where the chain's seats differ from the role table, one sentence each; empty where all agree.

    Reads the authority and the mirror in every contract, and also tells of accounts that are in no table.
    """
    expected = _expected_seats(system, people)
    authority = system.authority
    administrators = {people[person.name].address for person in PEOPLE if person.administers}
    found = set(authority.getRoleMembers(ADMINISTRATOR))
    differences = [f"{account} administers and is not in the role table" for account in found - administrators]
    differences += [f"{account} of the role table does not administer" for account in administrators - found]
    governed = {name: contract for name, contract in system.contracts.items() if name != "Authority"}
    enlisted = set(authority.enlisted())
    differences += [
        f"{name} is not enlisted" for name, contract in governed.items() if contract.address not in enlisted
    ]
    for account in sorted({*authority.seated(), *expected}):
        for name, contract in system.contracts.items():
            have = contract.seatOf(account)
            if have != expected.get(account, 0):
                differences.append(
                    f"{name}: seat of {account} is {have:#x}, the table says {expected.get(account, 0):#x}"
                )
    return differences


def _expected_seats(system: System, people: Mapping[str, Any]) -> dict[str, int]:
    seats = {people[person.name].address: seat(number, person.roles) for number, person in enumerate(PEOPLE, start=1)}
    for name, role in SYSTEM_ROLES.items():
        seats[system.contracts[name].address] = seat(0, (role,))
    return seats


def record(system: System, node: Node) -> Deployment:
    """What the deployment file tells of the system, with hashes taken from the node."""
    return deployed(
        node,
        {
            name: (contract.address, contract.tx.block_number, contract.abi)
            for name, contract in system.contracts.items()
        },
    )


def attach(project: Any, deployment: Deployment) -> System:
    """The system that a deployment file names, as Brownie's contract objects.

    Raises InvalidInput where the file lacks a contract of the system.
    """
    missing = [name for name in WIRING if name not in deployment.contracts]
    if missing:
        raise InvalidInput(f"the deployment lacks {', '.join(missing)}: deploy with this release")
    return System(*(container(project, name).at(deployment.contracts[name].address) for name in WIRING))
