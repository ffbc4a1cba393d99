// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Category} from "../contracts/types/Enums.sol";
import {CustomerId, LoanId} from "../contracts/types/Ids.sol";

/// @title How good a loan is, beside the days that it is past due
/// @notice A loan's category is the worst of the one by days past due and of its floors: by judgement, by contagion from the
/// debtor's other loans, by the loss expected on it, and while it is observed after a restructuring. Called at the loan
/// book's own address, like IBackOffice.
interface ILoanQuality {
    /// @notice What few loans carry; all zero for the others. Money in fen.
    struct Care {
        uint256 penaltyAccrued; // penalty interest not yet due: fen x ppb x days
        uint128 misused; // principal found used otherwise than agreed
        Category judgement; // the category that the loan has at least, None for none: by judgement,
        Category contagion; // by the debtor's other loans,
        Category expectedLoss; // by the loss expected on it,
        Category restructured; // while it is observed after a restructuring
        uint24 observedUntil; // last day of that observation, zero for none
        uint8 observedPayments; // payments made under it
        uint8 restructurings;
        uint24 repricedOn; // day of the last repricing, zero for none
        bool called; // whether all principal was called
        uint128 uncovered; // principal that guarantors did not consent to
        uint24 technicalDelay; // oldest unpaid day whose delay was found technical, zero for none
    }

    /// @notice The category that a loan has at least, on one ground (a `Floor`), changed; None (zero) binds it no more. `maker`
    /// and `checker` are zero where a proof set or lifted it, `checker` also where one person may.
    event FloorSet(
        uint64 indexed loanId, uint8 indexed floor, uint8 category, uint8 previous, uint24 valueDate, uint32 maker, uint32 checker,
        bytes32 reasonHash
    );
    /// @notice The loss expected on a loan was assessed; `claim` is principal and interest due on that day. `checker` is zero
    /// unless the floor was relieved.
    event LossAssessed(
        uint64 indexed loanId, uint128 expectedLoss, uint128 claim, bytes32 reasonHash, uint24 valueDate, uint32 maker, uint32 checker
    );
    /// @notice The delay of the oldest unpaid obligation was found to be technical.
    event TechnicalDelayExempted(
        uint64 indexed loanId, uint24 oldestDue, uint24 daysPastDue, bytes32 reasonHash, uint24 valueDate, uint32 person
    );
    /// @notice So much of a debtor's debt was shown to be bad that all its loans here are: at this bank, non-performing principal
    /// of its whole principal; `elsewhere`, debt long overdue of its debt at all banks.
    event ContagionFound(uint32 indexed customer, bool elsewhere, uint128 part, uint128 whole, uint24 valueDate);
    /// @notice So much of a debtor's principal was shown to perform that its loans infect each other no more.
    event ContagionEnded(uint32 indexed customer, uint128 performing, uint128 exposure, uint24 valueDate);
    /// @notice A debtor's debt at all banks was reported, as of a day, and what of it is more than 90 days overdue.
    event SystemDebtReported(
        uint32 indexed customer, uint128 total, uint128 overdue, uint24 asOf, uint24 valueDate, uint32 person
    );
    /// @notice A loan under observation was seen overdue: its observation starts anew, with no payment counted.
    event ObservationRestarted(uint64 indexed loanId, uint24 observedUntil, uint24 valueDate);
    /// @notice A loan kept its terms through its observation, and is observed no more.
    event ObservationEnded(uint64 indexed loanId, uint8 payments, uint24 valueDate);
    /// @notice The other loan in default on which a cross default rests, in the same transaction.
    event CrossDefaultNamed(uint64 indexed loanId, uint64 indexed other, uint24 valueDate);
    /// @notice All principal and the interest accrued fell due as one last instalment, told in the same transaction.
    event LoanCalled(
        uint64 indexed loanId, uint16 instalment, uint128 principal, uint128 interest, uint24 valueDate, uint32 maker, uint32 checker
    );
    /// @notice Principal was found used otherwise than agreed; the loan is accrued to the value date. `checker` is zero unless it
    /// is less than before.
    event MisuseFound(
        uint64 indexed loanId, uint128 principal, uint128 previous, uint256 accrued, bytes32 reasonHash, uint24 valueDate,
        uint32 maker, uint32 checker
    );
    /// @notice No principal counts as misused any more; the loan is accrued to the value date.
    event MisuseCleared(
        uint64 indexed loanId, uint128 previous, uint256 accrued, bytes32 reasonHash, uint24 valueDate, uint32 maker, uint32 checker
    );

    /// @notice Thrown when a floor would not change.
    error LoanQuality_FloorUnchanged(uint64 loanId, uint8 floor, uint8 category);
    /// @notice Thrown when contagion would be set or lifted on loans none of whose floors would change.
    error LoanQuality_FloorsUnchanged(uint32 customer, uint8 category);
    /// @notice Thrown when a loan is not late, or later than a technical delay may be.
    error LoanQuality_NoTechnicalDelay(uint64 loanId, uint24 daysPastDue);
    /// @notice Thrown when a delay was found technical before.
    error LoanQuality_AlreadyExempt(uint64 loanId, uint24 oldestDue);
    /// @notice Thrown when contagion is asked of a natural person or a retail pool.
    error LoanQuality_Retail(uint32 customer, uint8 kind);
    /// @notice Thrown when loans shown are not in ascending order, each once.
    error LoanQuality_NotAscending(uint64 loanId, uint64 previous);
    /// @notice Thrown when a loan is another customer's.
    error LoanQuality_OtherCustomer(uint64 loanId, uint32 customer);
    /// @notice Thrown when a loan shown as non-performing performs.
    error LoanQuality_Performing(uint64 loanId);
    /// @notice Thrown when a loan shown as performing does not.
    error LoanQuality_NonPerforming(uint64 loanId);
    /// @notice Thrown when what is bad is too small a part to spread.
    error LoanQuality_NoContagion(uint32 customer, uint128 part, uint128 whole);
    /// @notice Thrown when what performs here is too small a part, or debt long overdue at all banks too large a one.
    error LoanQuality_ContagionStands(uint32 customer, uint128 part, uint128 whole);
    /// @notice Thrown when more is overdue than is owed.
    error LoanQuality_DebtInvalid(uint32 customer, uint128 overdue, uint128 total);
    /// @notice Thrown when a report is older than the last, or of a day to come.
    error LoanQuality_ReportOutOfOrder(uint32 customer, uint24 asOf, uint24 earliest, uint24 latest);
    /// @notice Thrown when a loan is not observed (`observedUntil` zero), not yet through its last day, has made too few payments
    /// or owes something.
    error LoanQuality_ObservationStands(uint64 loanId, uint24 observedUntil, uint8 payments, uint128 due);
    /// @notice Thrown when a product does not name a trigger as a default.
    error LoanQuality_TriggerNotAgreed(uint64 loanId, uint8 trigger);
    /// @notice Thrown when a cross default names no other loan in default of the same debtor or its connected group.
    error LoanQuality_NoCrossDefault(uint64 loanId, uint64 other);
    /// @notice Thrown when a loan was called before.
    error LoanQuality_AlreadyCalled(uint64 loanId);
    /// @notice Thrown when all principal is due anyway.
    error LoanQuality_NothingToCall(uint64 loanId);
    /// @notice Thrown when no principal counts as misused.
    error LoanQuality_NoMisuse(uint64 loanId);

    // ---------------------------------------------------------------- judgement
    /// @notice Judge a loan, by a `Category`. A worse floor holds at once; a better one, or none (Pass or None), is proposed and waits for
    /// `confirmJudgement`. Only risk officers.
    function judge(LoanId loanId, uint8 category, bytes32 reasonHash) external;
    /// @notice Relieve a floor by judgement as another proposed last, and after the last judgement. Only approvers.
    function confirmJudgement(LoanId loanId, uint8 category, bytes32 reasonHash) external;
    /// @notice Tell the loss expected on a loan: from 50 % of principal and interest due it is doubtful at least, from 90 % a
    /// loss. Where that is better than its floor, it is proposed and waits for `confirmAssessment`. Only risk officers.
    function assessLoss(LoanId loanId, uint128 expectedLoss, bytes32 reasonHash) external;
    /// @notice Relieve a floor by expected loss as another proposed last, and after the last assessment, one of the same category
    /// too. Only approvers.
    function confirmAssessment(LoanId loanId, uint128 expectedLoss, bytes32 reasonHash) external;
    /// @notice Find that the delay of the oldest unpaid obligation has an operational or technical reason: the loan counts as
    /// not late on its first 7 days, and from the eighth on as any other. Only risk officers.
    function exemptTechnicalDelay(LoanId loanId, bytes32 reasonHash) external;
    /// @notice End the observation of a restructured loan that kept its terms: its last day has passed, at least two payments
    /// were made, nothing is due. Anyone.
    function endObservation(LoanId loanId) external;
    /// @notice Find how much of the principal is used otherwise than agreed; in place of what was found before. Less than that is
    /// proposed and waits for `confirmMisuse`. Only risk officers.
    function findMisuse(LoanId loanId, uint128 principal, bytes32 reasonHash) external;
    /// @notice Propose to find that none is any more; that waits for `confirmMisuse`. Only risk officers.
    function clearMisuse(LoanId loanId, bytes32 reasonHash) external;
    /// @notice Find that less principal is misused, or none (zero), as another proposed last, and after the last finding. Only
    /// approvers.
    function confirmMisuse(LoanId loanId, uint128 principal, bytes32 reasonHash) external;

    // ---------------------------------------------------------------- contagion
    /// @notice Make loans of a non-retail customer substandard at least, because others are non-performing by their own right
    /// (by days past due, default, judgement, expected loss or restructuring) with more than 10 % of its principal. Anyone.
    /// @param bad Such loans, ascending, today.
    /// @param targets The loans it spreads to; closed ones, and those it has spread to already, are passed over.
    function spreadContagion(CustomerId customer, LoanId[] calldata bad, LoanId[] calldata targets) external;
    /// @notice The same, because more than 20 % of its debt at all banks is more than 90 days overdue. Anyone.
    function spreadFromOtherBanks(CustomerId customer, LoanId[] calldata targets) external;
    /// @notice Lift that floor: loans with at least 90 % of its principal perform by their own right, and no more than 20 % of its
    /// debt at all banks is reported as long overdue. Anyone.
    /// @param good Such loans, ascending, today.
    function liftContagion(CustomerId customer, LoanId[] calldata good, LoanId[] calldata targets) external;
    /// @notice Report a customer's debt at all banks, in fen. Only the credit bureau.
    function reportSystemDebt(CustomerId customer, uint128 total, uint128 overdue, uint24 asOf) external;

    // ---------------------------------------------------------------- acceleration
    /// @notice Declare default because another loan of the same debtor or its connected group is in default. Only risk officers.
    function declareCrossDefault(LoanId loanId, LoanId other) external;
    /// @notice Propose to call a loan in default. Only risk officers.
    function proposeCall(LoanId loanId) external;
    /// @notice Call it: all principal falls due today with the interest accrued, nothing more later, and what was not drawn
    /// lapses. Only approvers, never the proposer.
    function callLoan(LoanId loanId) external;

    // ---------------------------------------------------------------- views
    /// @return What the loan carries, as stored.
    function careOf(LoanId loanId) external view returns (Care memory);
    /// @return total A customer's debt at all banks as last reported, in fen.
    /// @return overdue More than 90 days, of it.
    /// @return asOf The report's day, zero for none.
    function systemDebtOf(CustomerId customer) external view returns (uint128 total, uint128 overdue, uint24 asOf);
}
