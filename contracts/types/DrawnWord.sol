// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev A loan's further drawdowns, as far as late payments must know them: up to four, the newest lowest, each with its day
/// in 16 bits and the principal before it in the 47 above. One before which there was no less principal than before a later one
/// binds nothing and is left out; of a fifth, the two oldest become one on the later day with the lesser principal.
type DrawnWord is uint256;

using {leastSince, withDrawing, withLess} for DrawnWord global;

uint256 constant DRAWING_BITS = 63;
uint256 constant OLDEST_AT = 3 * DRAWING_BITS;
uint256 constant NEXT_AT = 2 * DRAWING_BITS;
uint256 constant DAY_MASK = type(uint16).max;
uint256 constant BEFORE_MASK = (1 << 47) - 1;

function _before(uint256 word) pure returns (uint256) {
    return (word >> 16) & BEFORE_MASK;
}

/// @dev The least principal that there was at any time from a day on, before what was drawn later.
function leastSince(DrawnWord word, uint256 day) pure returns (uint256 least) {
    least = type(uint256).max;
    for (uint256 rest = DrawnWord.unwrap(word); rest & DAY_MASK > day; rest >>= DRAWING_BITS) {
        uint256 had = _before(rest);
        if (had < least) least = had;
    }
}

/// @dev Money is drawn on a day no earlier than the newest, where there was so much principal before.
function withDrawing(DrawnWord word, uint256 day, uint256 had) pure returns (DrawnWord) {
    uint256 kept = DrawnWord.unwrap(word);
    while (kept != 0 && _before(kept) >= had) kept >>= DRAWING_BITS;
    if (kept & DAY_MASK == day) return DrawnWord.wrap(kept);
    if (kept >> OLDEST_AT != 0) kept = _withoutOldest(kept);
    return DrawnWord.wrap((kept << DRAWING_BITS) | (had << 16) | day);
}

function _withoutOldest(uint256 kept) pure returns (uint256) {
    uint256 least = _before(kept >> OLDEST_AT);
    kept &= (1 << OLDEST_AT) - 1;
    uint256 next = kept >> NEXT_AT;
    if (_before(next) <= least) return kept;
    return (kept & ((1 << NEXT_AT) - 1)) | (((least << 16) | (next & DAY_MASK)) << NEXT_AT);
}

/// @dev A drawdown of a day is taken back, or a payment booked late: there was so much less before each later drawdown.
function withLess(DrawnWord word, uint256 day, uint256 amount) pure returns (DrawnWord) {
    uint256 kept = DrawnWord.unwrap(word);
    for (uint256 at = 16; (kept >> (at - 16)) & DAY_MASK > day; at += DRAWING_BITS) {
        uint256 had = (kept >> at) & BEFORE_MASK;
        kept &= ~(BEFORE_MASK << at);
        if (had > amount) kept |= (had - amount) << at;
    }
    return DrawnWord.wrap(kept);
}
