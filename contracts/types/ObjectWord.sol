// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CollateralKind} from "./Enums.sol";
import {CustomerId} from "./Ids.sol";

/// @dev A registered object in one storage word: bits 0-55 value, 56-119 pledged (255 liens of 2^56 - 1 fit),
/// 120-151 haircut, 152-167 day of appraisal, 168-183 last valid day, 184-215 owner, 216-223 liens, 224-247 index,
/// 248-255 kind. Index and liens together are the number of the last lien.
type ObjectWord is uint256;

using {
    valueOf, pledgedOf, haircutOf, appraisedOn, validUntil, ownerOf, indexOf, kindOf, liensOf, lastLienOf, withAppraisal,
    withPledged, withOwner, plusLien
} for ObjectWord global;

uint256 constant APPRAISAL_SHIFT = 120;
uint256 constant PLEDGED_BITS = uint256(type(uint64).max) << 56;
uint256 constant OWNER_BITS = uint256(type(uint32).max) << 184;
uint256 constant APPRAISAL_BITS = uint256(type(uint64).max) << APPRAISAL_SHIFT | type(uint56).max;

function newObject(CustomerId owner, uint256 index, CollateralKind kind) pure returns (ObjectWord) {
    return ObjectWord.wrap(uint256(CustomerId.unwrap(owner)) << 184 | index << 224 | uint256(kind) << 248);
}

function valueOf(ObjectWord word) pure returns (uint256) {
    return uint56(ObjectWord.unwrap(word));
}

function pledgedOf(ObjectWord word) pure returns (uint256) {
    return uint64(ObjectWord.unwrap(word) >> 56);
}

function haircutOf(ObjectWord word) pure returns (uint256) {
    return uint32(ObjectWord.unwrap(word) >> APPRAISAL_SHIFT);
}

function appraisedOn(ObjectWord word) pure returns (uint256) {
    return uint16(ObjectWord.unwrap(word) >> 152);
}

function validUntil(ObjectWord word) pure returns (uint256) {
    return uint16(ObjectWord.unwrap(word) >> 168);
}

function ownerOf(ObjectWord word) pure returns (CustomerId) {
    return CustomerId.wrap(uint32(ObjectWord.unwrap(word) >> 184));
}

function indexOf(ObjectWord word) pure returns (uint256) {
    return uint24(ObjectWord.unwrap(word) >> 224);
}

function kindOf(ObjectWord word) pure returns (CollateralKind) {
    return CollateralKind(uint8(ObjectWord.unwrap(word) >> 248));
}

function liensOf(ObjectWord word) pure returns (uint256) {
    return uint8(ObjectWord.unwrap(word) >> 216);
}

/// @dev The number of the last lien placed; its low byte is its rank.
function lastLienOf(ObjectWord word) pure returns (uint32) {
    return uint32(ObjectWord.unwrap(word) >> 216);
}

/// @dev The caller has checked that the value fits 56 bits, the haircut 32 and the days 16.
function withAppraisal(ObjectWord word, uint256 value, uint256 haircut, uint256 on, uint256 until) pure returns (ObjectWord) {
    uint256 appraisal = haircut | on << 32 | until << 48;
    return ObjectWord.wrap(ObjectWord.unwrap(word) & ~APPRAISAL_BITS | appraisal << APPRAISAL_SHIFT | value);
}

function withPledged(ObjectWord word, uint256 pledged) pure returns (ObjectWord) {
    return ObjectWord.wrap(ObjectWord.unwrap(word) & ~PLEDGED_BITS | pledged << 56);
}

/// @dev The caller has checked that the amount fits 56 bits and that the object may bear another lien, so that no sum
/// reaches its neighbour.
function plusLien(ObjectWord word, uint256 amount) pure returns (ObjectWord) {
    unchecked {
        return ObjectWord.wrap(ObjectWord.unwrap(word) + (amount << 56) + (1 << 216));
    }
}

function withOwner(ObjectWord word, CustomerId owner) pure returns (ObjectWord) {
    return ObjectWord.wrap(ObjectWord.unwrap(word) & ~OWNER_BITS | uint256(CustomerId.unwrap(owner)) << 184);
}
