// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, LoanId} from "../contracts/types/Ids.sol";
import {CollateralKind, LienState} from "../contracts/types/Enums.sol";

/// @title Collateral: appraisals and ranked liens over titles
/// @notice Money in fen (a value or a lien at most 2^56 - 1), haircuts in parts per billion, dates as day numbers (at
/// most 65,535). An object's liens rank in the order of their registration; other lenders' liens are facts. A
/// value after haircut is rounded down. A fall in value flags and blocks new drawdowns, it never releases.
/// A lien's number is its object's index times 256 plus its rank; an object bears at most 255 liens in its life.
interface ICollateralRegistry {
    /// @notice An object to register.
    struct Registration {
        uint256 title; // 96-bit keyed tag of the object, also its external reference
        CustomerId owner;
        uint8 kind; // CollateralKind
        bytes6 region;
        uint128 value;
        uint32 haircut; // ppb
        uint24 appraisedOn;
        uint24 validUntil; // last day the appraisal may carry new credit
    }

    /// @notice A lien of an opening book: this bank's (a loan, no lender) or another lender's (a lender, no loan).
    /// Within an object the loan or the lender is its external reference.
    struct ImportedLien {
        uint256 title;
        LoanId loanId;
        uint128 amount;
        uint32 lender; // zero: this bank
    }

    /// @notice An object as stored.
    struct Collateral {
        CustomerId owner; // zero: somebody who is no customer
        CollateralKind kind;
        uint128 value; // zero once enforced, until it is appraised anew
        uint32 haircut;
        uint24 appraisedOn;
        uint24 validUntil;
        uint128 pledged; // sum of active liens of all lenders
        uint8 liens; // liens ever placed; the rank of the next is this plus one
        uint24 index; // objects are numbered from 1
    }

    /// @notice A lien as stored.
    struct Lien {
        uint256 title;
        LoanId loanId; // zero: another lender's
        CustomerId borrower; // zero: another lender's, or of an opening book
        uint128 amount; // what it still secures
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
    /// @notice An object passed to another owner with its liens; zero stands for somebody who is no customer.
    event OwnerChanged(uint256 indexed title, uint32 owner, uint32 previous);
    /// @notice An owner agreed that an object secures a loan up to an amount; zero withdraws. Placing a lien uses it up.
    event ConsentGiven(uint256 indexed title, uint64 indexed loanId, uint32 owner, uint128 amount, uint24 givenOn);
    /// @notice A lien was placed. A borrower who is not the owner tells that the owner consented and the consent is used up; no
    /// borrower tells of another lender's lien or of an opening book's.
    event LienPlaced(
        uint32 indexed lien, uint256 indexed title, uint64 loanId, uint32 borrower, uint32 lender, uint128 amount, uint8 rank,
        uint128 pledged, uint24 placedOn, uint32 person
    );
    /// @notice A release was proposed; a later proposal for the same lien replaces it, a release uses it up.
    event ReleaseProposed(uint32 indexed lien, uint128 amount, uint32 person);
    /// @notice Part or all of a lien was released.
    /// @param amount What the lien still secures.
    event LienReleased(uint32 indexed lien, uint256 indexed title, uint128 released, uint128 amount, uint128 pledged, uint24 releasedOn, uint32 person);
    /// @notice A sold loan's lien became the buyer's, at its rank.
    event LienAssigned(uint32 indexed lien, uint256 indexed title, uint64 loanId, uint32 lender, uint128 amount, uint24 assignedOn, uint32 person);
    /// @notice A sale was proposed, or another lender's was reported; a later proposal for the same object replaces it, an enforcement
    /// uses it up, and it lapses with the release of the last lien and after 30 days.
    event EnforcementProposed(uint256 indexed title, uint128 proceeds, address buyer, uint32 person);
    /// @notice An object was enforced against: one lien's share of the proceeds. Nothing remains under the lien.
    /// @param shortfall What it secured of the debt and the price did not pay.
    /// @param released What its amount was above the debt; the three are the amount of the lien.
    event LienEnforced(
        uint32 indexed lien, uint256 indexed title, uint64 loanId, uint128 paid, uint128 shortfall, uint128 released, uint24 enforcedOn
    );
    /// @notice An object was sold for a price, free of liens; the surplus belongs to the owner before the sale.
    event CollateralEnforced(uint256 indexed title, uint128 proceeds, uint128 surplus, uint24 enforcedOn, uint32 person);
    /// @notice The value after haircut is below what is pledged: at an appraisal, another lender's lien or an import.
    event MarginCalled(uint256 indexed title, uint128 coverValue, uint128 pledged, uint24 calledOn);

    /// @notice Thrown when a registration or appraisal makes no sense.
    error CollateralRegistry_Invalid(uint256 title, uint128 value, uint32 haircut, uint24 appraisedOn, uint24 validUntil);
    /// @notice Thrown when a lien is for neither or both of a loan and another lender, for no borrower, or for an amount
    /// that is zero or above 2^56 - 1.
    error CollateralRegistry_LienInvalid(uint256 title, uint64 loanId, uint32 party, uint128 amount);
    /// @notice Thrown when an object is not registered.
    error CollateralRegistry_Unknown(uint256 title);
    /// @notice Thrown when a lien does not exist or is not active.
    error CollateralRegistry_LienNotActive(uint32 lien, uint8 state);
    /// @notice Thrown when a lien does not secure the loan and borrower it is held against.
    error CollateralRegistry_LienNotOfLoan(uint32 lien, uint64 loanId, uint32 borrower);
    /// @notice Thrown when liens are not told in rising order, each once.
    error CollateralRegistry_LiensOutOfOrder(uint32 lien);
    /// @notice Thrown when this bank would release another lender's lien, or a bureau one of this bank's.
    error CollateralRegistry_LenderDiffers(uint32 lien, uint32 lender);
    /// @notice Thrown when the value after haircut does not carry another lien.
    error CollateralRegistry_CoverExceeded(uint256 title, uint128 pledged, uint128 amount, uint128 coverValue);
    /// @notice Thrown when an appraisal is past its shelf life.
    error CollateralRegistry_AppraisalStale(uint256 title, uint24 validUntil, uint24 businessDate);
    /// @notice Thrown when the owner is not the borrower and has not consented to the amount.
    error CollateralRegistry_NoConsent(uint256 title, uint32 owner, uint32 borrower);
    /// @notice Thrown when an account does not own the title it would move, pledge or use; or is this registry, which owns none.
    error CollateralRegistry_NotOwner(uint256 title, address account);
    /// @notice Thrown when a loan (or, in an import, another lender) has already an active lien on the same object.
    error CollateralRegistry_AlreadyPledged(uint256 title, uint64 loanId, uint32 lender);
    /// @notice Thrown when nothing is released, or more than a lien secures.
    error CollateralRegistry_ReleaseExceeds(uint32 lien, uint128 amount, uint128 have);
    /// @notice Thrown when a lien is released by anyone while its loan still owes.
    error CollateralRegistry_LoanStillOwes(uint32 lien, uint64 loanId);
    /// @notice Thrown when a lien would become another lender's while its loan is this bank's.
    error CollateralRegistry_LoanNotSold(uint32 lien, uint64 loanId);
    /// @notice Thrown when what is confirmed was not proposed. `subject` is a lien or a title.
    error CollateralRegistry_NotProposed(uint256 subject, uint128 amount);
    /// @notice Thrown when an object would be sold on which this bank has no lien for a loan of the lien's borrower that is in
    /// default, or written off, and owes; or, `elsewhere`, no other lender has one.
    error CollateralRegistry_NotEnforceable(uint256 title, bool elsewhere);
    /// @notice Thrown when not exactly one contract has the loan book's seat, so that nothing tells what liens secure.
    error CollateralRegistry_NotOneBook(uint256 books);
    /// @notice Thrown when what was proposed is confirmed after its last day. `subject` is a lien or a title.
    error CollateralRegistry_ProposalExpired(uint256 subject, uint24 last, uint24 businessDate);
    /// @notice Thrown when this bank would release the lien of a loan it has sold.
    error CollateralRegistry_LoanSold(uint32 lien, uint64 loanId);
    /// @notice Thrown when a sale names no buyer, or this registry, or a price above 2^56 - 1.
    error CollateralRegistry_SaleInvalid(uint256 title, uint128 proceeds, address buyer);
    /// @notice Thrown when an object without an active lien would be enforced against.
    error CollateralRegistry_NothingPledged(uint256 title);
    /// @notice Thrown when an object carries as many liens as it may: for acts 64 active ones, or 191 ever placed; for facts 255 ever
    /// placed, of which `liens` tells the number.
    error CollateralRegistry_TooManyLiens(uint256 title, uint8 liens);
    /// @notice Thrown when a title's record and its token already agree.
    error CollateralRegistry_NothingToAlign(uint256 title);

    // ---------------------------------------------------------------- objects
    /// @notice Register an object and mint its title to its owner's account; while the owner has none, this registry keeps
    /// the title in custody. Only appraisers.
    function register(Registration calldata registration) external;
    /// @notice Appraise anew, not before the last appraisal. Only appraisers.
    function revalue(uint256 title, uint128 value, uint32 haircut, uint24 appraisedOn, uint24 validUntil) external;
    /// @notice Bring a title to the account its owner is bound to now, or, where the owner was no customer, record the customer
    /// its holder became. Anyone.
    function alignTitle(uint256 title) external;
    /// @notice Told by the title registry that a title was transferred; one of another registry is ignored. An account that its
    /// customer has left cannot move it.
    function titleMoved(uint256 title, address from, address to) external;

    // ---------------------------------------------------------------- liens
    /// @notice The owner agrees that an object of theirs secures a borrower's loan. Only the title's owner account.
    function consent(uint256 title, LoanId loanId, uint128 amount) external;
    /// @notice Place a lien for a loan of this bank. Only loan officers.
    function pledge(uint256 title, LoanId loanId, CustomerId borrower, uint128 amount) external;
    /// @notice Record another lender's lien as a fact. Only credit bureaus.
    function recordLien(uint256 title, uint32 lender, uint128 amount) external;

    // ---------------------------------------------------------------- release
    /// @notice Propose to release part or all of a lien, also while its loan owes, but none of a sold loan. Only loan officers.
    function proposeRelease(uint32 lien, uint128 amount) external;
    /// @notice Confirm a proposed release within 30 days. Only approvers, never the proposer's person.
    function release(uint32 lien, uint128 amount) external;
    /// @notice Release a closed loan's lien in full. Anyone, after the loan book has marked the loan closed.
    function releaseClosed(uint32 lien) external;
    /// @notice Record that another lender released part or all of its lien. Only credit bureaus.
    function recordRelease(uint32 lien, uint128 amount) external;
    /// @notice Told by the loan book that a loan is closed (or reopened by a reversal).
    function markClosed(LoanId loanId, bool closed) external;
    /// @notice Told by the loan book that a loan was sold to another lender.
    function markSold(LoanId loanId) external;
    /// @notice Record that a sold loan's lien is now the lien of the lender that bought the loan, at the same rank. Only credit
    /// bureaus.
    function assignLien(uint32 lien, uint32 lender) external;

    // ---------------------------------------------------------------- enforcement
    /// @notice Propose the sale of an object to a buyer's account, never the proposer's own. This bank has a lien on it for a loan of
    /// the lien's borrower that is in default, or written off, and owes. Only collectors.
    function proposeEnforcement(uint256 title, uint128 proceeds, address buyer) external;
    /// @notice Report that another lender with a lien has an object sold; the sale is carried out as a proposed one. Only credit
    /// bureaus.
    function reportEnforcement(uint256 title, uint128 proceeds, address buyer) external;
    /// @notice Carry out a sale within 30 days while the right to it stands: pay liens in rank, tell shortfalls and surplus, hand the
    /// title to the buyer. A lien of this bank takes at most what its loan owes on the day. Only approvers, never the proposer's
    /// person nor the buyer's.
    function enforce(uint256 title, uint128 proceeds, address buyer) external;

    // ---------------------------------------------------------------- opening book
    /// @notice Record objects of an opening book; the import's total is their value. Only loan officers, under a released import.
    function importCollateral(uint32 importId, Registration[] calldata rows) external;
    /// @notice Record liens of an opening book; the import's total is their amount. Only loan officers, under a released import.
    function importLiens(uint32 importId, ImportedLien[] calldata rows) external;

    // ---------------------------------------------------------------- views
    /// @return The object as stored. Reverts for an unknown one.
    function collateralOf(uint256 title) external view returns (Collateral memory);
    /// @return The lien as stored; all zero for one that was never placed.
    function lienOf(uint32 lien) external view returns (Lien memory);
    /// @notice What liens give a loan: each at most its amount, from the value after haircut less the active liens of prior
    /// rank of all lenders. Reverts unless each lien is active and secures this loan of this borrower.
    /// @param liens In rising order.
    /// @return cover In fen.
    /// @return stale Whether one of their appraisals is past its shelf life.
    function coverOf(LoanId loanId, CustomerId borrower, uint32[] calldata liens) external view returns (uint128 cover, bool stale);
    /// @return Whether the loan book has marked a loan sold.
    function isSold(LoanId loanId) external view returns (bool);
    /// @return Whether the loan book has marked a loan closed.
    function isClosed(LoanId loanId) external view returns (bool);
    /// @return account The account that agreed, zero for none. @return amount Up to how much, in fen.
    function consentOf(uint256 title, LoanId loanId) external view returns (address account, uint128 amount);
    /// @return amount What is proposed to be released, in fen. @return person By whom, zero for nobody.
    function releaseProposalOf(uint32 lien) external view returns (uint128 amount, uint32 person);
    /// @return proceeds In fen. @return buyer The account that receives the title. @return person By whom, zero for nobody.
    function enforcementProposalOf(uint256 title) external view returns (uint128 proceeds, address buyer, uint32 person);
    /// @return The number of objects registered.
    function objects() external view returns (uint24);
}
