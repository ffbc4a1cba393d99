"""The pure parts of deployment; what it does on chain, tests/contracts/test_authority.py asserts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from analytics.errors import InvalidInput
from scripts.deploy import keep_salt, refuse_published_keys
from scripts.deployment import WIRING, commitment, staff
from scripts.roles import PEOPLE, SYSTEM_ROLES, Role, seat

ROOT = Path(__file__).resolve().parents[2]
SALT = bytes(range(32))
PUBLISHED = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"  # the first account of the development mnemonic
OTHER = "0x00000000000000000000000000000000000000Aa"


@dataclass(frozen=True)
class Signer:
    """As much of an account as the check reads."""

    address: str


def test_roles_are_the_contracts_enum():
    source = (ROOT / "contracts" / "types" / "Enums.sol").read_text()
    body = re.sub(r"//.*", "", source.split("enum Role {")[1].split("}")[0])
    names = [name.strip() for name in body.split(",")]
    numbered = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): number
        for number, name in enumerate(names)
        if not name.startswith("Reserved")
    }
    assert numbered == {role.name: int(role) for role in Role}


def test_every_duty_has_somebody_and_nobody_checks_what_they_make():
    held = [role for person in PEOPLE for role in person.roles]
    assert {*held, *SYSTEM_ROLES.values()} == set(Role)
    assert sum(person.administers for person in PEOPLE) == 2
    assert all(person.administers for person in PEOPLE[:2])
    makers = {Role.LOAN_OFFICER, Role.RISK_OFFICER, Role.COLLECTOR, Role.TREASURER}
    assert not [person for person in PEOPLE if Role.APPROVER in person.roles and makers & set(person.roles)]


def test_wiring_has_no_circle():
    names = list(WIRING)
    assert all(names.index(need) < position for position, needs in enumerate(WIRING.values()) for need in needs)


def test_a_seat_holds_roles_and_person():
    assert seat(5, (Role.APPROVER, Role.TOKEN)) == (5 << 192) | (1 << 3) | (1 << 19)
    assert Role.TOKEN.id == (1 << 19).to_bytes(32, "big")


def test_people_get_accounts_in_the_tables_order():
    accounts = [Signer(f"0x{index:040x}") for index in range(len(PEOPLE) + 3)]
    assert staff(accounts) == {person.name: account for person, account in zip(PEOPLE, accounts, strict=False)}
    with pytest.raises(InvalidInput, match="10 accounts for 11 people"):
        staff(accounts[:10])


def test_a_commitment_hides_a_name_behind_a_long_salt():
    assert commitment("chair", SALT) == keccak(SALT + b"chair")
    with pytest.raises(InvalidInput, match="salt of 15 bytes"):
        commitment("chair", SALT[:15])


def test_published_keys_stay_on_the_loopback():
    people = {"chair": Signer(PUBLISHED), "director": Signer(OTHER)}
    refuse_published_keys("http://127.0.0.1:8545", people)
    with pytest.raises(InvalidInput, match=f"chair would act on http://192.0.2.1:8545 with {PUBLISHED}"):
        refuse_published_keys("http://192.0.2.1:8545", people)
    refuse_published_keys("http://192.0.2.1:8545", {"director": Signer(OTHER)})


def test_the_salt_is_its_owners(tmp_path):
    path = tmp_path / "deployment.salt"
    path.write_text("old")
    path.chmod(0o644)
    keep_salt(path, SALT)
    assert path.read_text() == SALT.hex() + "\n"
    assert path.stat().st_mode & 0o777 == 0o600
