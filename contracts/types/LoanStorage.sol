// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CareWord} from "./CareWord.sol";
import {LoanState} from "./Enums.sol";
import {ServicingWord} from "./ServicingWord.sol";

/// @dev Largest amount a single loan may carry in any one field, in fen: 47 bits, 1.4 trillion yuan.
uint256 constant MAX_MONEY = (1 << 47) - 1;
/// @dev Largest written-off claim, in fen: 52 bits.
uint256 constant MAX_CLAIM = (1 << 52) - 1;
/// @dev Largest rate: 31 bits of parts per billion a year, 214 %.
uint256 constant MAX_RATE = (1 << 31) - 1;
/// @dev Largest exact interest: 92 bits of fen x ppb x days, the largest loan at the largest rate for 44 years.
uint256 constant MAX_ACCRUED = (1 << 92) - 1;
/// @dev Last day number a loan can name, in the year 2149.
uint256 constant MAX_DAY = type(uint16).max;

/// @dev A loan unpacked in memory. Three storage words stand behind it; the third only while something is due.
struct Position {
    // word A: terms, written at application, first drawdown and classification
    uint256 customer; // 32 bits
    uint256 product; // 16
    bytes4 industry; // 32
    bytes6 region; // 48
    uint256 start; // 16
    uint256 maturity; // 16
    uint256 category; // 4
    uint256 terms; // 8: type 2, day count 1, waterfall 1, cycle 3, rating exempt 1; above rate 3: served, cared for, signed
    uint256 instalmentAmount; // 47
    uint256 rate; // 31
    // word B: running balances, written by every posting
    uint256 principal; // 47
    uint256 undrawn; // 47
    uint256 accrued; // 92; maker and purpose before the first drawdown
    uint256 accruedThrough; // 16; last day of the approval before the first drawdown
    uint256 postings; // 16
    uint256 instalment; // 16
    uint256 availableUntil; // 16; days an approval may be used, before the approval
    LoanState state; // 4
    bool rounded; // 1: the one rounding up of interest has been made
    // word C: what is due and unpaid, and the written-off claim; bit 255 of word B tells that it is there
    uint256 principalDue; // 47
    uint256 interestDue; // 47
    uint256 penaltyDue; // 47
    uint256 feeDue; // 47
    uint256 writtenOff; // 52
    uint256 oldestDue; // 16
    // word D: what few loans carry, where `terms` tells it; and how the product is served
    CareWord care;
    ServicingWord servicing;
    // the words as loaded
    uint256 wordA;
    uint256 wordB;
    uint256 wordC;
    CareWord wordD;
}

/// @dev How a payment was split. Fen.
struct Split {
    uint256 principal;
    uint256 interest;
    uint256 penalty;
    uint256 fee;
    uint256 prepaymentFee; // of the fee, what was charged for principal paid before its time
}

/// @dev The days past due from which each category holds.
struct CategoryTable {
    uint24 effectiveFrom;
    uint16 specialMention;
    uint16 substandard;
    uint16 doubtful;
    uint16 loss;
}
