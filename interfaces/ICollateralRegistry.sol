// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, LoanId} from "../contracts/types/Ids.sol";
import {CollateralKind, LienState} from "../contracts/types/Enums.sol";

/// @title Collateral: appraisals and ranked liens over titles
/// @notice Values in fen (at most 2^64 - 1), haircuts in parts per billion, dates as day numbers. An object's liens rank
/// in the order of their registration; prior liens of other lenders are facts. A fall in value flags and
/// blocks new drawdowns, it never releases.
interface ICollateralRegistry {
    /// @notice An object to register.
    struct Registration {
        uint256 title; // keyed tag of the object, also its external reference
        CustomerId owner;
        CollateralKind kind;
        bytes6 region;
        uint128 value;
        uint32 haircut; // ppb
        uint24 appraisedOn;
        uint24 validUntil; // last day the appraisal may carry new credit
    }

    /// @notice A lien of an opening book.
    struct ImportedLien {
        uint256 title;
        LoanId loanId;
        uint128 amount;
        uint32 lender; // zero: this bank
    }

    /// @notice An object as stored.
    struct Collateral {
        CustomerId owner;
        CollateralKind kind;
        uint128 value;
        uint32 haircut;
        uint24 appraisedOn;
        uint24 validUntil;
        uint128 pledged; // sum of active liens of all lenders
        uint8 liens; // liens ever placed; the rank of the next is this plus one
    }

    /// @notice A lien as stored.
    struct Lien {
        uint256 title;
        LoanId loanId;
        uint128 amount;
        uint32 lender; // zero: this bank
        uint8 rank;
        LienState state;
    }

    /// @notice An object was registered and its title minted.
    event CollateralRegistered(
        uint256 indexed title, uint8 indexed kind, uint32 owner, bytes6 region, uint128 value, uint32 haircut, uint24 appraisedOn,
        uint24 validUntil, uint32 importId, uint32 person
    );
    /// @notice An object was appraised anew.
    event CollateralRevalued(uint256 indexed title, uint128 value, uint128 previous, uint32 haircut, uint24 appraisedOn, uint24 validUntil, uint32 person);
    /// @notice A lien was placed. `consent` tells that the owner is not the borrower and agreed.
    event LienPlaced(
        uint32 indexed lien, uint256 indexed title, uint64 loanId, uint32 lender, uint128 amount, uint8 rank, uint128 pledged, uint24 placedOn, bool consent, uint32 person
    );
    /// @notice Part or all of a lien was released; `amount` is what remains.
    event LienReleased(uint32 indexed lien, uint256 indexed title, uint128 released, uint128 amount, uint128 pledged, uint24 releasedOn, uint32 person);
    /// @notice An object was enforced against: one lien's share of the proceeds.
    event LienEnforced(uint32 indexed lien, uint256 indexed title, uint64 loanId, uint128 paid, uint128 shortfall, uint24 enforcedOn);
    /// @notice An object was sold for a price; the surplus belongs to the owner.
    event CollateralEnforced(uint256 indexed title, uint128 proceeds, uint128 surplus, uint24 enforcedOn, uint32 person);
    /// @notice A value fell below what is pledged against it.
    event MarginCalled(uint256 indexed title, uint128 coverValue, uint128 pledged, uint24 calledOn);

    /// @notice Thrown when a registration or appraisal makes no sense.
    error CollateralRegistry_Invalid(uint256 title, uint128 value, uint32 haircut, uint24 appraisedOn, uint24 validUntil);
    /// @notice Thrown when an object is not registered.
    error CollateralRegistry_Unknown(uint256 title);
    /// @notice Thrown when a lien does not exist or is not active.
    error CollateralRegistry_LienNotActive(uint32 lien, uint8 state);
    /// @notice Thrown when the value after haircut does not carry another lien.
    error CollateralRegistry_CoverExceeded(uint256 title, uint128 pledged, uint128 amount, uint128 coverValue);
    /// @notice Thrown when an appraisal is past its shelf life.
    error CollateralRegistry_AppraisalStale(uint256 title, uint24 validUntil, uint24 businessDate);
    /// @notice Thrown when the owner is not the borrower and has not consented.
    error CollateralRegistry_NoConsent(uint256 title, uint32 owner, uint32 borrower);
    /// @notice Thrown when a loan has already a lien on the same object.
    error CollateralRegistry_AlreadyPledged(uint256 title, uint64 loanId);
    /// @notice Thrown when more liens or amounts are released than there are.
    error CollateralRegistry_ReleaseExceeds(uint32 lien, uint128 amount, uint128 have);
    /// @notice Thrown when a lien is released while its loan still owes.
    error CollateralRegistry_LoanStillOwes(uint32 lien, uint64 loanId);
    /// @notice Thrown when an object carries as many liens as it may.
    error CollateralRegistry_TooManyLiens(uint256 title, uint8 liens);

    /// @notice Register an object and mint its title to its owner's account. Only appraisers.
    function register(Registration calldata registration) external;
    /// @notice Appraise anew. Only appraisers.
    function revalue(uint256 title, uint128 value, uint32 haircut, uint24 appraisedOn, uint24 validUntil) external;
    /// @notice The owner agrees that an object of theirs secures a borrower's loan. Only the title's owner account.
    function consent(uint256 title, LoanId loanId) external;
    /// @notice Place a lien for a loan of this bank. Only loan officers.
    function pledge(uint256 title, LoanId loanId, CustomerId borrower, uint128 amount) external returns (uint32 lien);
    /// @notice Record another lender's lien as a fact. Only credit bureaus.
    function recordLien(uint256 title, uint32 lender, uint128 amount) external returns (uint32 lien);
    /// @notice Release part or all of a lien. Proposed by a loan officer, confirmed by an approver of another person
    /// while the loan owes; by anyone in full once the loan book tells that nothing is owed.
    function proposeRelease(uint32 lien, uint128 amount) external;
    /// @notice Confirm a proposed release. Only approvers.
    function release(uint32 lien, uint128 amount) external;
    /// @notice Release a closed loan's lien. Anyone, after the loan book has marked the loan closed.
    function releaseClosed(uint32 lien) external;
    /// @notice Told by the loan book that a loan is closed (or reopened by a reversal).
    function markClosed(LoanId loanId, bool closed) external;
    /// @notice Pay liens in rank from a sale's proceeds. Only approvers; the sale was proposed by a collector.
    function proposeEnforcement(uint256 title, uint128 proceeds) external;
    /// @notice Carry out a proposed enforcement.
    function enforce(uint256 title, uint128 proceeds) external;
    /// @notice Record objects and liens of an opening book. Only loan officers, under a released import.
    function importCollateral(uint32 importId, Registration[] calldata rows) external;
    /// @notice Record liens of an opening book.
    function importLiens(uint32 importId, ImportedLien[] calldata rows) external;

    /// @return The object as stored.
    function collateralOf(uint256 title) external view returns (Collateral memory);
    /// @return The lien as stored.
    function lienOf(uint32 lien) external view returns (Lien memory);
    /// @return cover What liens give a loan after haircut and prior ranks, in fen. Reverts for a foreign or inactive lien.
    /// @return stale Whether one of their appraisals is past its shelf life.
    function coverOf(LoanId loanId, uint32[] calldata liens) external view returns (uint128 cover, bool stale);
    /// @return The number of liens ever placed.
    function liens() external view returns (uint32);
}
