// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, LoanId} from "../contracts/types/Ids.sol";
import {Category, LoanState} from "../contracts/types/Enums.sol";

/// @title The bank's loans, from application to the last recovery
/// @notice Amounts are fen (a loan at most 2^47 - 1, 1.4 trillion yuan), rates parts per billion a year (at most
/// 2^31 - 1, 214 %), dates day numbers (at most 2^16 - 1, in 2149).
/// Interest accrues by actual days as the exact integer fen x ppb x days (`accrued`); amounts fall due
/// rounded down with the residue carried. Once in a loan's life, when its last instalment falls due or it is paid off,
/// one unit less than a fen is added to `accrued`, so that all interest ever paid is the exact interest rounded up. Every posting has a number within its loan and a
/// value date, and its event carries the split of the money and every balance it leaves behind, so that
/// the ledger can be rebuilt from events alone. A wrong payment, drawdown or charge is reversed by a posting that names it; a
/// recovery, write-off, waiver, restructuring or sale is not, nor is a payment that left only a written-off claim.
/// @dev Scale of `accrued`: interest in fen = accrued / (1e9 x 365) or / (1e9 x 360) by the product's day count.
interface ILoanBook {
    /// @notice A product: the terms its loans share.
    struct Product {
        uint8 loanType; // LoanType
        uint8 dayCount; // DayCount
        uint8 waterfall; // Waterfall
        uint8 earmarkMode; // EarmarkMode
        uint8 cycleMonths; // months between due dates: 1, 3, 6 or 12; zero: everything at maturity
        uint16 approvalDays; // days an approval may be used
        uint32 maxLoanToValue; // parts per billion of cover after haircut; zero: no collateral asked
        uint128 maxAmount; // fen
        uint24 maxTermDays;
        int40 maxRate; // ppb a year
    }

    /// @notice What a customer applies for.
    struct Application {
        CustomerId customer;
        uint16 product;
        bytes4 industry; // use of funds; the customer's default is a suggestion only
        bytes6 region; // booking branch
        bytes4 purpose;
        uint128 amount; // fen
        int40 rate; // ppb a year
        uint24 maturity; // day number of the last due date
        bytes32 termsHash; // hash of the term sheet
    }

    /// @notice One loan of an opening book, as it stood. Fields are packed from the lowest bit up, widths in bits; every bit
    /// not named is zero.
    /// terms: customer 32, product 16, industry 32 (bytes4), region 48 (bytes6), start 16, maturity 16, category 4, the source's
    /// own status 8 (kept apart from the life-cycle state), purpose 32 (bytes4), none 15, rate 31.
    /// balances, in fen: as first lent 48, outstanding principal 48, principal paid 48, interest paid 48, fees paid 48.
    /// arrears: principal due and unpaid 47, interest due and unpaid 47, none 94, written-off claim 52, day of the oldest
    /// unpaid obligation 16 (zero exactly where nothing is due).
    struct ImportedLoan {
        bytes32 externalRef; // the row's reference in the source, never a name
        uint256 terms;
        uint256 balances;
        uint256 arrears;
    }

    /// @notice A payment received outside the token, in a batch.
    struct Payment {
        LoanId loanId;
        uint128 amount;
    }

    /// @notice A posting to reverse, as its event told it. What fell due again is told by `principalDue`, `interestDue`
    /// and the instalment that it had paid.
    struct Reversal {
        LoanId loanId;
        uint16 posting;
        uint8 kind; // PostingKind
        address account; // payer of a payment, borrower of a drawdown; zero outside the token
        uint128 principal;
        uint128 interest;
        uint128 penalty;
        uint128 fee;
        uint128 principalDue; // of the principal, what had fallen due when it was paid
        uint128 interestDue; // of the interest, the same
        uint16 instalment; // the oldest instalment that it paid; zero where nothing was due
        uint24 valueDate; // of the posting reversed; of a payment booked late, the day it dates from
        uint128 prepaymentFee; // of the fee, what the payment was charged for principal paid before its time
    }

    /// @notice A loan as stored. Money in fen.
    struct Loan {
        CustomerId customer;
        uint16 product;
        bytes4 industry;
        bytes6 region;
        int40 rate;
        uint24 start; // first drawdown or the source's start; zero before
        uint24 maturity;
        LoanState state;
        Category category;
        uint16 instalment; // due dates passed so far
        uint128 principal; // outstanding
        uint128 undrawn; // approved and not drawn
        uint256 accrued; // interest not yet due: fen x ppb x days
        uint24 accruedThrough; // before the first drawdown: last day of the approval
        uint16 postings; // number of the last posting
        uint128 instalmentAmount; // annuity: the whole instalment; otherwise zero
        uint128 principalDue; // fallen due and unpaid
        uint128 interestDue;
        uint24 oldestDue; // day of the oldest unpaid obligation, zero for none
        uint128 penaltyDue;
        uint128 feeDue;
        uint128 writtenOff; // claim that lives on off the balance sheet
        uint24 availableUntil; // last day of the approval; zero before it
        uint256 penaltyAccrued; // penalty interest not yet due: fen x ppb x days
    }

    /// @notice A product was set, at once. Its limit to value, earmark mode and largest rate also hold for loans already
    /// approved, and its longest term for their restructurings.
    event ProductSet(
        uint16 indexed product, uint8 loanType, uint8 dayCount, uint8 waterfall, uint8 earmarkMode, uint8 cycleMonths,
        uint16 approvalDays, uint32 maxLoanToValue, uint128 maxAmount, uint24 maxTermDays, int40 maxRate, uint32 person
    );
    /// @notice The days past due from which each category holds were set, in force from a date on.
    event CategoryTableSet(uint24 indexed effectiveFrom, uint16 specialMention, uint16 substandard, uint16 doubtful, uint16 loss, uint32 person);
    /// @notice A customer applied for a loan.
    event LoanApplied(
        uint64 indexed loanId, uint32 indexed customer, uint16 product, bytes4 industry, bytes6 region, bytes4 purpose,
        uint128 amount, int40 rate, uint24 maturity, uint24 valueDate, uint32 person, bytes32 termsHash
    );
    /// @notice An application was approved and headroom reserved until a date.
    event LoanApproved(uint64 indexed loanId, uint128 amount, uint24 availableUntil, uint24 valueDate, uint32 person);
    /// @notice An application was denied.
    event LoanDenied(uint64 indexed loanId, bytes32 reasonHash, uint24 valueDate, uint32 person);
    /// @notice What was approved and not drawn lapsed; its headroom was given back.
    event ApprovalLapsed(uint64 indexed loanId, uint128 amount, uint8 state, uint24 valueDate);
    /// @notice Money was lent. `account` is zero where it was paid outside the token.
    event LoanDrawn(
        uint64 indexed loanId, address indexed account, uint16 posting, uint24 valueDate, uint128 amount, uint128 principal,
        uint128 undrawn, uint256 accrued, uint128 instalmentAmount, uint16 instalment
    );
    /// @notice A loan of an opening book was recorded as it stood.
    event LoanImported(
        uint64 indexed loanId, uint32 indexed customer, uint32 importId, bytes32 externalRef, uint16 product, bytes4 industry,
        bytes6 region, bytes4 purpose, uint8 sourceStatus, int40 rate, uint24 start, uint24 maturity, uint24 valueDate
    );
    /// @notice Its balances, in the same transaction.
    event BalancesImported(
        uint64 indexed loanId, uint8 indexed state, uint8 category, uint24 oldestDue, uint128 originated, uint128 principal,
        uint128 principalPaid, uint128 interestPaid, uint128 feesPaid, uint128 writtenOff, uint128 principalDue, uint128 interestDue,
        uint128 instalmentAmount, uint16 instalment
    );
    /// @notice An instalment fell due and was not paid in the same posting.
    event InstalmentFellDue(
        uint64 indexed loanId, uint16 instalment, uint24 dueDate, uint128 principal, uint128 interest, uint128 principalDue,
        uint128 interestDue, uint24 oldestDue, uint256 accrued
    );
    /// @notice A payment was received and split by the waterfall. `payer` is zero where it came outside the token.
    /// @param valueDate The day the loan is accrued to. A payment that PaymentBackValued follows dates from an earlier day.
    /// @param principal The part of the payment that repaid principal; `outstanding` is what is left of it.
    event LoanRepaid(
        uint64 indexed loanId, address indexed payer, uint16 posting, uint24 valueDate, uint128 principal, uint128 interest,
        uint128 penalty, uint128 fee, uint128 outstanding, uint256 accrued, uint128 principalDue, uint128 interestDue,
        uint24 oldestDue, uint16 instalment, uint8 state
    );
    /// @notice Nothing is owed any more; the loan is closed, and what was left of `accrued`, less than a fen, is gone.
    event LoanClosed(uint64 indexed loanId, uint24 valueDate);
    /// @notice A fee or penalty was charged.
    event LoanCharged(uint64 indexed loanId, uint8 indexed kind, uint16 posting, uint24 valueDate, uint128 amount, uint128 feeDue, uint128 penaltyDue, uint32 person);
    /// @notice The category changed.
    event LoanClassified(uint64 indexed loanId, uint8 indexed category, uint8 previous, uint24 daysPastDue, uint8 reason, uint24 valueDate);
    /// @notice Default was declared.
    event LoanDefaulted(uint64 indexed loanId, uint8 indexed trigger, uint24 daysPastDue, uint24 valueDate, uint128 principal, uint128 interestDue, uint32 person);
    /// @notice A defaulted loan was cured: nothing overdue any more.
    event LoanCured(uint64 indexed loanId, uint24 valueDate, uint32 person);
    /// @notice Principal and interest were written off; the claim, liens and guarantees live on. Where all principal goes
    /// (state WrittenOff), all interest, penalties and fees go with it into the claim.
    event LoanWrittenOff(
        uint64 indexed loanId, uint16 posting, uint24 valueDate, uint128 principal, uint128 interest, uint128 penalty,
        uint128 fee, uint128 outstanding, uint128 principalDue, uint128 interestDue, uint24 oldestDue, uint256 accrued,
        uint128 writtenOff, uint8 state, uint32 maker, uint32 checker
    );
    /// @notice Money came in on a written-off claim. `payer` is zero where it came outside the token.
    event LoanRecovered(uint64 indexed loanId, address indexed payer, uint16 posting, uint24 valueDate, uint128 amount, uint128 writtenOff, uint32 person);
    /// @notice A posting was reversed by an opposite one that names it. Money is positive and goes the opposite way.
    event PostingReversed(
        uint64 indexed loanId, uint16 indexed reversed, uint16 posting, uint24 valueDate, uint128 principal, uint128 interest,
        uint128 penalty, uint128 fee, uint128 outstanding, uint256 accrued, uint128 principalDue, uint128 interestDue
    );
    /// @notice With a payment on principal before its time its fee was taken back: charged with the payment, owed no more.
    event PrepaymentFeeDropped(
        uint64 indexed loanId, uint16 indexed reversed, uint16 posting, uint24 valueDate, uint128 amount, uint128 feeDue
    );
    /// @notice What else that reversal left behind, in the same transaction. `maker` proposed, `checker` reversed.
    event ReversalSettled(
        uint64 indexed loanId, uint16 indexed reversed, uint8 kind, address account, uint128 undrawn, uint128 instalmentAmount,
        uint24 oldestDue, uint8 state, uint32 maker, uint32 checker
    );
    /// @notice A posting with a past value date was allowed by a second person, once.
    event BackValueAuthorised(bytes32 indexed posting, uint24 valueDate, uint32 maker, uint32 checker);
    /// @notice Whole fen of penalty interest fell due; `penaltyAccrued` is what is left, less than a fen, in fen x ppb x days.
    event PenaltyFellDue(uint64 indexed loanId, uint24 valueDate, uint128 amount, uint128 penaltyDue, uint256 penaltyAccrued);
    /// @notice A payment was booked with a value date before the loan's last accrual, in the same transaction as its LoanRepaid:
    /// what it spared from that day on was taken back, interest and penalty interest in fen x ppb x days, and of penalty
    /// interest already due `penaltyTakenBack` fen.
    event PaymentBackValued(
        uint64 indexed loanId, uint16 posting, uint24 paidOn, uint256 interest, uint256 penalty, uint128 penaltyTakenBack,
        uint128 penaltyDue, uint256 penaltyAccrued
    );
    /// @notice An annuity's instalment was fixed anew on what is left over the term that is left.
    event InstalmentFixed(uint64 indexed loanId, uint24 valueDate, uint128 instalmentAmount);
    /// @notice A payment under observation left nothing due.
    event PaymentObserved(uint64 indexed loanId, uint8 payments);
    /// @notice The collateral and guarantee registries were told how a loan stands.
    event StandingAnnounced(uint64 indexed loanId, bool closed, bool inDefault);
    /// @notice An act that takes two persons was proposed, by the hash of its arguments. It may be done up to 30 days after the
    /// value date, or proposed anew.
    /// @param loanId Zero for a back value, which names its loan in the hash.
    event Proposed(uint64 indexed loanId, bytes32 proposal, uint24 valueDate, uint32 person);
    /// @notice Control totals at the close of a business day.
    event BookClosed(uint24 indexed businessDate, uint64 loans, uint128 outstanding, uint128 interest);

    /// @notice Thrown when a loan does not exist.
    error LoanBook_Unknown(uint64 loanId);
    /// @notice Thrown when a loan is not in the state the call needs.
    error LoanBook_WrongState(uint64 loanId, uint8 state);
    /// @notice Thrown when a product is unknown, or what it is to be served by contradicts it.
    error LoanBook_ProductInvalid(uint16 product);
    /// @notice Thrown when a product's term is out of bounds, or a code that stands for nothing.
    /// @param field Of Product, counted from 0.
    error LoanBook_ProductTermInvalid(uint8 field, int256 value, int256 least, int256 most);
    /// @notice Thrown when a cycle is unknown, or leaves the principal of an instalment loan to maturity.
    error LoanBook_ScheduleInvalid(uint8 loanType, uint8 cycleMonths);
    /// @notice Thrown when a product's cycle is longer than its longest loan; when the cycle of a loan applied for, or of new
    /// terms, is longer than the loan, from its application or its start to maturity.
    error LoanBook_CycleTooLong(uint8 cycleMonths, uint24 termDays);
    /// @notice Thrown when an amount is zero or above what is allowed.
    error LoanBook_AmountInvalid(uint64 loanId, uint256 amount, uint256 allowed);
    /// @notice Thrown when a maturity lies before the earliest or after the latest day.
    error LoanBook_MaturityInvalid(uint24 maturity, uint24 earliest, uint24 latest);
    /// @notice Thrown when a rate is above the product's largest or below zero.
    error LoanBook_RateInvalid(int40 rate, int40 maxRate);
    /// @notice Thrown when a category table does not rise.
    error LoanBook_CategoryTableInvalid(uint16 specialMention, uint16 substandard, uint16 doubtful, uint16 loss);
    /// @notice Thrown when an approval is used after its last day.
    error LoanBook_ApprovalLapsed(uint64 loanId, uint24 availableUntil);
    /// @notice Thrown when an approval is declared lapsed too early.
    error LoanBook_ApprovalStillAvailable(uint64 loanId, uint24 availableUntil);
    /// @notice Thrown when nothing is left undrawn that could lapse.
    error LoanBook_NothingUndrawn(uint64 loanId);
    /// @notice Thrown when cover after haircut does not meet the product's loan-to-value.
    error LoanBook_CoverInsufficient(uint64 loanId, uint128 cover, uint128 needed);
    /// @notice Thrown when a customer has no account to draw to.
    error LoanBook_NoAccount(uint32 customer);
    /// @notice Thrown when an obligor has no valid rating at approval.
    error LoanBook_RatingMissing(uint32 customer, uint24 expiresOn);
    /// @notice Thrown when a value date lies before the day a loan is accrued to (`accruedThrough`). A payment may date from
    /// before it, but not from before the loan's start or its present terms, whose day is then told, nor from so early that
    /// the interest it would spare is paid already.
    error LoanBook_ValueDateBeforeAccrual(uint64 loanId, uint24 valueDate, uint24 accruedThrough);
    /// @notice Thrown when a payment would repay principal that was drawn after its value date; `most` is what was there
    /// from that day on.
    error LoanBook_DrawnSince(uint64 loanId, uint24 valueDate, uint128 principal, uint128 most);
    /// @notice Thrown when what the whole book owes is asked for a day before the business day.
    error LoanBook_DayPassed(uint24 day, uint24 businessDate);
    /// @notice Thrown when a payment is more than is owed.
    error LoanBook_Overpayment(uint64 loanId, uint128 amount, uint128 owed);
    /// @notice Thrown when paying a loan off takes more than the payer allows.
    error LoanBook_PayoffAbove(uint64 loanId, uint128 owed, uint128 most);
    /// @notice Thrown when an external reference is already booked.
    error LoanBook_AlreadyImported(uint64 loanId);
    /// @notice Thrown when an imported loan contradicts itself: it owes and has paid more than was lent, is due without a day,
    /// lasts past its maturity without being due, or starts in the future.
    error LoanBook_ImportInconsistent(uint64 loanId);
    /// @notice Thrown when a category table would hold from a day in the past or before the last one.
    error LoanBook_EffectiveDateInvalid(uint24 effectiveFrom, uint24 earliest);
    /// @notice Thrown when a loan with something due would be drawn on or cured.
    error LoanBook_InArrears(uint64 loanId, uint24 oldestDue);
    /// @notice Thrown when a customer or its kind does not exist.
    error LoanBook_CustomerUnknown(uint32 customer);
    /// @notice Thrown when an industry or region code is not a letter followed by capital letters, digits or hyphens and
    /// padded with zeros. An industry may be zero (personal loans belong to none), a region may not.
    error LoanBook_CodeInvalid(bytes4 industry, bytes6 region);
    /// @notice Thrown when a posting with a past value date was not allowed by a second person.
    error LoanBook_BackValueNotAuthorised(uint24 valueDate, uint24 businessDate);
    /// @notice Thrown when a loan has had so many postings that deposits may only pay it off (60,000), or none is
    /// numbered any more (65,535).
    error LoanBook_PostingsExhausted(uint64 loanId, uint16 postings);
    /// @notice Thrown when nothing matching was proposed.
    error LoanBook_NotProposed(uint64 loanId);
    /// @notice Thrown when what was proposed could be done up to `lastDay`; it may be proposed anew.
    error LoanBook_ProposalExpired(uint64 loanId, uint24 lastDay, uint24 businessDate);
    /// @notice Thrown when a posting does not exist, was reversed already, or is of a kind that cannot be.
    error LoanBook_NotReversible(uint64 loanId, uint16 posting);
    /// @notice Thrown when a loan has nothing overdue to default on, too few days, or no covenant whose notice ran out.
    error LoanBook_NotInDefault(uint64 loanId, uint24 daysPastDue);

    // ---------------------------------------------------------------- new business
    /// @notice Apply for a customer. Only loan officers.
    function applyFor(Application calldata application) external returns (LoanId);
    /// @notice Approve: reserves headroom. Only approvers, never the person who applied.
    function approve(LoanId loanId) external;
    /// @notice Deny. Only approvers; whoever applied may.
    function deny(LoanId loanId, bytes32 reasonHash) external;
    /// @notice Release what was approved and not drawn after the approval's last day. Anyone.
    function lapse(LoanId loanId) external;
    /// @notice Book an approved loan in full, paid out outside the token. Only treasurers.
    /// Where the product asks for collateral, `originateSecured` names it.
    function originate(LoanId loanId, uint24 valueDate) external;
    /// @notice The same for a loan that liens must cover. Only treasurers.
    function originateSecured(LoanId loanId, uint24 valueDate, uint32[] calldata liens) external;
    /// @notice Draw part or all into the customer's account as earmarked money. Only treasurers.
    /// @param payees Bit mask of payee categories the money may go to.
    /// @param expiry Last day of the earmark.
    /// @param liens Liens that cover the loan, where the product asks for collateral.
    function drawDown(LoanId loanId, uint128 amount, uint64 payees, uint24 expiry, uint24 valueDate, uint32[] calldata liens) external;

    // ---------------------------------------------------------------- payments
    /// @notice Pay from the caller's deposit. Anyone.
    function repay(LoanId loanId, uint128 amount, uint24 valueDate) external;
    /// @notice Pay from the caller's deposit whatever closes the loan, also where somebody paid a little just before. Anyone.
    /// @param most Refuse to pay more than this.
    /// @param valueDate Not before the day the loan is accrued to.
    function payOff(LoanId loanId, uint128 most, uint24 valueDate) external;
    /// @notice Book payments received outside the token. Only collectors.
    function repayInBatch(Payment[] calldata payments, uint24 valueDate) external;
    /// @notice Book what is left of an expired earmark as a payment on its loan; what is not owed becomes free. Anyone.
    function returnEarmark(LoanId loanId, address borrower) external;
    /// @notice Charge a fee or penalty. Only collectors. It bears no interest, so it may date from before the last accrual.
    function charge(LoanId loanId, uint8 kind, uint128 amount, uint24 valueDate) external;

    // ---------------------------------------------------------------- quality
    /// @notice Let due instalments fall due and set the category by days past due. Anyone.
    function classify(LoanId loanId) external;
    /// @notice The same for many loans.
    function classifyInBatch(LoanId[] calldata loanIds) external;

    // ---------------------------------------------------------------- views
    /// @return loans Number of loans ever applied for or imported. @return outstanding Principal of the whole book in fen.
    function totals() external view returns (uint64 loans, uint128 outstanding);
    /// @notice What all loans together owe in interest, accrued and due, at one cost for ten loans and a million.
    /// @param day The business day or a later one; on earlier days other balances stood.
    /// @return In fen, rounded down once for the loans of each day count. A loan past its last due date may owe one fen more,
    /// from the rounding that its next posting makes.
    function interestReceivable(uint24 day) external view returns (uint128);
}
