// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {AccessControlEnumerable} from "@openzeppelin/contracts/access/extensions/AccessControlEnumerable.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IAuthority} from "../../interfaces/IAuthority.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {Role} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {bit, packSeat, Seat} from "../types/Seat.sol";

/// @title Authority
/// @dev The one truth of roles, persons, business day and pause. See IAuthority.
contract Authority is IAuthority, AccessControlEnumerable {
    using EnumerableSet for EnumerableSet.AddressSet;

    uint40 private constant LONGEST_PAUSE = 7 days;
    uint40 private constant BETWEEN_PAUSES = 1 days;
    int32 private constant FURTHEST_ZONE = 14 hours;
    PersonId private constant NOBODY = PersonId.wrap(0);
    uint256 private constant LAST_DUTY = uint256(Role.Guardian);
    uint256 private constant FIRST_SYSTEM_ROLE = uint256(Role.Book);
    uint256 private constant LAST_SYSTEM_ROLE = uint256(type(Role).max);

    /// @inheritdoc IAuthority
    int32 public immutable zoneOffset;

    mapping(address account => Seat) private _seats;
    mapping(bytes32 commitment => PersonId) private _byCommitment;
    mapping(bytes32 callHash => PersonId) private _proposers;
    mapping(PersonId => uint256 accounts) private _administratorAccounts;
    EnumerableSet.AddressSet private _seated;
    EnumerableSet.AddressSet private _enlisted;

    // one slot
    uint32 private _persons;
    uint32 private _administrators;
    uint24 private _businessDate;
    bool private _dayOpen;
    uint40 private _pausedUntil;
    uint40 private _nextPause;

    constructor(int32 zoneOffset_, Founder[2] memory founders) {
        if (zoneOffset_ > FURTHEST_ZONE || zoneOffset_ < -FURTHEST_ZONE) revert Authority_ZoneInvalid(zoneOffset_);
        zoneOffset = zoneOffset_;
        address first = founders[0].account;
        address second = founders[1].account;
        if (first == address(0) || second == address(0) || first == second) {
            revert Authority_FoundersInvalid(first, second);
        }
        for (uint256 i = 0; i < 2; ++i) {
            _bind(founders[i].account, _enrol(founders[i].commitment));
            _grantRole(DEFAULT_ADMIN_ROLE, founders[i].account);
        }
    }

    /// @dev The call was proposed, by the hash of its data, by somebody else who still administers.
    modifier proposed() {
        bytes32 callHash = keccak256(msg.data);
        PersonId maker = _proposers[callHash];
        if (_administratorAccounts[maker] == 0) revert Authority_NotProposed(msg.sender);
        PersonId checker = _seats[msg.sender].person();
        if (maker == checker) revert IGoverned.Governed_SamePerson(PersonId.unwrap(checker));
        _proposers[callHash] = NOBODY;
        _;
    }

    // ---------------------------------------------------------------- persons and roles

    /// @inheritdoc IAuthority
    function enrol(bytes32 commitment) external onlyRole(DEFAULT_ADMIN_ROLE) returns (uint32) {
        return PersonId.unwrap(_enrol(commitment));
    }

    /// @inheritdoc IAuthority
    function propose(bytes32[] calldata callHashes) external onlyRole(DEFAULT_ADMIN_ROLE) {
        PersonId maker = _seats[msg.sender].person();
        for (uint256 i = 0; i < callHashes.length; ++i) {
            PersonId earlier = _proposers[callHashes[i]];
            if (PersonId.unwrap(earlier) != 0) revert Authority_AlreadyProposed(PersonId.unwrap(earlier));
            _proposers[callHashes[i]] = maker;
            emit CallProposed(callHashes[i], PersonId.unwrap(maker));
        }
    }

    /// @inheritdoc IAuthority
    function withdraw(bytes32 callHash) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (PersonId.unwrap(_proposers[callHash]) == 0) revert Authority_NotProposed(msg.sender);
        _proposers[callHash] = NOBODY;
        emit CallWithdrawn(callHash, PersonId.unwrap(_seats[msg.sender].person()));
    }

    /// @inheritdoc IAuthority
    function bind(address account, uint32 person) external onlyRole(DEFAULT_ADMIN_ROLE) proposed {
        if (person == 0 || person > _persons) revert Authority_PersonUnknown(person);
        PersonId holder = _seats[account].person();
        if (PersonId.unwrap(holder) != 0 || _enlisted.contains(account) || account == address(0)) {
            revert Authority_AccountTaken(account, PersonId.unwrap(holder));
        }
        _bind(account, PersonId.wrap(person));
    }

    /// @inheritdoc IAuthority
    function enlist(address target) external onlyRole(DEFAULT_ADMIN_ROLE) proposed {
        if (_enlisted.contains(target)) revert Authority_AlreadyEnlisted(target);
        PersonId holder = _seats[target].person();
        if (PersonId.unwrap(holder) != 0) revert Authority_AccountTaken(target, PersonId.unwrap(holder));
        if (target.code.length == 0 || IGoverned(target).authority() != address(this)) {
            revert Authority_ForeignContract(target);
        }
        _enlisted.add(target);
        _seated.add(target);
        emit ContractEnlisted(target);
        IGoverned governed = IGoverned(target);
        for (uint256 i = 0; i < _seated.length(); ++i) {
            address account = _seated.at(i);
            Seat seat = _seats[account];
            if (Seat.unwrap(seat) != 0) governed.setSeat(account, Seat.unwrap(seat));
        }
        governed.setDay(_businessDate, _dayOpen);
        governed.setPause(_pausedUntil);
    }

    /// @notice Grant a role to an account. Administrators, after another's proposal.
    function grantRole(bytes32 role, address account)
        public
        override(AccessControl, IAccessControl)
        onlyRole(DEFAULT_ADMIN_ROLE)
        proposed
    {
        _grantRole(role, account);
    }

    // ---------------------------------------------------------------- business day

    /// @inheritdoc IAuthority
    function openDay(uint24 businessDate) external {
        PersonId person = _only(Role.Treasurer);
        if (_dayOpen || businessDate <= _businessDate || businessDate > blockDate()) {
            revert Authority_DayOutOfOrder(businessDate, _businessDate, blockDate());
        }
        _businessDate = businessDate;
        _dayOpen = true;
        emit DayOpened(businessDate, PersonId.unwrap(person));
        _pushDay();
    }

    /// @inheritdoc IAuthority
    function closeDay() external {
        PersonId person = _only(Role.Treasurer);
        if (!_dayOpen) revert Authority_DayNotOpen(_businessDate);
        _dayOpen = false;
        emit DayClosed(_businessDate, PersonId.unwrap(person));
        _pushDay();
    }

    // ---------------------------------------------------------------- pause

    /// @inheritdoc IAuthority
    function pause(uint40 duration) external {
        PersonId person = _only(Role.Guardian);
        if (duration == 0 || duration > LONGEST_PAUSE) revert Authority_PauseTooLong(duration, LONGEST_PAUSE);
        if (block.timestamp < _nextPause) revert Authority_PauseTooSoon(_nextPause);
        _setPause(uint40(block.timestamp) + duration);
        emit Paused(_pausedUntil, PersonId.unwrap(person));
    }

    /// @inheritdoc IAuthority
    function unpause() external {
        PersonId person = _only(Role.Guardian);
        if (block.timestamp >= _pausedUntil) revert Authority_NotPaused();
        _setPause(uint40(block.timestamp));
        emit Unpaused(PersonId.unwrap(person));
    }

    // ---------------------------------------------------------------- mirroring

    function _enrol(bytes32 commitment) private returns (PersonId person) {
        PersonId earlier = _byCommitment[commitment];
        if (commitment == bytes32(0) || PersonId.unwrap(earlier) != 0) {
            revert Authority_AlreadyEnrolled(PersonId.unwrap(earlier));
        }
        person = PersonId.wrap(++_persons);
        _byCommitment[commitment] = person;
        emit PersonEnrolled(PersonId.unwrap(person), commitment);
    }

    function _bind(address account, PersonId person) private {
        _seated.add(account);
        _seat(account, packSeat(person, 0));
        emit AccountBound(account, PersonId.unwrap(person));
    }

    /// @dev Grants follow the kind of role: duties to bound accounts, system roles to enlisted contracts.
    function _grantRole(bytes32 role, address account) internal override returns (bool granted) {
        uint192 duty = _bitOf(role);
        PersonId person = _seats[account].person();
        bool bound = duty >= bit(Role.Book) ? _enlisted.contains(account) : PersonId.unwrap(person) != 0;
        if (!bound) revert Authority_AccountUnbound(account);
        granted = super._grantRole(role, account);
        if (!granted) return false;
        if (duty == 0) {
            if (++_administratorAccounts[person] == 1) ++_administrators;
        } else {
            _seat(account, Seat.wrap(Seat.unwrap(_seats[account]) | duty));
        }
    }

    /// @dev Revoking and renouncing both come here.
    function _revokeRole(bytes32 role, address account) internal override returns (bool revoked) {
        uint192 duty = _bitOf(role);
        revoked = super._revokeRole(role, account);
        if (!revoked) return false;
        if (duty == 0) {
            if (--_administratorAccounts[_seats[account].person()] == 0 && --_administrators < 2) {
                revert Authority_LastAdministrator(account);
            }
        } else {
            _seat(account, Seat.wrap(Seat.unwrap(_seats[account]) & ~uint256(duty)));
        }
    }

    /// @dev A missing role reads the same here as in every other contract.
    function _checkRole(bytes32 role, address account) internal view override {
        if (!hasRole(role, account)) revert IGoverned.Governed_RoleMissing(account, uint192(uint256(role)));
    }

    function _only(Role role) private view returns (PersonId) {
        _checkRole(bytes32(uint256(bit(role))), msg.sender);
        return _seats[msg.sender].person();
    }

    /// @dev The role as a seat's bit, zero for the administrator's.
    function _bitOf(bytes32 role) private pure returns (uint192) {
        uint256 word = uint256(role);
        if (word == 0) return 0;
        for (uint256 n = 0; n <= LAST_SYSTEM_ROLE; ++n) {
            if (word == 1 << n && (n <= LAST_DUTY || n >= FIRST_SYSTEM_ROLE)) return uint192(word);
        }
        revert Authority_RoleUnknown(word);
    }

    function _seat(address account, Seat seat) private {
        _seats[account] = seat;
        for (uint256 i = 0; i < _enlisted.length(); ++i) {
            IGoverned(_enlisted.at(i)).setSeat(account, Seat.unwrap(seat));
        }
    }

    function _pushDay() private {
        for (uint256 i = 0; i < _enlisted.length(); ++i) {
            IGoverned(_enlisted.at(i)).setDay(_businessDate, _dayOpen);
        }
    }

    function _setPause(uint40 until) private {
        _pausedUntil = until;
        _nextPause = until + BETWEEN_PAUSES;
        for (uint256 i = 0; i < _enlisted.length(); ++i) {
            IGoverned(_enlisted.at(i)).setPause(until);
        }
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IAuthority
    function personOf(address account) external view returns (uint32) {
        return PersonId.unwrap(_seats[account].person());
    }

    /// @inheritdoc IAuthority
    function persons() external view returns (uint32) {
        return _persons;
    }

    /// @inheritdoc IAuthority
    function proposerOf(bytes32 callHash) external view returns (uint32) {
        return PersonId.unwrap(_proposers[callHash]);
    }

    /// @inheritdoc IAuthority
    function seatOf(address account) external view returns (uint256) {
        return Seat.unwrap(_seats[account]);
    }

    /// @inheritdoc IAuthority
    function seated() external view returns (address[] memory) {
        return _seated.values();
    }

    /// @inheritdoc IAuthority
    function enlisted() external view returns (address[] memory) {
        return _enlisted.values();
    }

    /// @inheritdoc IAuthority
    function day() external view returns (uint24 businessDate, bool open) {
        return (_businessDate, _dayOpen);
    }

    /// @inheritdoc IAuthority
    function pausedUntil() external view returns (uint40) {
        return _pausedUntil;
    }

    /// @inheritdoc IAuthority
    function blockDate() public view returns (uint24) {
        return uint24(uint256(int256(block.timestamp) + zoneOffset) / 1 days);
    }
}
