// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LoanId} from "../contracts/types/Ids.sol";

/// @title Loans in difficulty: new terms, waivers, sale, and guarantors who pay
/// @notice Called at the loan book's own address, as IBackOffice is. Amounts are fen, rates parts per billion a year, dates
/// day numbers.
///
/// A restructuring is proposed with every term by a risk officer, accepted by the borrower, and carried out by an approver of
/// another person up to its deadline. What is waived is waived up to the amounts agreed; whatever else is due becomes
/// principal, and nothing is due afterwards. Payments made in between leave less to waive and to capitalise and so never stand
/// in its way; whatever would leave more principal than was agreed to does.
///
/// What a restructuring adds to principal is not covered by guarantors who did not consent to it, before or afterwards.
interface IWorkout {
    /// @notice New terms of a loan. Amounts are the most that is waived.
    struct NewTerms {
        LoanId loanId;
        uint8 number; // running number of the loan's restructurings, from 1
        uint24 deadline; // last day on which it may be carried out
        uint8 loanType; // LoanType
        uint8 cycleMonths; // 1, 3, 6 or 12; zero, for a bullet, everything at maturity
        int40 rate;
        uint24 maturity;
        uint24 resumeOn; // due dates before this day are skipped while interest accrues on; zero for none
        bool capitalisesAccrued; // whether whole fen of interest not yet due become principal too, rounded down
        uint128 penalty; // waived of what is due
        uint128 fee;
        uint128 interest; // waived of what is due, then of whole fen of what is accrued
        uint128 haircut; // waived of principal
        uint128 mostPrincipal; // principal afterwards is at most this
    }

    /// @notice New terms were proposed; a later proposal for the same loan replaces them, and its acceptance is asked anew.
    event RestructuringProposed(
        uint64 indexed loanId, bytes32 proposal, uint8 number, uint24 deadline, uint8 loanType, uint8 cycleMonths, int40 rate,
        uint24 maturity, uint24 resumeOn, bool capitalisesAccrued, uint128 penalty, uint128 fee, uint128 interest,
        uint128 haircut, uint128 mostPrincipal, uint24 valueDate, uint32 person
    );
    /// @notice The borrower accepted them: from its own account; by that account's signature, whose digest is `documentHash`;
    /// or, without an account, on a document that `person`, a loan officer, recorded.
    event RestructuringAccepted(
        uint64 indexed loanId, bytes32 proposal, address account, bytes32 documentHash, uint24 valueDate, uint32 person
    );
    /// @notice A guarantor agreed that its guarantee covers what they add to principal, in the same three ways.
    event GuarantorConsented(
        uint64 indexed loanId, uint64 indexed guarantee, bytes32 proposal, address account, bytes32 documentHash,
        uint24 valueDate, uint32 person
    );
    /// @notice A loan goes on under new terms, and is no longer called where it was. `observedUntil` is the last day of its observation at the least, `floor` the
    /// category that it has at the least until then.
    event LoanRestructured(
        uint64 indexed loanId, uint8 number, uint16 posting, uint24 valueDate, uint8 loanType, uint8 cycleMonths, int40 rate,
        uint24 maturity, uint24 resumeOn, uint16 instalment, uint128 instalmentAmount, uint24 observedUntil, uint8 floor,
        bytes32 proposal, uint32 maker, uint32 checker
    );
    /// @notice What became of its debt, in the same transaction: what was waived (money gone), what became principal, and what
    /// had not been drawn, which is given back. Nothing is due any more. `uncovered` is what all restructurings so far have
    /// added to principal.
    event DebtRestructured(
        uint64 indexed loanId, uint24 valueDate, uint128 penaltyWaived, uint128 feeWaived, uint128 interestWaived,
        uint128 haircut, uint128 penaltyCapitalised, uint128 feeCapitalised, uint128 interestCapitalised, uint128 undrawn,
        uint128 principal, uint256 accrued, uint128 uncovered
    );
    /// @notice Penalties and fees that were due were waived.
    event ChargesWaived(
        uint64 indexed loanId, uint16 posting, uint24 valueDate, uint128 penalty, uint128 fee, uint128 penaltyDue,
        uint128 feeDue, uint256 accrued, uint8 state, uint32 maker, uint32 checker
    );
    /// @notice A loan was sold with all that it owed: principal, interest due and accrued (a part of a fen as one), penalties,
    /// fees, and a written-off claim; what had not been drawn was given back. `result` is the price less all but the claim.
    event LoanSold(
        uint64 indexed loanId, bytes32 indexed buyer, uint16 posting, uint24 valueDate, uint128 price, uint128 principal,
        uint128 interest, uint128 penalty, uint128 fee, uint128 writtenOff, uint128 undrawn, int256 result, uint32 maker,
        uint32 checker
    );

    /// @notice Thrown when new terms are not those of the loan's next restructuring.
    error LoanBook_RestructuringStale(uint64 loanId, uint8 number, uint16 expected);
    /// @notice Thrown when the same new terms are proposed twice.
    error LoanBook_AlreadyProposed(uint64 loanId);
    /// @notice Thrown when new terms are accepted twice.
    error LoanBook_AlreadyAccepted(uint64 loanId);
    /// @notice Thrown when new terms are carried out that the borrower did not accept.
    error LoanBook_NotAccepted(uint64 loanId);
    /// @notice Thrown when a guarantor's consent on a document is recorded after the terms were carried out.
    error LoanBook_DocumentTooLate(uint64 loanId, uint16 number);
    /// @notice Thrown when new terms are proposed, accepted or carried out after their deadline.
    error LoanBook_DeadlinePassed(uint64 loanId, uint24 deadline, uint24 businessDate);
    /// @notice Thrown when an account speaks for a customer that it is not bound to.
    error LoanBook_NotParty(uint64 loanId, address account, uint32 customer);
    /// @notice Thrown when a document is recorded for a customer who has an account to speak from.
    error LoanBook_HasAccount(uint32 customer);
    /// @notice Thrown when due dates would be skipped beyond the last.
    error LoanBook_ResumptionInvalid(uint24 resumeOn, uint24 maturity);
    /// @notice Thrown when more principal would be owed than was agreed to.
    error LoanBook_DebtExceedsAgreed(uint64 loanId, uint128 principal, uint128 mostPrincipal);
    /// @notice Thrown when a guarantee does not stand for the loan, or not for its borrower.
    error LoanBook_GuaranteeNotOfLoan(uint64 guarantee, uint64 loanId);
    /// @notice Thrown when more is demanded of a guarantor than it covers of what is owed.
    error LoanBook_DemandExceedsCovered(uint64 guarantee, uint128 amount, uint128 covered);
    /// @notice Thrown when a loan would be sold to nobody.
    error LoanBook_BuyerMissing(uint64 loanId);

    // ---------------------------------------------------------------- restructuring
    /// @notice Propose new terms. Only risk officers.
    function proposeRestructuring(NewTerms calldata terms) external;
    /// @notice Accept them for the borrower: from its bound account, with no document; or, where it has none, on a signed
    /// document that a loan officer records, neither maker nor checker.
    /// @param documentHash Hash of that document; zero from the borrower's account.
    function acceptRestructuring(NewTerms calldata terms, bytes32 documentHash) external;
    /// @notice Accept them by the signature of the borrower's bound account (EIP-712, or ERC-1271 where it is a contract) under
    /// `NewTerms` in the loan book's domain. Anybody may bring it, until their deadline.
    function acceptRestructuringSigned(NewTerms calldata terms, bytes calldata signature) external;
    /// @notice Agree for a guarantor that a guarantee covers what they add to principal, in the same two ways; after they were
    /// carried out from its account alone.
    function consentToRestructuring(NewTerms calldata terms, uint64 guaranteeId, bytes32 documentHash) external;
    /// @notice Agree by the signature of the guarantor's bound account under `GuarantorConsent`, which anybody may bring.
    function consentToRestructuringSigned(NewTerms calldata terms, uint64 guaranteeId, bytes calldata signature) external;
    /// @notice Carry them out. Only approvers, never the person who proposed or who recorded the acceptance.
    function restructure(NewTerms calldata terms) external;

    // ---------------------------------------------------------------- waiver
    /// @notice Propose to waive penalties and fees that are due. Only risk officers.
    function proposeWaiver(LoanId loanId, uint128 penalty, uint128 fee) external;
    /// @notice Waive them, as far as they are still due on the business day. Only approvers, never the proposer's person.
    function waive(LoanId loanId, uint128 penalty, uint128 fee) external;

    // ---------------------------------------------------------------- sale
    /// @notice Propose the sale of a loan, or of a written-off claim. Only risk officers.
    /// @param buyer Salted commitment to the buyer's name.
    function proposeSale(LoanId loanId, bytes32 buyer, uint128 price, uint24 valueDate) external;
    /// @notice Sell: the loan leaves the book, and the registries are told. Only approvers, never the proposer's person.
    function sell(LoanId loanId, bytes32 buyer, uint128 price, uint24 valueDate) external;

    // ---------------------------------------------------------------- guarantors
    /// @notice Demand payment of a guarantor after default, at most what it covers of what the loan owes on the business day; a
    /// later demand takes the place of an earlier one. Only collectors.
    function demand(uint64 guaranteeId, uint128 amount) external;
    /// @notice Pay on a demanded guarantee: the loan, or the claim it has become, is paid from the guarantor's deposit, and the
    /// guarantee and what is demanded fall by as much. Only the guarantor's bound account.
    function payOnGuarantee(uint64 guaranteeId, uint128 amount) external;

    // ---------------------------------------------------------------- views
    /// @return proposal Hash of the terms proposed, zero for none.
    /// @return maker The person who proposed.
    /// @return witness The person who recorded the acceptance, zero where an account accepted.
    /// @return accepted Whether the borrower has accepted.
    /// @return posting The posting that carried them out, zero before.
    /// @return uncovered What restructurings up to this one have added to principal, in fen.
    function agreementOf(LoanId loanId, uint8 number) external view returns (bytes32 proposal, uint32 maker, uint32 witness, bool accepted, uint16 posting, uint128 uncovered);
    /// @return Of what restructurings have added to a loan's principal, what its guarantor consented to cover. In fen.
    function consentedOf(uint64 guaranteeId) external view returns (uint128);
}
