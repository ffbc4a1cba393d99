// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Answer} from "./Enums.sol";

/// @dev What a customer's loans of one product answer, in one storage word: bits 0-15 day of entry, 16-23 grade at entry,
/// from bit 24 on 19 bits for each test (numbered from 1): answer 2, last day to cure 16, figure late 1.
/// Zero: not entered.
type FacilityWord is uint256;

using {enteredOn, entryGrade, laneOf, withLane, worstOf, changed, ranOut} for FacilityWord global;
using {laneAnswer, cureByOf, isLate} for Lane global;

/// @dev One test's 19 bits.
type Lane is uint256;

uint256 constant TESTS = 11;
uint256 constant LANE_BITS = 19;
uint256 constant LANE_MASK = (1 << LANE_BITS) - 1;
uint256 constant FIRST_LANE = 24;

function newFacility(uint24 day, uint8 grade) pure returns (FacilityWord) {
    return FacilityWord.wrap(uint256(uint16(day)) | uint256(grade) << 16);
}

function enteredOn(FacilityWord word) pure returns (uint24) {
    return uint16(FacilityWord.unwrap(word));
}

function entryGrade(FacilityWord word) pure returns (uint8) {
    return uint8(FacilityWord.unwrap(word) >> 16);
}

function shiftOf(uint256 test) pure returns (uint256) {
    return FIRST_LANE + (test - 1) * LANE_BITS;
}

function laneOf(FacilityWord word, uint256 test) pure returns (Lane) {
    return Lane.wrap(FacilityWord.unwrap(word) >> shiftOf(test) & LANE_MASK);
}

function withLane(FacilityWord word, uint256 test, Lane lane) pure returns (FacilityWord) {
    uint256 shift = shiftOf(test);
    return FacilityWord.wrap(FacilityWord.unwrap(word) & ~(LANE_MASK << shift) | Lane.unwrap(lane) << shift);
}

/// @dev The caller has checked that the day fits 16 bits.
function newLane(Answer answer, uint24 cureBy, bool late) pure returns (Lane) {
    return Lane.wrap(uint256(answer) | uint256(cureBy) << 2 | (late ? 1 << 18 : 0));
}

function laneAnswer(Lane lane) pure returns (Answer) {
    return Answer(Lane.unwrap(lane) & 3);
}

function cureByOf(Lane lane) pure returns (uint24) {
    return uint16(Lane.unwrap(lane) >> 2);
}

function isLate(Lane lane) pure returns (bool) {
    return Lane.unwrap(lane) >> 18 != 0;
}

/// @dev The severest answer among the tests, of notices the one to cure first, and the first test that gives it.
function worstOf(FacilityWord word) pure returns (Answer answer, uint256 test, uint24 cureBy) {
    uint256 lanes = FacilityWord.unwrap(word) >> FIRST_LANE;
    for (uint256 i = 1; lanes != 0; ++i) {
        Lane lane = Lane.wrap(lanes & LANE_MASK);
        lanes >>= LANE_BITS;
        Answer told = lane.laneAnswer();
        bool sooner = told == Answer.ServeNotice && lane.cureByOf() < cureBy;
        if (told > answer || (told == answer && sooner)) {
            (answer, test, cureBy) = (told, i, lane.cureByOf());
        }
    }
}

/// @dev The tests that say another thing than before, bit n for test n.
function changed(FacilityWord word, FacilityWord before) pure returns (uint256 tests) {
    uint256 lanes = (FacilityWord.unwrap(word) ^ FacilityWord.unwrap(before)) >> FIRST_LANE;
    for (uint256 i = 1; lanes != 0; ++i) {
        if (lanes & LANE_MASK != 0) tests |= 1 << i;
        lanes >>= LANE_BITS;
    }
}

/// @dev Whether a notice stands whose last day to cure is over.
function ranOut(FacilityWord word, uint24 today) pure returns (bool) {
    (Answer answer,, uint24 cureBy) = word.worstOf();
    return answer == Answer.ServeNotice && today > cureBy;
}
