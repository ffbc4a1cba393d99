// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {Bucket} from "../types/Bucket.sol";
import {Denominator, Dimension, Role} from "../types/Enums.sol";
import {CustomerId, GroupId, LoanId, PersonId} from "../types/Ids.sol";
import {Governed} from "./Governed.sol";
import {known} from "./Known.sol";

/// @title CreditPolicy
/// @dev One word a bucket, so that a posting touches four slots: customer, its group, section, region. See ICreditPolicy.
contract CreditPolicy is ICreditPolicy, Governed {
    struct Attestation {
        uint128 amount;
        uint24 asOf; // zero: never attested
    }

    struct Override {
        // slot 0
        bytes32 reasonHash;
        // slot 1
        PersonId signer;
        bool granted;
        bool used;
    }

    uint256 private constant PPB = 1e9;
    uint256 private constant UNLIMITED = type(uint128).max;
    /// @dev One fen of exposure and one fen reserved, as they stand in a bucket's word.
    uint256 private constant EXPOSURE = 1;
    uint256 private constant RESERVED = 1 << 64;
    uint256 private constant NOTHING = 0;
    /// @dev The tag of a region's bucket that is in the list of regions.
    uint32 private constant LISTED = 1;

    mapping(uint256 node => Bucket) private _buckets;
    mapping(Denominator => Attestation) private _attestations;
    mapping(LoanId => Override) private _overrides;
    uint64[] private _regions;

    constructor(address authority_) Governed(authority_) {}

    // ---------------------------------------------------------------- limits

    /// @inheritdoc ICreditPolicy
    function setLimit(
        uint8 dimension,
        uint64 key,
        uint128 limit,
        uint32 share,
        uint8 denominator,
        bytes32 resolution,
        uint24 reviewDate
    ) external {
        PersonId person = _only(Role.Board);
        _actingDay();
        if (key == 0 || key > _highestKey(_dimension(dimension))) revert CreditPolicy_KeyInvalid(dimension, key);
        if (limit > type(uint64).max) revert CreditPolicy_Overflow(dimension, key, limit);
        Denominator of_ = _denominator(denominator);
        if (share > PPB || (share == 0) != (of_ == Denominator.None)) {
            revert CreditPolicy_ShareInvalid(share, denominator);
        }
        if (share != 0 && _attestations[of_].asOf == 0) {
            revert CreditPolicy_DenominatorMissing(denominator);
        }
        uint256 node = _node(_dimension(dimension), key);
        _buckets[node] = _buckets[node].withLimit(uint64(limit), share, of_);
        emit LimitSet(
            dimension,
            key,
            limit,
            share,
            denominator,
            resolution,
            reviewDate,
            PersonId.unwrap(person)
        );
    }

    /// @inheritdoc ICreditPolicy
    function attest(uint8 denominator, uint128 amount, uint24 asOf) external {
        PersonId person = _only(Role.Board);
        uint24 businessDate = _postingDay();
        Denominator of_ = _denominator(denominator);
        uint24 previous = _attestations[of_].asOf;
        if (of_ == Denominator.None || asOf == 0 || asOf < previous || asOf > businessDate) {
            revert CreditPolicy_AttestationInvalid(denominator, asOf, previous);
        }
        _attestations[of_] = Attestation({amount: amount, asOf: asOf});
        emit DenominatorAttested(denominator, amount, asOf, PersonId.unwrap(person));
    }

    /// @inheritdoc ICreditPolicy
    function signOverride(LoanId loanId, bytes32 reasonHash) external {
        PersonId person = _only(Role.Board);
        _actingDay();
        Override storage waiver = _overrides[loanId];
        bool first = PersonId.unwrap(waiver.signer) == 0 || waiver.reasonHash != reasonHash;
        if (waiver.granted || (!first && waiver.signer == person)) {
            revert CreditPolicy_OverrideRepeated(LoanId.unwrap(loanId), PersonId.unwrap(person));
        }
        if (first) {
            waiver.reasonHash = reasonHash;
            waiver.signer = person;
            emit OverrideSigned(LoanId.unwrap(loanId), PersonId.unwrap(person), reasonHash);
            return;
        }
        waiver.granted = true;
        emit OverrideGranted(LoanId.unwrap(loanId), PersonId.unwrap(person), reasonHash);
    }

    // ---------------------------------------------------------------- groups

    /// @inheritdoc ICreditPolicy
    function assignGroup(CustomerId customer, GroupId group) external {
        _only(Role.Registry);
        uint256 node = _node(Dimension.Customer, CustomerId.unwrap(customer));
        Bucket bucket = _buckets[node];
        uint32 previous = bucket.tagOf();
        uint32 next = GroupId.unwrap(group);
        uint256 exposure = bucket.exposureOf();
        uint256 reserved = bucket.reservedOf();
        _buckets[node] = bucket.withTag(next);
        if (previous != 0) {
            _post(Dimension.Group, previous, exposure, EXPOSURE, NOTHING);
            _post(Dimension.Group, previous, reserved, RESERVED, NOTHING);
        }
        if (next != 0) {
            _post(Dimension.Group, next, exposure, NOTHING, EXPOSURE);
            bucket = _post(Dimension.Group, next, reserved, NOTHING, RESERVED);
        }
        emit GroupAssigned(CustomerId.unwrap(customer), next, previous, uint128(exposure), uint128(reserved));
        if (next != 0) _flag(Dimension.Group, next, bucket);
    }

    // ---------------------------------------------------------------- usage

    /// @inheritdoc ICreditPolicy
    function reserve(LoanId loanId, Keys calldata keys, uint128 amount) external {
        _only(Role.Book);
        bool passed;
        uint64 key = CustomerId.unwrap(keys.customer);
        Bucket bucket = _post(Dimension.Customer, key, amount, NOTHING, RESERVED);
        passed = _hold(loanId, Dimension.Customer, key, bucket, amount);
        key = bucket.tagOf();
        if (key != 0) {
            bucket = _post(Dimension.Group, key, amount, NOTHING, RESERVED);
            passed = _hold(loanId, Dimension.Group, key, bucket, amount) || passed;
        }
        key = industryKey(keys.industry);
        bucket = _post(Dimension.Industry, key, amount, NOTHING, RESERVED);
        passed = _hold(loanId, Dimension.Industry, key, bucket, amount) || passed;
        key = regionKey(keys.region);
        bucket = _post(Dimension.Region, key, amount, NOTHING, RESERVED);
        passed = _hold(loanId, Dimension.Region, key, bucket, amount) || passed;
        _listRegion(key, bucket);
        if (passed) _overrides[loanId].used = true;
    }

    /// @inheritdoc ICreditPolicy
    function convert(Keys calldata keys, uint128 amount) external {
        _postAll(keys, amount, RESERVED, EXPOSURE);
    }

    /// @inheritdoc ICreditPolicy
    function restore(Keys calldata keys, uint128 amount) external {
        _postAll(keys, amount, EXPOSURE, RESERVED);
    }

    /// @inheritdoc ICreditPolicy
    function unreserve(Keys calldata keys, uint128 amount) external {
        _postAll(keys, amount, RESERVED, NOTHING);
    }

    /// @inheritdoc ICreditPolicy
    function reduce(Keys calldata keys, uint128 amount) external {
        _postAll(keys, amount, EXPOSURE, NOTHING);
    }

    /// @inheritdoc ICreditPolicy
    function add(Keys calldata keys, uint128 amount) external {
        _only(Role.Book);
        uint64 key = CustomerId.unwrap(keys.customer);
        Bucket bucket = _post(Dimension.Customer, key, amount, NOTHING, EXPOSURE);
        _flag(Dimension.Customer, key, bucket);
        key = bucket.tagOf();
        if (key != 0) _flag(Dimension.Group, key, _post(Dimension.Group, key, amount, NOTHING, EXPOSURE));
        key = industryKey(keys.industry);
        _flag(Dimension.Industry, key, _post(Dimension.Industry, key, amount, NOTHING, EXPOSURE));
        key = regionKey(keys.region);
        bucket = _post(Dimension.Region, key, amount, NOTHING, EXPOSURE);
        _flag(Dimension.Region, key, bucket);
        _listRegion(key, bucket);
    }

    function _postAll(Keys calldata keys, uint128 amount, uint256 from, uint256 to) private {
        _only(Role.Book);
        uint32 group = _post(Dimension.Customer, CustomerId.unwrap(keys.customer), amount, from, to).tagOf();
        if (group != 0) _post(Dimension.Group, group, amount, from, to);
        _post(Dimension.Industry, industryKey(keys.industry), amount, from, to);
        _post(Dimension.Region, regionKey(keys.region), amount, from, to);
    }

    /// @dev Move `amount` within one bucket, from and to EXPOSURE, RESERVED or NOTHING (outside). Exposure and
    /// reservation together never pass 64 bits, so that neither can run into its neighbour in the word.
    function _post(Dimension dimension, uint64 key, uint256 amount, uint256 from, uint256 to)
        private
        returns (Bucket bucket)
    {
        uint256 node = _node(dimension, key);
        bucket = _buckets[node];
        // Amounts are below 2^128 and bucket fields below 2^64, so no sum or product here passes 256 bits.
        unchecked {
            if (from == NOTHING) {
                uint256 used = bucket.exposureOf() + bucket.reservedOf() + amount;
                if (used > type(uint64).max) revert CreditPolicy_Overflow(uint8(dimension), key, used);
            } else {
                uint256 have = from == EXPOSURE ? bucket.exposureOf() : bucket.reservedOf();
                if (have < amount) revert CreditPolicy_Underflow(uint8(dimension), key, uint128(have), uint128(amount));
            }
            bucket = Bucket.wrap(Bucket.unwrap(bucket) - amount * from + amount * to);
        }
        _buckets[node] = bucket;
    }

    /// @dev Refuse a bucket above its limit, unless the loan's override stands; then tell that it was needed.
    function _hold(LoanId loanId, Dimension dimension, uint64 key, Bucket bucket, uint128 amount)
        private
        returns (bool passed)
    {
        uint256 limit = _limit(bucket);
        uint256 used = bucket.exposureOf() + bucket.reservedOf();
        if (used <= limit) return false;
        Override storage waiver = _overrides[loanId];
        if (!waiver.granted || waiver.used) {
            revert CreditPolicy_LimitExceeded(uint8(dimension), key, uint128(used - amount), amount, uint128(limit));
        }
        emit OverrideUsed(LoanId.unwrap(loanId), uint8(dimension), key, uint128(used), uint128(limit));
        return true;
    }

    /// @dev Tell of a bucket that a fact has left above its limit.
    function _flag(Dimension dimension, uint64 key, Bucket bucket) private {
        uint256 limit = _limit(bucket);
        uint256 exposure = bucket.exposureOf();
        uint256 reserved = bucket.reservedOf();
        if (exposure + reserved <= limit) return;
        emit LimitBreached(
            uint8(dimension), key, uint128(exposure), uint128(reserved), uint128(limit)
        );
    }

    function _listRegion(uint64 key, Bucket bucket) private {
        if (bucket.tagOf() == LISTED) return;
        _buckets[_node(Dimension.Region, key)] = bucket.withTag(LISTED);
        _regions.push(key);
    }

    /// @dev The lower of the absolute and the share limit.
    function _limit(Bucket bucket) private view returns (uint256 limit) {
        limit = bucket.limitOf();
        if (limit == 0) limit = UNLIMITED;
        uint256 share = bucket.shareOf();
        if (share == 0) return limit;
        uint256 ceiling = share * _attestations[bucket.denominatorOf()].amount / PPB;
        if (ceiling < limit) limit = ceiling;
    }

    function _node(Dimension dimension, uint64 key) private pure returns (uint256) {
        return uint256(dimension) << 64 | key;
    }

    function _dimension(uint8 code) private pure returns (Dimension) {
        return Dimension(known(code, uint8(type(Dimension).max)));
    }

    function _denominator(uint8 code) private pure returns (Denominator) {
        return Denominator(known(code, uint8(type(Denominator).max)));
    }

    function _highestKey(Dimension dimension) private pure returns (uint64) {
        if (dimension == Dimension.Industry) return type(uint8).max;
        return dimension == Dimension.Region ? type(uint48).max : type(uint32).max;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICreditPolicy
    function bucketOf(uint8 dimension, uint64 key) external view returns (Usage memory) {
        Bucket bucket = _buckets[_node(_dimension(dimension), key)];
        return Usage({
            exposure: uint128(bucket.exposureOf()),
            reserved: uint128(bucket.reservedOf()),
            limit: uint128(bucket.limitOf()),
            share: uint32(bucket.shareOf()),
            denominator: bucket.denominatorOf(),
            group: GroupId.wrap(dimension == uint8(Dimension.Customer) ? bucket.tagOf() : 0)
        });
    }

    /// @inheritdoc ICreditPolicy
    function headroom(uint8 dimension, uint64 key) external view returns (uint128) {
        Bucket bucket = _buckets[_node(_dimension(dimension), key)];
        uint256 limit = _limit(bucket);
        if (limit == UNLIMITED) return type(uint128).max;
        uint256 used = bucket.exposureOf() + bucket.reservedOf();
        return used < limit ? uint128(limit - used) : 0;
    }

    /// @inheritdoc ICreditPolicy
    function denominatorOf(uint8 denominator) external view returns (uint128 amount, uint24 asOf) {
        Attestation storage attestation = _attestations[_denominator(denominator)];
        return (attestation.amount, attestation.asOf);
    }

    /// @inheritdoc ICreditPolicy
    function overrideOf(LoanId loanId) external view returns (uint32 signer, bool granted, bool used) {
        Override storage waiver = _overrides[loanId];
        return (PersonId.unwrap(waiver.signer), waiver.granted, waiver.used);
    }

    /// @inheritdoc ICreditPolicy
    function totalExposure() external view returns (uint128 total) {
        for (uint256 i = 0; i < _regions.length; ++i) {
            total += uint128(_buckets[_node(Dimension.Region, _regions[i])].exposureOf());
        }
    }

    /// @inheritdoc ICreditPolicy
    function industryKey(bytes4 industry) public pure returns (uint64) {
        return uint8(industry[0]);
    }

    /// @inheritdoc ICreditPolicy
    function regionKey(bytes6 region) public pure returns (uint64) {
        return uint48(region);
    }
}
