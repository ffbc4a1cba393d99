// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IGoverned} from "../../interfaces/IGoverned.sol";

/// @dev A code that a call brings, where it is the number of an enum's member. Calls bring codes as plain numbers, for the
/// decoding of an enum refuses an unknown one without naming an error.
/// @param last Number of the enum's last member.
function known(uint8 code, uint8 last) pure returns (uint8) {
    if (code > last) revert IGoverned.Governed_CodeUnknown(code, last);
    return code;
}
