// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {EarmarkMode} from "./Enums.sol";

/// @dev What a borrower's account has earmarked under a loan, in one word: payees in bits 0-63, purpose in 64-95, expiry in
/// 96-111, mode in 112-119, remaining fen from bit 120.
type EarmarkWord is uint256;

using {payees, purpose, expiry, mode, remaining, withRemaining} for EarmarkWord global;

function packEarmark(uint64 payees_, bytes4 purpose_, uint24 expiry_, EarmarkMode mode_, uint256 remaining_)
    pure
    returns (EarmarkWord)
{
    return EarmarkWord.wrap(
        payees_ | (uint256(uint32(purpose_)) << 64) | (uint256(expiry_) << 96) | (uint256(mode_) << 112) | (remaining_ << 120)
    );
}

function payees(EarmarkWord word) pure returns (uint64) {
    return uint64(EarmarkWord.unwrap(word));
}

function purpose(EarmarkWord word) pure returns (bytes4) {
    return bytes4(uint32(EarmarkWord.unwrap(word) >> 64));
}

function expiry(EarmarkWord word) pure returns (uint24) {
    return uint16(EarmarkWord.unwrap(word) >> 96);
}

function mode(EarmarkWord word) pure returns (EarmarkMode) {
    return EarmarkMode(uint8(EarmarkWord.unwrap(word) >> 112));
}

function remaining(EarmarkWord word) pure returns (uint256) {
    return EarmarkWord.unwrap(word) >> 120;
}

function withRemaining(EarmarkWord word, uint256 remaining_) pure returns (EarmarkWord) {
    return EarmarkWord.wrap((EarmarkWord.unwrap(word) & ((1 << 120) - 1)) | (remaining_ << 120));
}
