// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, LoanId} from "../contracts/types/Ids.sol";
import {GuaranteeState} from "../contracts/types/Enums.sol";

/// @title Guarantees: who stands for whom, and how much they can bear
/// @notice A guarantor's live cover never exceeds its attested capacity. A new guarantee that would close a
/// circle of two or three, among customers or connected groups, is refused; an opening book's circles are
/// admitted by the board and flagged. The parties to a circle are nodes: a customer's connected group, or the customer.
interface IGuaranteeRegistry {
    /// @notice A guarantee as stored.
    struct Guarantee {
        CustomerId guarantor;
        CustomerId beneficiary; // the borrower
        LoanId loanId;
        uint128 amount;
        uint8 rank; // among the guarantors of one loan; equal ranks share pro rata
        bool legacyCircle;
        GuaranteeState state;
    }

    /// @notice A guarantee of an opening book. `inCircle` marks one that the board must admit.
    struct ImportedGuarantee {
        bytes32 externalRef;
        CustomerId guarantor;
        CustomerId beneficiary;
        LoanId loanId;
        uint128 amount;
        uint8 rank;
    }

    /// @notice A guarantor's capacity was attested.
    event CapacityAttested(uint32 indexed guarantor, uint128 capacity, uint128 live, uint24 asOf, uint32 person);
    /// @notice A guarantee was given.
    event GuaranteeGiven(
        uint32 indexed guarantee, uint32 indexed guarantor, uint32 beneficiary, uint64 loanId, uint128 amount, uint8 rank, uint128 live, uint24 givenOn,
        uint32 importId, bytes32 externalRef, uint32 person
    );
    /// @notice An opening book's circle was admitted as it stood, by the board.
    event LegacyCircleAdmitted(uint32 indexed guarantee, uint32 indexed guarantor, uint32 beneficiary, uint32 person);
    /// @notice Live cover passed capacity by a fact.
    event CapacityExceeded(uint32 indexed guarantor, uint128 live, uint128 capacity);
    /// @notice A guarantee was released in part or whole; `amount` is what remains.
    event GuaranteeReleased(uint32 indexed guarantee, uint32 indexed guarantor, uint128 released, uint128 amount, uint128 live, uint24 releasedOn, uint32 person);
    /// @notice Payment was demanded of a guarantor.
    event GuaranteeDemanded(uint32 indexed guarantee, uint32 indexed guarantor, uint64 loanId, uint128 amount, uint24 demandedOn, uint32 person);

    /// @notice Thrown when guarantor and beneficiary are the same node, or an amount is zero.
    error GuaranteeRegistry_Invalid(uint32 guarantor, uint32 beneficiary, uint128 amount);
    /// @notice Thrown when live cover would pass capacity.
    error GuaranteeRegistry_CapacityExceeded(uint32 guarantor, uint128 live, uint128 amount, uint128 capacity);
    /// @notice Thrown when the guarantee would close a circle. `through` is zero for a direct one.
    error GuaranteeRegistry_CircleRefused(uint32 guarantor, uint32 beneficiary, uint64 through);
    /// @notice Thrown when a node would stand for more nodes than may be checked.
    error GuaranteeRegistry_TooManyBeneficiaries(uint32 guarantor, uint8 most);
    /// @notice Thrown when a guarantee does not exist or is not active.
    error GuaranteeRegistry_NotActive(uint32 guarantee, uint8 state);
    /// @notice Thrown when more is released than is guaranteed.
    error GuaranteeRegistry_ReleaseExceeds(uint32 guarantee, uint128 amount, uint128 have);
    /// @notice Thrown when a guarantee is released while its loan owes and nobody proposed it.
    error GuaranteeRegistry_LoanStillOwes(uint32 guarantee, uint64 loanId);
    /// @notice Thrown when an external reference is already booked.
    error GuaranteeRegistry_AlreadyImported(uint32 guarantee);
    /// @notice Thrown when a demand is made on a loan that is not in default.
    error GuaranteeRegistry_LoanNotInDefault(uint32 guarantee, uint64 loanId);

    /// @notice Attest a guarantor's capacity as of a date. Only risk officers.
    function attestCapacity(CustomerId guarantor, uint128 capacity, uint24 asOf) external;
    /// @notice Book a new guarantee. Only loan officers.
    function guarantee(CustomerId guarantor, CustomerId beneficiary, LoanId loanId, uint128 amount, uint8 rank) external returns (uint32);
    /// @notice Propose a release while the loan owes. Only loan officers.
    function proposeRelease(uint32 guaranteeId, uint128 amount) external;
    /// @notice Confirm a proposed release. Only approvers, never the proposer.
    function release(uint32 guaranteeId, uint128 amount) external;
    /// @notice Release a closed loan's guarantee. Anyone, after the loan book has marked the loan closed.
    function releaseClosed(uint32 guaranteeId) external;
    /// @notice Told by the loan book that a loan is closed, in default or alive.
    function markLoan(LoanId loanId, bool closed, bool inDefault) external;
    /// @notice Demand payment after default. Only collectors.
    function demand(uint32 guaranteeId, uint128 amount) external;
    /// @notice Record guarantees of an opening book. Only loan officers, under a released import; those that close a circle
    /// revert unless admitted through `importLegacyCircle`.
    function importGuarantees(uint32 importId, ImportedGuarantee[] calldata rows) external;
    /// @notice Record an opening book's circle as it stood and flag it. Only the board, under a released import.
    function importLegacyCircle(uint32 importId, ImportedGuarantee[] calldata rows) external;

    /// @return The guarantee as stored.
    function guaranteeOf(uint32 guaranteeId) external view returns (Guarantee memory);
    /// @return capacity Attested capacity. @return live Sum of live guarantees, in fen.
    function capacityOf(CustomerId guarantor) external view returns (uint128 capacity, uint128 live);
    /// @return The nodes a node stands for (a customer number, or 2^32 plus a group number).
    function beneficiariesOf(uint64 node) external view returns (uint64[] memory);
    /// @return The number of guarantees ever given.
    function guarantees() external view returns (uint32);
}
