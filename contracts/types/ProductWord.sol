// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {EarmarkMode} from "./Enums.sol";

/// @dev A product in one word; zero where there is none. Bits 0-7 loan type, 8-15 day count, 16-23 waterfall, 24-31 what an
/// earmark may be spent on, 32-39 months between due dates, 40-55 days an approval may be used, 56-87 largest loan to value,
/// 88-143 largest amount in fen, 144-159 longest term in days, never zero, 160-191 largest rate, 192 whether there are
/// servicing terms. Loan to value and rates are parts per billion.
type ProductWord is uint256;

using {
    isSet, loanType, dayCount, waterfall, earmarkMode, cycleMonths, approvalDays, maxLoanToValue, maxAmount, maxTermDays, maxRate,
    isServed, withServed
} for ProductWord global;

uint256 constant SERVED = 1 << 192;

function isSet(ProductWord word) pure returns (bool) {
    return ProductWord.unwrap(word) != 0;
}

function loanType(ProductWord word) pure returns (uint8) {
    return uint8(ProductWord.unwrap(word));
}

function dayCount(ProductWord word) pure returns (uint8) {
    return uint8(ProductWord.unwrap(word) >> 8);
}

function waterfall(ProductWord word) pure returns (uint8) {
    return uint8(ProductWord.unwrap(word) >> 16);
}

function earmarkMode(ProductWord word) pure returns (EarmarkMode) {
    return EarmarkMode(uint8(ProductWord.unwrap(word) >> 24));
}

function cycleMonths(ProductWord word) pure returns (uint8) {
    return uint8(ProductWord.unwrap(word) >> 32);
}

function approvalDays(ProductWord word) pure returns (uint16) {
    return uint16(ProductWord.unwrap(word) >> 40);
}

function maxLoanToValue(ProductWord word) pure returns (uint32) {
    return uint32(ProductWord.unwrap(word) >> 56);
}

function maxAmount(ProductWord word) pure returns (uint56) {
    return uint56(ProductWord.unwrap(word) >> 88);
}

function maxTermDays(ProductWord word) pure returns (uint16) {
    return uint16(ProductWord.unwrap(word) >> 144);
}

function maxRate(ProductWord word) pure returns (uint32) {
    return uint32(ProductWord.unwrap(word) >> 160);
}

function isServed(ProductWord word) pure returns (bool) {
    return ProductWord.unwrap(word) & SERVED != 0;
}

function withServed(ProductWord word) pure returns (ProductWord) {
    return ProductWord.wrap(ProductWord.unwrap(word) | SERVED);
}
