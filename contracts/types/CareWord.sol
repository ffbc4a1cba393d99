// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev What few loans carry, in one word. Bits 0-91 penalty interest not yet due in fen x ppb x days, 92-138 principal found
/// misused, 139-150 the category that a loan has at least (three bits each by Floor), 151-166 last day of observation, 167-174
/// payments made under observation, 175-182 restructurings, 183-198 day of the last repricing, 199 whether the whole loan was
/// called, 200-246 principal that guarantors did not consent to.
type CareWord is uint256;

using {
    penaltyAccrued, misused, floorOf, worstFloor, observedUntil, observedPayments, restructurings, repricedOn, isCalled,
    uncovered, withPenaltyAccrued, withMisused, withFloor, withObservation, withPaymentObserved, withRestructurings, withRepricedOn,
    withCalled, withoutCall, withUncovered
} for CareWord global;

/// @dev Why a loan may not be classified better than a category.
enum Floor {
    Judgement,
    Contagion,
    ExpectedLoss,
    Restructured
}

uint256 constant MONEY_BITS = (1 << 47) - 1;
uint256 constant ACCRUED_BITS = (1 << 92) - 1;

function _part(CareWord word, uint256 offset, uint256 bits) pure returns (uint256) {
    return (CareWord.unwrap(word) >> offset) & bits;
}

function _with(CareWord word, uint256 offset, uint256 bits, uint256 value) pure returns (CareWord) {
    return CareWord.wrap((CareWord.unwrap(word) & ~(bits << offset)) | (value << offset));
}

function penaltyAccrued(CareWord word) pure returns (uint256) {
    return _part(word, 0, ACCRUED_BITS);
}

function withPenaltyAccrued(CareWord word, uint256 value) pure returns (CareWord) {
    return _with(word, 0, ACCRUED_BITS, value);
}

function misused(CareWord word) pure returns (uint256) {
    return _part(word, 92, MONEY_BITS);
}

function withMisused(CareWord word, uint256 value) pure returns (CareWord) {
    return _with(word, 92, MONEY_BITS, value);
}

function floorOf(CareWord word, Floor floor) pure returns (uint256) {
    return _part(word, 139 + 3 * uint256(floor), 7);
}

function withFloor(CareWord word, Floor floor, uint256 category) pure returns (CareWord) {
    return _with(word, 139 + 3 * uint256(floor), 7, category);
}

/// @dev The worst of the floors, zero for none, and what it comes from.
function worstFloor(CareWord word) pure returns (uint256 category, Floor floor) {
    if (_part(word, 139, 0xfff) == 0) return (0, floor);
    for (uint256 i; i < 4; ++i) {
        uint256 one = floorOf(word, Floor(i));
        if (one > category) (category, floor) = (one, Floor(i));
    }
}

function observedUntil(CareWord word) pure returns (uint256) {
    return _part(word, 151, type(uint16).max);
}

function observedPayments(CareWord word) pure returns (uint256) {
    return _part(word, 167, type(uint8).max);
}

function withObservation(CareWord word, uint256 until, uint256 payments) pure returns (CareWord) {
    return _with(_with(word, 151, type(uint16).max, until), 167, type(uint8).max, payments);
}

function withPaymentObserved(CareWord word) pure returns (CareWord) {
    uint256 payments = observedPayments(word);
    return payments == type(uint8).max ? word : withObservation(word, observedUntil(word), payments + 1);
}

function restructurings(CareWord word) pure returns (uint256) {
    return _part(word, 175, type(uint8).max);
}

function withRestructurings(CareWord word, uint256 count) pure returns (CareWord) {
    return _with(word, 175, type(uint8).max, count);
}

function repricedOn(CareWord word) pure returns (uint256) {
    return _part(word, 183, type(uint16).max);
}

function withRepricedOn(CareWord word, uint256 day) pure returns (CareWord) {
    return _with(word, 183, type(uint16).max, day);
}

function isCalled(CareWord word) pure returns (bool) {
    return _part(word, 199, 1) == 1;
}

function withCalled(CareWord word) pure returns (CareWord) {
    return _with(word, 199, 1, 1);
}

function withoutCall(CareWord word) pure returns (CareWord) {
    return _with(word, 199, 1, 0);
}

function uncovered(CareWord word) pure returns (uint256) {
    return _part(word, 200, MONEY_BITS);
}

function withUncovered(CareWord word, uint256 value) pure returns (CareWord) {
    return _with(word, 200, MONEY_BITS, value);
}
