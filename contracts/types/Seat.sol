// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {PersonId} from "./Ids.sol";
import {Role} from "./Enums.sol";

/// @dev One account's seat in one storage word: roles in bits 0-191 (bit n = Role(n)),
/// the person behind the account in bits 192-223.
type Seat is uint256;

using {holds, person} for Seat global;

function packSeat(PersonId person_, uint192 roles) pure returns (Seat) {
    return Seat.wrap((uint256(PersonId.unwrap(person_)) << 192) | roles);
}

function bit(Role role) pure returns (uint192) {
    return uint192(1) << uint8(role);
}

/// @dev True where the seat holds at least one of the roles in `mask`.
function holds(Seat seat, uint192 mask) pure returns (bool) {
    return Seat.unwrap(seat) & mask != 0;
}

function person(Seat seat) pure returns (PersonId) {
    return PersonId.wrap(uint32(Seat.unwrap(seat) >> 192));
}
