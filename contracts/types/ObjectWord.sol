// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CollateralKind} from "./Enums.sol";
import {CustomerId} from "./Ids.sol";

/// @dev A registered object in one storage word: bits 0-55 value, 56-119 pledged (255 liens of 2^56 - 1 fit),
/// 120-151 haircut, 152-167 day of appraisal, 168-183 last valid day, 184-215 owner, 216-239 index, 240-247 kind, 248-255 liens.
type ObjectWord is uint256;

using {
    valueOf, pledgedOf, haircutOf, appraisedOn, validUntil, ownerOf, indexOf, kindOf, liensOf, withAppraisal, withPledge,
    withOwner
} for ObjectWord global;

uint256 constant APPRAISAL_SHIFT = 120;
uint256 constant PLEDGED_BITS = uint256(type(uint64).max) << 56;
uint256 constant OWNER_BITS = uint256(type(uint32).max) << 184;
uint256 constant LIENS_BITS = uint256(type(uint8).max) << 248;
uint256 constant APPRAISAL_BITS = uint256(type(uint64).max) << APPRAISAL_SHIFT | type(uint56).max;

function newObject(CustomerId owner, uint24 index, CollateralKind kind) pure returns (ObjectWord) {
    return ObjectWord.wrap(uint256(CustomerId.unwrap(owner)) << 184 | uint256(index) << 216 | uint256(kind) << 240);
}

function valueOf(ObjectWord word) pure returns (uint128) {
    return uint56(ObjectWord.unwrap(word));
}

function pledgedOf(ObjectWord word) pure returns (uint128) {
    return uint64(ObjectWord.unwrap(word) >> 56);
}

function haircutOf(ObjectWord word) pure returns (uint32) {
    return uint32(ObjectWord.unwrap(word) >> APPRAISAL_SHIFT);
}

function appraisedOn(ObjectWord word) pure returns (uint24) {
    return uint16(ObjectWord.unwrap(word) >> 152);
}

function validUntil(ObjectWord word) pure returns (uint24) {
    return uint16(ObjectWord.unwrap(word) >> 168);
}

function ownerOf(ObjectWord word) pure returns (CustomerId) {
    return CustomerId.wrap(uint32(ObjectWord.unwrap(word) >> 184));
}

function indexOf(ObjectWord word) pure returns (uint24) {
    return uint24(ObjectWord.unwrap(word) >> 216);
}

function kindOf(ObjectWord word) pure returns (CollateralKind) {
    return CollateralKind(uint8(ObjectWord.unwrap(word) >> 240));
}

function liensOf(ObjectWord word) pure returns (uint8) {
    return uint8(ObjectWord.unwrap(word) >> 248);
}

/// @dev The caller has checked that the value fits 56 bits and the days fit 16.
function withAppraisal(ObjectWord word, uint128 value, uint32 haircut, uint24 on, uint24 until) pure returns (ObjectWord) {
    uint256 appraisal = uint256(haircut) | uint256(on) << 32 | uint256(until) << 48;
    return ObjectWord.wrap(ObjectWord.unwrap(word) & ~APPRAISAL_BITS | appraisal << APPRAISAL_SHIFT | value);
}

function withPledge(ObjectWord word, uint128 pledged, uint8 liens) pure returns (ObjectWord) {
    uint256 rest = ObjectWord.unwrap(word) & ~(PLEDGED_BITS | LIENS_BITS);
    return ObjectWord.wrap(rest | uint256(pledged) << 56 | uint256(liens) << 248);
}

function withOwner(ObjectWord word, CustomerId owner) pure returns (ObjectWord) {
    return ObjectWord.wrap(ObjectWord.unwrap(word) & ~OWNER_BITS | uint256(CustomerId.unwrap(owner)) << 184);
}
