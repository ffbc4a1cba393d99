// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev The rates a loan bore before its last repricings: up to five, the newest lowest, each with the day of the repricing in
/// 16 bits and the rate up to that day in the 31 above; in bits 235-250 the day from which the oldest of these rates held, zero
/// where that is the loan's first.
type RatesWord is uint256;

using {knownSince, withRate, sumOver, repricings, newest, rateBefore, older} for RatesWord global;

uint256 constant RATE_BITS = 47;
uint256 constant LAST_AT = 4 * RATE_BITS;
uint256 constant SINCE_AT = 5 * RATE_BITS;
uint256 constant DAYS = type(uint16).max;
uint256 constant RATE_MASK = (1 << 31) - 1;

/// @dev The day from which every rate is known.
function knownSince(RatesWord word) pure returns (uint256) {
    return RatesWord.unwrap(word) >> SINCE_AT;
}

/// @dev A loan that bore a rate up to a day bears another from it on.
function withRate(RatesWord word, uint256 day, uint256 rate) pure returns (RatesWord) {
    uint256 kept = RatesWord.unwrap(word);
    uint256 forgotten = (kept >> LAST_AT) & DAYS;
    kept = ((kept & ((1 << LAST_AT) - 1)) << RATE_BITS) | (rate << 16) | day;
    return RatesWord.wrap(kept | (forgotten << SINCE_AT));
}

/// @dev What a unit of principal bore between two days: the sum of the rates of each. `rate` is the loan's own.
function sumOver(RatesWord word, uint256 rate, uint256 from, uint256 to) pure returns (uint256 sum) {
    for (RatesWord rest = word.repricings(); rest.newest() > from; rest = rest.older()) {
        uint256 day = rest.newest();
        if (day < to) {
            sum += rate * (to - day);
            to = day;
        }
        rate = rest.rateBefore();
    }
    return sum + rate * (to - from);
}

/// @dev The repricings alone, to go through from the newest: its day is zero where none is left.
function repricings(RatesWord word) pure returns (RatesWord) {
    return RatesWord.wrap(RatesWord.unwrap(word) & ((1 << SINCE_AT) - 1));
}

function newest(RatesWord word) pure returns (uint256) {
    return RatesWord.unwrap(word) & DAYS;
}

function rateBefore(RatesWord word) pure returns (uint256) {
    return (RatesWord.unwrap(word) >> 16) & RATE_MASK;
}

function older(RatesWord word) pure returns (RatesWord) {
    return RatesWord.wrap(RatesWord.unwrap(word) >> RATE_BITS);
}
