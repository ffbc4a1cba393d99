// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LienState} from "./Enums.sol";
import {LoanId} from "./Ids.sol";

/// @dev A lien in one storage word: bits 0-95 title, 96-159 loan (zero: another lender's), 160-215 amount,
/// 216-247 the borrower or the other lender, 248-255 state.
type LienWord is uint256;

using {titleOf, loanOf, amountOf, partyOf, stateOf, isActive, withAmount} for LienWord global;

uint256 constant AMOUNT_AND_STATE_BITS = uint256(type(uint56).max) << 160 | uint256(type(uint8).max) << 248;

/// @dev The caller has checked that the title fits 96 bits and the amount 56.
function activeLien(uint256 title, LoanId loanId, uint256 amount, uint256 party) pure returns (LienWord) {
    return LienWord.wrap(
        title | uint256(LoanId.unwrap(loanId)) << 96 | amount << 160 | party << 216
            | uint256(LienState.Active) << 248
    );
}

function titleOf(LienWord word) pure returns (uint256) {
    return uint96(LienWord.unwrap(word));
}

function loanOf(LienWord word) pure returns (LoanId) {
    return LoanId.wrap(uint64(LienWord.unwrap(word) >> 96));
}

function amountOf(LienWord word) pure returns (uint256) {
    return uint56(LienWord.unwrap(word) >> 160);
}

function partyOf(LienWord word) pure returns (uint32) {
    return uint32(LienWord.unwrap(word) >> 216);
}

function stateOf(LienWord word) pure returns (LienState) {
    return LienState(uint8(LienWord.unwrap(word) >> 248));
}

function isActive(LienWord word) pure returns (bool) {
    return LienWord.unwrap(word) >> 248 == uint256(LienState.Active);
}

function withAmount(LienWord word, uint256 amount, LienState state) pure returns (LienWord) {
    uint256 rest = LienWord.unwrap(word) & ~AMOUNT_AND_STATE_BITS;
    return LienWord.wrap(rest | amount << 160 | uint256(state) << 248);
}
