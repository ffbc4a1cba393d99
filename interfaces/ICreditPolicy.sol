// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, GroupId, LoanId} from "../contracts/types/Ids.sol";
import {Denominator} from "../contracts/types/Enums.sol";

/// @title Limits on what the bank lends, and what of them is used
/// @notice One bucket per customer, connected group, industry section and region: exposure (outstanding
/// principal), headroom reserved by approvals, an absolute limit and a share limit. Approval reserves,
/// drawdown converts, lapse releases. An act that would pass a limit reverts; a fact (import, reversal)
/// is recorded and flagged. Amounts in fen, at most 2^64 - 1 a bucket; shares in parts per billion.
interface ICreditPolicy {
    /// @notice A bucket as seen from outside. `limit` zero means none; `share` zero means none.
    struct Usage {
        uint128 exposure;
        uint128 reserved;
        uint128 limit;
        uint32 share;
        Denominator denominator;
        GroupId group;
    }

    /// @notice What an act is measured on.
    struct Keys {
        CustomerId customer;
        bytes4 industry;
        bytes6 region;
    }

    /// @notice A limit was set. `key` is the customer or group number, or what `industryKey` or `regionKey` gives.
    event LimitSet(
        uint8 indexed dimension,
        uint64 indexed key,
        uint128 limit,
        uint32 share,
        uint8 denominator,
        bytes32 resolution,
        uint24 reviewDate,
        uint32 person
    );
    /// @notice A denominator of share limits was attested, as of a date.
    event DenominatorAttested(uint8 indexed denominator, uint128 amount, uint24 asOf, uint32 person);
    /// @notice A customer was put into a connected group (zero: none) and its exposure moved with it.
    event GroupAssigned(uint32 indexed customer, uint32 indexed group, uint32 previous, uint128 exposure, uint128 reserved);
    /// @notice A fact (an import, a reversal, a regrouping, new terms that raise principal) left a bucket above its limit. What
    /// acts and payments use of a bucket is told by the loans' events, not by one of its own.
    event LimitBreached(uint8 indexed dimension, uint64 indexed key, uint128 exposure, uint128 reserved, uint128 limit);
    /// @notice One board member signed an override for a loan.
    event OverrideSigned(uint64 indexed loanId, uint32 person, bytes32 reasonHash);
    /// @notice A board quorum allowed a loan to pass limits.
    event OverrideGranted(uint64 indexed loanId, uint32 person, bytes32 reasonHash);
    /// @notice An act passed a limit under an override.
    event OverrideUsed(uint64 indexed loanId, uint8 dimension, uint64 key, uint128 used, uint128 limit);

    /// @notice Thrown when an approval would pass a limit.
    error CreditPolicy_LimitExceeded(uint8 dimension, uint64 key, uint128 used, uint128 amount, uint128 limit);
    /// @notice Thrown when a share limit is set on a denominator that nobody attested yet.
    error CreditPolicy_DenominatorMissing(uint8 denominator);
    /// @notice Thrown when a denominator is none, or is attested as of the future or of a date before the last.
    error CreditPolicy_AttestationInvalid(uint8 denominator, uint24 asOf, uint24 previous);
    /// @notice Thrown when no customer, group, section or region can have the key.
    error CreditPolicy_KeyInvalid(uint8 dimension, uint64 key);
    /// @notice Thrown when more is released than is reserved, or paid than is outstanding.
    error CreditPolicy_Underflow(uint8 dimension, uint64 key, uint128 have, uint128 amount);
    /// @notice Thrown when a bucket would pass 2^64 - 1 fen.
    error CreditPolicy_Overflow(uint8 dimension, uint64 key, uint256 amount);
    /// @notice Thrown when a share is above 100 % or names no denominator.
    error CreditPolicy_ShareInvalid(uint32 share, uint8 denominator);
    /// @notice Thrown when an override is signed twice by one person for the same reason, or was already granted.
    error CreditPolicy_OverrideRepeated(uint64 loanId, uint32 person);

    /// @notice Set the limit of a bucket. Only the board.
    function setLimit(uint8 dimension, uint64 key, uint128 limit, uint32 share, uint8 denominator, bytes32 resolution, uint24 reviewDate) external;
    /// @notice Attest a denominator as of a date. Only the board.
    function attest(uint8 denominator, uint128 amount, uint24 asOf) external;
    /// @notice Sign an override for a loan; a second person's signature to the same reason grants it, and one act
    /// of the loan uses it up. Until it is granted, a signature to another reason takes the place of the one before. Sign only what is applied for: the loan's number then stands for its terms. Only the board.
    function signOverride(LoanId loanId, bytes32 reasonHash) external;
    /// @notice Put a customer into a group and move its usage. Only the customer registry.
    function assignGroup(CustomerId customer, GroupId group) external;

    /// @notice Reserve headroom for an approved loan. Only the loan book. Reverts past a limit unless overridden.
    function reserve(LoanId loanId, Keys calldata keys, uint128 amount) external;
    /// @notice Turn reserved headroom into exposure. Only the loan book.
    function convert(Keys calldata keys, uint128 amount) external;
    /// @notice Turn exposure back into reserved headroom, whatever the limits say by now: a drawdown was reversed while it may
    /// still be drawn. Only the loan book.
    function restore(Keys calldata keys, uint128 amount) external;
    /// @notice Give back headroom that will not be used. Only the loan book.
    function unreserve(Keys calldata keys, uint128 amount) external;
    /// @notice Add exposure as a fact (import, reversal of a payment). Only the loan book. Flags breaches.
    function add(Keys calldata keys, uint128 amount) external;
    /// @notice Take repaid or written-off exposure out. Only the loan book.
    function reduce(Keys calldata keys, uint128 amount) external;

    /// @return The bucket of a dimension and key.
    function bucketOf(uint8 dimension, uint64 key) external view returns (Usage memory);
    /// @return What may still be reserved, in fen; the largest uint128 where no limit is set.
    function headroom(uint8 dimension, uint64 key) external view returns (uint128);
    /// @return amount The attested denominator in fen. @return asOf Its date.
    function denominatorOf(uint8 denominator) external view returns (uint128 amount, uint24 asOf);
    /// @return signer The person who signed a loan's override first, zero for none.
    /// @return granted Whether a second signed. @return used Whether an act of the loan used it up.
    function overrideOf(LoanId loanId) external view returns (uint32 signer, bool granted, bool used);
    /// @return The bucket key of an industry code: its section letter.
    function industryKey(bytes4 industry) external pure returns (uint64);
    /// @return The bucket key of a region code.
    function regionKey(bytes6 region) external pure returns (uint64);
    /// @return The exposure of the whole book in fen: the sum over regions.
    function totalExposure() external view returns (uint128);
}
