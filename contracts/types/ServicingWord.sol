// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {BusinessDayRule} from "./Enums.sol";

/// @dev How loans of a product are served, in one word; zero for a product without such terms. Bits 0-15 calendar, 16-23 days
/// of grace, 24-55 overdue markup, 56-87 misuse markup, 88-119 prepayment fee, 120-151 drawing fee, 152-159 options, 160-175
/// index, 176-207 spread, 208-215 months between repricings, 216-223 default triggers, 224-239 days past due that are a
/// default, 240-255 currency. Markups and fees are parts per billion.
type ServicingWord is uint256;

using {
    isSet, calendar, graceDays, overdueMarkup, misuseMarkup, prepaymentFee, drawingFee, businessDayRule, keepsTerm, isSigned,
    isCovenanted, compounds, index, spread, repriceMonths, triggers, defaultDays, currency
} for ServicingWord global;

/// @dev Bits of the options: the business-day rule in the two lowest.
uint256 constant KEEPS_TERM = 1 << 2;
uint256 constant SIGNED = 1 << 3;
uint256 constant COVENANTED = 1 << 4;
uint256 constant COMPOUNDS = 1 << 5;

function isSet(ServicingWord word) pure returns (bool) {
    return ServicingWord.unwrap(word) != 0;
}

function calendar(ServicingWord word) pure returns (uint256) {
    return uint16(ServicingWord.unwrap(word));
}

function graceDays(ServicingWord word) pure returns (uint256) {
    return uint8(ServicingWord.unwrap(word) >> 16);
}

function overdueMarkup(ServicingWord word) pure returns (uint256) {
    return uint32(ServicingWord.unwrap(word) >> 24);
}

function misuseMarkup(ServicingWord word) pure returns (uint256) {
    return uint32(ServicingWord.unwrap(word) >> 56);
}

function prepaymentFee(ServicingWord word) pure returns (uint256) {
    return uint32(ServicingWord.unwrap(word) >> 88);
}

function drawingFee(ServicingWord word) pure returns (uint256) {
    return uint32(ServicingWord.unwrap(word) >> 120);
}

function businessDayRule(ServicingWord word) pure returns (BusinessDayRule) {
    return BusinessDayRule((ServicingWord.unwrap(word) >> 152) & 3);
}

function keepsTerm(ServicingWord word) pure returns (bool) {
    return (ServicingWord.unwrap(word) >> 152) & KEEPS_TERM != 0;
}

function isSigned(ServicingWord word) pure returns (bool) {
    return (ServicingWord.unwrap(word) >> 152) & SIGNED != 0;
}

function isCovenanted(ServicingWord word) pure returns (bool) {
    return (ServicingWord.unwrap(word) >> 152) & COVENANTED != 0;
}

function compounds(ServicingWord word) pure returns (bool) {
    return (ServicingWord.unwrap(word) >> 152) & COMPOUNDS != 0;
}

function index(ServicingWord word) pure returns (uint16) {
    return uint16(ServicingWord.unwrap(word) >> 160);
}

function spread(ServicingWord word) pure returns (int256) {
    return int32(uint32(ServicingWord.unwrap(word) >> 176));
}

function repriceMonths(ServicingWord word) pure returns (uint256) {
    return uint8(ServicingWord.unwrap(word) >> 208);
}

/// @dev Bit n allows DefaultTrigger n.
function triggers(ServicingWord word) pure returns (uint256) {
    return uint8(ServicingWord.unwrap(word) >> 216);
}

function defaultDays(ServicingWord word) pure returns (uint256) {
    return uint16(ServicingWord.unwrap(word) >> 224);
}

/// @dev ISO 4217 number.
function currency(ServicingWord word) pure returns (uint16) {
    return uint16(ServicingWord.unwrap(word) >> 240);
}
