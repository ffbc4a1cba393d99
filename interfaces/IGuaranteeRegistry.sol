// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, GroupId, LoanId, PersonId} from "../contracts/types/Ids.sol";
import {GuaranteeState} from "../contracts/types/Enums.sol";

/// @title Guarantees: who stands for whom, and how much they can bear
/// @notice A guarantor's live cover never exceeds its attested capacity; where a connected group's capacity is attested too,
/// its members together stay within it. A new guarantee that would close a circle of two or three, among customers or
/// connected groups, is refused; an opening book's circles are admitted by the board and flagged. The parties to a circle are nodes: a
/// customer's connected group (2^32 plus its number), or the customer. Amounts and capacities are at most 2^56 - 1 fen.
/// A guarantee's number is its guarantor's times 2^24 plus its running number among that guarantor's guarantees, from 1.
interface IGuaranteeRegistry {
    /// @notice A guarantee as stored.
    struct Guarantee {
        CustomerId guarantor;
        CustomerId beneficiary; // the borrower
        LoanId loanId;
        uint128 amount;
        uint8 rank; // among the guarantors of one loan, the lowest first; equal ranks share pro rata
        bool legacyCircle; // it stands in a circle that was admitted, or arose from a regrouping
        GuaranteeState state;
    }

    /// @notice A guarantee of an opening book.
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
    /// @notice A connected group's capacity was attested; zero lifts it.
    event GroupCapacityAttested(uint32 indexed group, uint128 capacity, uint128 live, uint24 asOf, uint32 person);
    /// @notice A guarantee was given. `live` is the guarantor's live cover after it.
    event GuaranteeGiven(
        uint64 indexed guarantee, uint32 indexed guarantor, uint32 beneficiary, uint64 loanId, uint128 amount, uint8 rank, uint128 live, uint24 givenOn,
        uint32 importId, bytes32 externalRef, uint32 person
    );
    /// @notice An opening book's circle was admitted as it stood, by the board.
    event LegacyCircleAdmitted(uint64 indexed guarantee, uint32 indexed guarantor, uint32 beneficiary, uint32 person);
    /// @notice Live cover is above capacity by a fact: an import or an attestation.
    event CapacityExceeded(uint32 indexed guarantor, uint128 live, uint128 capacity);
    /// @notice A group's live cover is above its attested capacity by a fact: an import, an attestation or a regrouping.
    event GroupCapacityExceeded(uint32 indexed group, uint128 live, uint128 capacity);
    /// @notice A release was proposed; a later proposal for the same guarantee replaces it, a release uses it up.
    event ReleaseProposed(uint64 indexed guarantee, uint128 amount, uint32 person);
    /// @notice A guarantee was released in part or whole.
    /// @param amount What remains guaranteed. A demand for more falls to it.
    event GuaranteeReleased(uint64 indexed guarantee, uint32 indexed guarantor, uint128 released, uint128 amount, uint128 live, uint24 releasedOn, uint32 person);
    /// @notice Payment was demanded of a guarantor; `amount` is all that is demanded now.
    event GuaranteeDemanded(uint64 indexed guarantee, uint32 indexed guarantor, uint64 loanId, uint128 amount, uint24 demandedOn, uint32 person);
    /// @notice A guarantor paid on a demand; the loan book took the money. `amount` is what it still guarantees, `demanded` what
    /// is still demanded.
    event GuaranteePaid(
        uint64 indexed guarantee, uint32 indexed guarantor, uint64 loanId, uint128 paid, uint128 demanded, uint128 amount,
        uint128 live, uint24 paidOn
    );
    /// @notice A guarantee was counted under other nodes, since its parties' groups had changed.
    event GuaranteeRegrouped(uint64 indexed guarantee, uint64 guarantorNode, uint64 beneficiaryNode);
    /// @notice A guarantee was found in a circle that a regrouping made. `through` is the third node; zero in a circle of two, the node itself
    /// where guarantor and beneficiary are one group.
    event CircleArose(uint64 indexed guarantee, uint64 through);
    /// @notice A guarantee was found no longer in the circle that a regrouping had made.
    event CircleEnded(uint64 indexed guarantee);

    /// @notice Thrown when guarantor and beneficiary are the same node, no loan is named, or an amount is zero or too large.
    error GuaranteeRegistry_Invalid(uint32 guarantor, uint32 beneficiary, uint128 amount);
    /// @notice Thrown when a capacity is too large, or attested as of no day or a day to come.
    error GuaranteeRegistry_CapacityInvalid(uint128 capacity, uint24 asOf, uint24 businessDate);
    /// @notice Thrown when a capacity is attested as of an earlier day than the last of that node: a guarantor, or 2^32 plus a group.
    error GuaranteeRegistry_AttestationOutOfOrder(uint64 node, uint24 asOf, uint24 last);
    /// @notice Thrown when live cover would pass capacity.
    error GuaranteeRegistry_CapacityExceeded(uint32 guarantor, uint128 live, uint128 amount, uint128 capacity);
    /// @notice Thrown when a group's live cover would pass its attested capacity.
    error GuaranteeRegistry_GroupCapacityExceeded(uint32 group, uint128 live, uint128 amount, uint128 capacity);
    /// @notice Thrown when the guarantee would close a circle. `through` is the third node; zero in a circle of two.
    error GuaranteeRegistry_CircleRefused(uint32 guarantor, uint32 beneficiary, uint64 through);
    /// @notice Thrown when the board would admit as a circle a guarantee that is in none.
    error GuaranteeRegistry_NoCircle(uint32 guarantor, uint32 beneficiary);
    /// @notice Thrown when more nodes would stand for one than may be checked: 24 by acts, 64 by facts.
    error GuaranteeRegistry_TooManyGuarantors(uint32 beneficiary, uint8 most);
    /// @notice Thrown when a guarantee does not exist or is neither active nor demanded.
    error GuaranteeRegistry_NotActive(uint64 guarantee, uint8 state);
    /// @notice Thrown when nothing is released or demanded, or more than is guaranteed.
    error GuaranteeRegistry_ReleaseExceeds(uint64 guarantee, uint128 amount, uint128 have);
    /// @notice Thrown when what is confirmed was not proposed.
    error GuaranteeRegistry_NotProposed(uint64 guarantee, uint128 amount);
    /// @notice Thrown when a proposed release is confirmed after its last day.
    error GuaranteeRegistry_ProposalExpired(uint64 guarantee, uint24 last, uint24 businessDate);
    /// @notice Thrown when a guarantee is released by anyone while its loan owes.
    error GuaranteeRegistry_LoanStillOwes(uint64 guarantee, uint64 loanId);
    /// @notice Thrown when an external reference is zero or already booked.
    error GuaranteeRegistry_AlreadyImported(uint64 guarantee);
    /// @notice Thrown when a guarantor would pay more than is demanded.
    error GuaranteeRegistry_PaymentExceeds(uint64 guarantee, uint128 amount, uint128 demanded);
    /// @notice Thrown when a demand is made on a loan that is not in default.
    error GuaranteeRegistry_LoanNotInDefault(uint64 guarantee, uint64 loanId);
    /// @notice Thrown when a guarantee does not secure the loan whose claim is shared.
    error GuaranteeRegistry_NotOfLoan(uint64 guarantee, uint64 loanId);
    /// @notice Thrown when guarantees are not told in rising order, each once.
    error GuaranteeRegistry_OutOfOrder(uint64 guarantee);

    // ---------------------------------------------------------------- capacity
    /// @notice Attest a guarantor's capacity as of a date, which is not before that of the last attestation. Only risk officers.
    function attestCapacity(CustomerId guarantor, uint128 capacity, uint24 asOf) external;
    /// @notice Attest what the members of a connected group can bear together, in the same order; zero lifts the limit. Only risk
    /// officers.
    function attestGroupCapacity(GroupId group, uint128 capacity, uint24 asOf) external;

    // ---------------------------------------------------------------- guarantees
    /// @notice Book a new guarantee. Only loan officers.
    function guarantee(CustomerId guarantor, CustomerId beneficiary, LoanId loanId, uint128 amount, uint8 rank) external returns (uint64);
    /// @notice Count guarantees under their parties' present nodes, after customers were regrouped, in any order; with all of them
    /// counted, flag those that stand in a circle and unflag those that no longer do, but for circles the board admitted. A circle
    /// is judged by the nodes each guarantee is counted under: whichever of it are told later are judged anew then. Anyone.
    function regroup(uint64[] calldata guaranteeIds) external;

    // ---------------------------------------------------------------- release and demand
    /// @notice Propose to release part or all of a guarantee, also while the loan owes. Only loan officers.
    function proposeRelease(uint64 guaranteeId, uint128 amount) external;
    /// @notice Confirm a proposed release within 30 days. Only approvers, never the proposer's person.
    function release(uint64 guaranteeId, uint128 amount) external;
    /// @notice Release a closed loan's guarantee in full. Anyone, after the loan book has marked the loan closed.
    function releaseClosed(uint64 guaranteeId) external;
    /// @notice Told by the loan book that a loan is closed, in default or alive.
    function markLoan(LoanId loanId, bool closed, bool inDefault) external;
    /// @notice Told by the loan book that `person` demands payment after default; a later demand takes the place of an earlier one.
    function demand(uint64 guaranteeId, uint128 amount, PersonId person) external;
    /// @notice Told by the loan book that a guarantor pays on a demand.
    function settle(uint64 guaranteeId, uint128 amount) external;

    // ---------------------------------------------------------------- opening book
    /// @notice Record guarantees of an opening book; the import's total is their amount. Only loan officers, under a released
    /// import. One that closes a circle reverts.
    function importGuarantees(uint32 importId, ImportedGuarantee[] calldata rows) external;
    /// @notice Record guarantees of an opening book's circles as they stand and flag them. With all rows recorded each must be
    /// in a circle of two or three, or between members of one group. Only the board, under a released import.
    function importLegacyCircle(uint32 importId, ImportedGuarantee[] calldata rows) external;

    // ---------------------------------------------------------------- views
    /// @return The guarantee as stored; all zero but its guarantor for one that was never given.
    function guaranteeOf(uint64 guaranteeId) external view returns (Guarantee memory);
    /// @return guarantorNode The node it binds as a guarantor. @return beneficiaryNode The node it stands for.
    function nodesOf(uint64 guaranteeId) external view returns (uint64 guarantorNode, uint64 beneficiaryNode);
    /// @return The guarantee booked under an external reference, zero for none.
    function byReference(bytes32 externalRef) external view returns (uint64);
    /// @return capacity Attested capacity. @return live Sum of live guarantees, in fen.
    function capacityOf(CustomerId guarantor) external view returns (uint128 capacity, uint128 live);
    /// @return capacity Attested capacity of a group, zero for none. @return live Its members' live guarantees, in fen.
    function groupCapacityOf(GroupId group) external view returns (uint128 capacity, uint128 live);
    /// @return As of which day the capacity of a node (a guarantor, or 2^32 plus a group) was last attested, zero for never.
    function attestedOn(uint64 node) external view returns (uint24);
    /// @return nodes The nodes that stand for a node. @return counts By how many live guarantees each.
    function guarantorsOf(uint64 node) external view returns (uint64[] memory nodes, uint32[] memory counts);
    /// @return The number of guarantees a guarantor ever gave.
    function guaranteesOf(CustomerId guarantor) external view returns (uint32);
    /// @return closed Whether the loan book has marked a loan closed. @return inDefault Whether in default.
    function loanStateOf(LoanId loanId) external view returns (bool closed, bool inDefault);
    /// @return amount What is proposed to be released, in fen. @return person By whom, zero for nobody.
    function releaseProposalOf(uint64 guaranteeId) external view returns (uint128 amount, uint32 person);
    /// @return What is demanded of a guarantor and not yet paid, in fen.
    function demandedOf(uint64 guaranteeId) external view returns (uint128);
    /// @notice Split a claim on a loan among its guarantors: the lowest rank first and in full, equal ranks pro rata to their
    /// amounts. Cumulative shares are rounded down in the order told, so each is within one fen of exact and they sum exactly.
    /// @param guaranteeIds Live guarantees of the loan in rising order.
    /// @return shares What each pays, in fen. @return unmet What no guarantor pays.
    function sharesOf(LoanId loanId, uint64[] calldata guaranteeIds, uint128 claim) external view returns (uint128[] memory shares, uint128 unmet);
}
