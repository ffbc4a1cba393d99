"""The deployed system and its people, shared by every contract test."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from brownie import accounts as chain_accounts
from brownie import chain, project, web3
from eth_utils.crypto import keccak

from scripts.deployment import System, deploy, staff
from scripts.roles import PEOPLE, Role
from tests.conformance.run import deployed_harness

DAY = 86_400
SALT = b"a salt for tests only"
FIRST_OUTSIDER = 20  # accounts below belong to the bank
CORPORATE = 3  # CustomerKind.Corporate


@pytest.fixture(autouse=True)
def isolation(fn_isolation: None) -> None:
    """Every test starts from the state its module's fixtures left."""


_kept: list[tuple[System, dict[str, Any]]] = []


def _deployed() -> tuple[System, dict[str, Any]]:
    """The whole system as users deploy it, and its people: once in a process, and anew after a test left the chain."""
    (loaded,) = project.get_loaded_projects()
    if not _kept or _kept[-1][0].book not in loaded.LoanBook:
        people = staff(chain_accounts[:FIRST_OUTSIDER])
        chain.reset()
        _kept.append((deploy(loaded, people, salt=SALT), people))
        chain._reset_id = chain._take_snapshot()  # what Brownie's reset goes back to: it has no name for this outside
        gc.freeze()  # Brownie collects garbage at every revert; what stands by now need not be searched again
    return _kept[-1]


@pytest.fixture(scope="module")
def module_isolation() -> Iterator[None]:
    """Every module starts from the system as it was deployed. In place of Brownie's fixture of this name."""
    _deployed()
    chain.reset()
    yield
    chain.reset()


@pytest.fixture(scope="module")
def people(module_isolation: None) -> dict[str, Any]:
    """The accounts of the role table's people, by name."""
    return _deployed()[1]


@pytest.fixture(scope="module")
def system(people: Mapping[str, Any]) -> System:
    """The whole system, its first business day open."""
    system, _ = _deployed()
    system.authority.openDay(system.authority.blockDate(), {"from": people["treasurer"]})
    return system


@pytest.fixture(scope="module")
def engine(module_isolation: None) -> Any:
    """The loan engine's contract and its libraries."""
    (loaded,) = project.get_loaded_projects()
    return deployed_harness(loaded, chain_accounts[0])


def _one(name: str) -> Any:
    """A fixture that gives one person's account."""

    @pytest.fixture(scope="module", name=name)
    def account(people: Mapping[str, Any]) -> Any:
        return people[name]

    return account


chair = _one("chair")
director = _one("director")
risk_officer = _one("risk_officer")
loan_officer = _one("loan_officer")
approver = _one("approver")
appraiser = _one("appraiser")
treasurer = _one("treasurer")
collector = _one("collector")
credit_bureau = _one("credit_bureau")
data_provider = _one("data_provider")
guardian = _one("guardian")


@pytest.fixture(scope="module")
def spares(module_isolation: None) -> Sequence[Any]:
    """Accounts of the bank that nobody holds yet."""
    return chain_accounts[len(PEOPLE) : FIRST_OUTSIDER]


@pytest.fixture(scope="module")
def borrower(module_isolation: None) -> Any:
    """An account of a customer-to-be; it holds no role."""
    return chain_accounts[FIRST_OUTSIDER]


@pytest.fixture(scope="module")
def stranger(module_isolation: None) -> Any:
    """An account nobody knows."""
    return chain_accounts[FIRST_OUTSIDER + 9]


@pytest.fixture(scope="module")
def outsiders(module_isolation: None) -> Sequence[Any]:
    """Eight more accounts without roles, for customers and payees."""
    return chain_accounts[FIRST_OUTSIDER + 1 : FIRST_OUTSIDER + 9]


@pytest.fixture
def authority_paused(system: System, guardian: Any) -> int:
    """Acts are paused for an hour; the time at which that ends."""
    system.authority.pause(3_600, {"from": guardian})
    return system.authority.pausedUntil()


@pytest.fixture(scope="module")
def as_contract(module_isolation: None) -> Callable[[Any], Any]:
    """A function that gives a contract's own account to send from, as only a development chain can."""

    def unlock(contract: Any) -> Any:
        requests = (
            ("evm_addAccount", [contract.address, ""]),
            ("personal_unlockAccount", [contract.address, "", 0]),
            ("evm_setAccountBalance", [contract.address, hex(10**24)]),
        )
        for method, arguments in requests:
            answer = web3.provider.make_request(method, arguments)
            assert "error" not in answer, answer
        return chain_accounts.at(contract.address, force=True)

    return unlock


@pytest.fixture
def today(system: System) -> int:
    """The open business date."""
    return system.authority.day()[0]


@pytest.fixture(scope="module")
def next_day(system: System, treasurer: Any) -> Callable[..., int]:
    """A function that closes the day and opens the one `days` later; it returns the new date."""

    def advance(days: int = 1) -> int:
        authority = system.authority
        business_date, is_open = authority.day()
        if is_open:
            authority.closeDay({"from": treasurer})
        lag = business_date + days - authority.blockDate()
        if lag > 0:
            chain.sleep(lag * DAY)
            chain.mine()
        authority.openDay(business_date + days, {"from": treasurer})
        return business_date + days

    return advance


@pytest.fixture(scope="module")
def administer(system: System, chair: Any, director: Any) -> Callable[..., Any]:
    """A function that proposes a call as the chair and makes it as the director."""

    def confirmed(method: Any, *arguments: Any) -> Any:
        system.authority.propose([keccak(hexstr=method.encode_input(*arguments))], {"from": chair})
        return method(*arguments, {"from": director})

    return confirmed


@pytest.fixture(scope="module")
def second_account(system: System, people: Mapping[str, Any], administer: Callable[..., Any]) -> Callable[..., Any]:
    """A function that binds another account to a person of the bank and grants it roles."""

    def bind(name: str, account: Any, *roles: Role) -> Any:
        administer(system.authority.bind, account.address, system.authority.personOf(people[name]))
        for role in roles:
            administer(system.authority.grantRole, role.id, account.address)
        return account

    return bind


@pytest.fixture(scope="module")
def make_customer(system: System, people: Mapping[str, Any]) -> Callable[..., int]:
    """A function that registers a customer and, where asked, binds its account and rates it; it returns the number."""

    def make(
        *,
        kind: int = CORPORATE,
        industry: bytes = b"K70",
        region: bytes = b"CN-GD",
        group: int = 0,
        borrowers: int = 1,
        account: Any = None,
        grade: int = 0,
    ) -> int:
        customers = system.customers
        commitment = keccak(b"customer %d" % (customers.customers() + 1))
        row = (commitment, kind, industry.ljust(4, b"\0"), region.ljust(6, b"\0"), group, borrowers)
        customers.register(row, {"from": people["loan_officer"]})
        number = customers.customers()
        if account is not None:
            customers.bindAccount(number, account, {"from": people["approver"]})
        if grade:
            day = system.authority.day()[0]
            rating = (number, grade, 1, 1_250, day, day + 365)
            system.ratings.propose(rating, {"from": people["risk_officer"]})
            system.ratings.confirm(rating, {"from": people["approver"]})
        return number

    return make
