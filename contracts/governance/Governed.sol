// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IGoverned} from "../../interfaces/IGoverned.sol";
import {PersonId} from "../types/Ids.sol";
import {Role} from "../types/Enums.sol";
import {Seat, bit} from "../types/Seat.sol";

/// @dev What one person proposed, another may do on that day and as many after it.
uint24 constant PROPOSAL_DAYS = 30;

/// @dev Local mirror of seats, business day and pause. See IGoverned for why.
abstract contract Governed is IGoverned {
    /// @dev Postings may be back-dated by at most this many days.
    uint24 internal constant BACK_VALUE_WINDOW = 30;

    /// @inheritdoc IGoverned
    address public immutable authority;

    mapping(address account => Seat) private _seats;

    // slot 1
    uint24 private _businessDate;
    bool private _dayOpen;
    uint40 private _pausedUntil;

    constructor(address authority_) {
        authority = authority_;
    }

    modifier onlyAuthority() {
        if (msg.sender != authority) revert Governed_NotAuthority(msg.sender, authority);
        _;
    }

    /// @inheritdoc IGoverned
    function setSeat(address account, uint256 seat) external onlyAuthority {
        _seats[account] = Seat.wrap(seat);
    }

    /// @inheritdoc IGoverned
    function setDay(uint24 businessDate, bool open) external onlyAuthority {
        bool closing = _dayOpen && !open;
        _businessDate = businessDate;
        _dayOpen = open;
        if (closing) _closeDay(businessDate);
    }

    /// @inheritdoc IGoverned
    function setPause(uint40 until) external onlyAuthority {
        _pausedUntil = until;
    }

    /// @inheritdoc IGoverned
    function seatOf(address account) external view returns (uint256) {
        return Seat.unwrap(_seats[account]);
    }

    /// @inheritdoc IGoverned
    function dayAndPause() external view returns (uint24 businessDate, bool open, uint40 pausedUntil) {
        return (_businessDate, _dayOpen, _pausedUntil);
    }

    /// @dev Emit control totals; contracts that keep some override it.
    function _closeDay(uint24 businessDate) internal virtual {}

    /// @dev The caller's person, if the caller's seat holds `role`.
    function _only(Role role) internal view returns (PersonId) {
        Seat seat = _seats[msg.sender];
        if ((Seat.unwrap(seat) >> uint8(role)) & 1 == 0) revert Governed_RoleMissing(msg.sender, bit(role));
        return seat.person();
    }

    /// @dev The caller's person, if the caller's seat holds one of the roles in `mask`.
    function _onlyAny(uint192 mask) internal view returns (PersonId) {
        Seat seat = _seats[msg.sender];
        if (!seat.holds(mask)) revert Governed_RoleMissing(msg.sender, mask);
        return seat.person();
    }

    /// @dev The caller's person, zero for an account without a seat.
    function _callerPerson() internal view returns (PersonId) {
        return _seats[msg.sender].person();
    }

    /// @dev Four eyes hold between persons, whatever accounts they use.
    function _differs(PersonId maker, PersonId checker) internal pure {
        if (maker == checker) revert Governed_SamePerson(PersonId.unwrap(checker));
    }

    /// @dev For acts: the open business date, while nothing is paused.
    function _actingDay() internal view returns (uint24 businessDate) {
        bool open;
        uint40 pausedUntil;
        (businessDate, open, pausedUntil) = (_businessDate, _dayOpen, _pausedUntil); // one read
        if (block.timestamp < pausedUntil) revert Governed_Paused(pausedUntil);
        if (!open) revert Governed_DayNotOpen(businessDate);
    }

    /// @dev For facts: the open business date, paused or not.
    function _postingDay() internal view returns (uint24 businessDate) {
        businessDate = _businessDate;
        if (!_dayOpen) revert Governed_DayNotOpen(businessDate);
    }

    /// @dev The business date, open or not.
    function _today() internal view returns (uint24) {
        return _businessDate;
    }

    /// @dev A posting's value date is today or lies inside the back-value window.
    function _checkValueDate(uint24 valueDate, uint24 businessDate) internal pure {
        uint24 earliest = businessDate > BACK_VALUE_WINDOW ? businessDate - BACK_VALUE_WINDOW : 0;
        if (valueDate > businessDate || valueDate < earliest) {
            revert Governed_ValueDateOutOfRange(valueDate, earliest, businessDate);
        }
    }
}
