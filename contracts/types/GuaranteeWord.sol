// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {GuaranteeState} from "./Enums.sol";
import {CustomerId, LoanId} from "./Ids.sol";

/// @dev A guarantee in one storage word: bits 0-31 beneficiary, 32-95 loan, 96-151 amount, 152-159 rank, 160-167 state,
/// 168 whether it was admitted in a circle, 169 whether a regrouping put it into one, 176-215 and 216-255 the nodes it binds: guarantor's, beneficiary's.
type GuaranteeWord is uint256;

using {
    beneficiaryOf, loanOf, amountOf, rankOf, stateOf, inCircle, guarantorNodeOf, beneficiaryNodeOf, isLive, withAmount, withState,
    inAdmittedCircle, inArisenCircle, withArisenCircle, withNodes
} for GuaranteeWord global;

uint256 constant ARISEN_BIT = 1 << 169;
uint256 constant NODES_BITS = uint256(type(uint80).max) << 176;

/// @dev The caller has checked that the amount fits 56 bits; a node has at most 33.
function newGuarantee(CustomerId beneficiary, LoanId loanId, uint128 amount, uint8 rank) pure returns (GuaranteeWord) {
    return GuaranteeWord.wrap(
        uint256(CustomerId.unwrap(beneficiary)) | uint256(LoanId.unwrap(loanId)) << 32 | uint256(amount) << 96
            | uint256(rank) << 152 | uint256(GuaranteeState.Active) << 160
    );
}

function beneficiaryOf(GuaranteeWord word) pure returns (CustomerId) {
    return CustomerId.wrap(uint32(GuaranteeWord.unwrap(word)));
}

function loanOf(GuaranteeWord word) pure returns (LoanId) {
    return LoanId.wrap(uint64(GuaranteeWord.unwrap(word) >> 32));
}

function amountOf(GuaranteeWord word) pure returns (uint128) {
    return uint56(GuaranteeWord.unwrap(word) >> 96);
}

function rankOf(GuaranteeWord word) pure returns (uint8) {
    return uint8(GuaranteeWord.unwrap(word) >> 152);
}

function stateOf(GuaranteeWord word) pure returns (GuaranteeState) {
    return GuaranteeState(uint8(GuaranteeWord.unwrap(word) >> 160));
}

function inCircle(GuaranteeWord word) pure returns (bool) {
    return uint8(GuaranteeWord.unwrap(word) >> 168) != 0;
}

function guarantorNodeOf(GuaranteeWord word) pure returns (uint64) {
    return uint40(GuaranteeWord.unwrap(word) >> 176);
}

function beneficiaryNodeOf(GuaranteeWord word) pure returns (uint64) {
    return uint40(GuaranteeWord.unwrap(word) >> 216);
}

/// @dev Active or demanded.
function isLive(GuaranteeWord word) pure returns (bool) {
    GuaranteeState state = stateOf(word);
    return state == GuaranteeState.Active || state == GuaranteeState.Demanded;
}

function withAmount(GuaranteeWord word, uint128 amount) pure returns (GuaranteeWord) {
    return GuaranteeWord.wrap(GuaranteeWord.unwrap(word) & ~(uint256(type(uint56).max) << 96) | uint256(amount) << 96);
}

function withState(GuaranteeWord word, GuaranteeState state) pure returns (GuaranteeWord) {
    return GuaranteeWord.wrap(GuaranteeWord.unwrap(word) & ~(uint256(type(uint8).max) << 160) | uint256(state) << 160);
}

function inAdmittedCircle(GuaranteeWord word) pure returns (GuaranteeWord) {
    return GuaranteeWord.wrap(GuaranteeWord.unwrap(word) | 1 << 168);
}

function inArisenCircle(GuaranteeWord word) pure returns (bool) {
    return GuaranteeWord.unwrap(word) & ARISEN_BIT != 0;
}

function withArisenCircle(GuaranteeWord word, bool arisen) pure returns (GuaranteeWord) {
    uint256 rest = GuaranteeWord.unwrap(word) & ~ARISEN_BIT;
    return GuaranteeWord.wrap(arisen ? rest | ARISEN_BIT : rest);
}

function withNodes(GuaranteeWord word, uint64 guarantor, uint64 beneficiary) pure returns (GuaranteeWord) {
    uint256 rest = GuaranteeWord.unwrap(word) & ~NODES_BITS;
    return GuaranteeWord.wrap(rest | uint256(guarantor) << 176 | uint256(beneficiary) << 216);
}
