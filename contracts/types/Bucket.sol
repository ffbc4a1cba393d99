// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Denominator} from "./Enums.sol";

/// @dev Usage and limit of one debtor, group, section or region in one storage word:
/// bits 0-63 exposure, 64-127 reserved, 128-191 absolute limit (fen),
/// 192-221 share limit (parts per billion), 222-223 its denominator, 224-255 a tag: a customer's
/// connected group, or 1 for a region that is in the list of regions.
type Bucket is uint256;

using {exposureOf, reservedOf, limitOf, shareOf, denominatorOf, tagOf, withLimit, withTag} for Bucket global;

uint256 constant RESERVED_SHIFT = 64;
uint256 constant LIMIT_SHIFT = 128;
uint256 constant SHARE_SHIFT = 192;
uint256 constant DENOMINATOR_SHIFT = 222;
uint256 constant TAG_SHIFT = 224;
uint256 constant SHARE_MASK = (1 << 30) - 1;

function exposureOf(Bucket bucket) pure returns (uint256) {
    return uint64(Bucket.unwrap(bucket));
}

function reservedOf(Bucket bucket) pure returns (uint256) {
    return uint64(Bucket.unwrap(bucket) >> RESERVED_SHIFT);
}

function limitOf(Bucket bucket) pure returns (uint256) {
    return uint64(Bucket.unwrap(bucket) >> LIMIT_SHIFT);
}

function shareOf(Bucket bucket) pure returns (uint256) {
    return (Bucket.unwrap(bucket) >> SHARE_SHIFT) & SHARE_MASK;
}

function denominatorOf(Bucket bucket) pure returns (Denominator) {
    return Denominator((Bucket.unwrap(bucket) >> DENOMINATOR_SHIFT) & 3);
}

function tagOf(Bucket bucket) pure returns (uint32) {
    return uint32(Bucket.unwrap(bucket) >> TAG_SHIFT);
}

function withLimit(Bucket bucket, uint64 limit, uint32 share, Denominator denominator) pure returns (Bucket) {
    uint256 usage = uint128(Bucket.unwrap(bucket));
    uint256 tag = Bucket.unwrap(bucket) >> TAG_SHIFT << TAG_SHIFT;
    return Bucket.wrap(
        usage | uint256(limit) << LIMIT_SHIFT | uint256(share) << SHARE_SHIFT
            | uint256(denominator) << DENOMINATOR_SHIFT | tag
    );
}

function withTag(Bucket bucket, uint32 tag) pure returns (Bucket) {
    return Bucket.wrap(uint256(uint224(Bucket.unwrap(bucket))) | uint256(tag) << TAG_SHIFT);
}
