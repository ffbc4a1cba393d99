// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LoanId} from "../contracts/types/Ids.sol";
import {ServicingTerms} from "../contracts/types/ServicingTerms.sol";
import {ILoanBook} from "./ILoanBook.sol";

/// @title How loans of a product are served, by which calendar, signed by whom, at whose rate
/// @notice Called at the loan book's own address, as IBackOffice. Markups, fees, rates and spreads are parts per billion.
/// Servicing terms are set once for a product number and hold for the loans applied for or imported after; other terms are another
/// number.
interface ILoanTerms {
    /// @notice Servicing terms were set, for good. Fields as in ServicingTerms.
    event ServicingSet(
        uint16 indexed product, uint16 calendar, uint8 businessDayRule, uint8 graceDays, uint32 overdueMarkup, uint32 misuseMarkup,
        bool compounds, uint32 prepaymentFee, uint32 drawingFee, bool keepsTerm, bool signedTerms, bool covenanted, uint16 index,
        int32 spread, uint8 repriceMonths, uint8 triggers, uint16 defaultDays, uint16 currency, uint32 person
    );
    /// @notice A year of a calendar was set: one bit a day, from 1 January, set where the bank is closed; days 0-255 in `low`.
    event CalendarYearSet(uint16 indexed calendar, uint16 indexed year, bytes32 low, bytes32 high, uint32 person);
    /// @notice A reference rate was fixed; it holds from its day to the next fixing.
    event FixingSet(uint16 indexed index, uint24 day, int40 value, uint32 person);
    /// @notice The customer's account signed the term sheet: the digest of what is stored, with the document's hash.
    event TermSheetSigned(uint64 indexed loanId, address indexed account, bytes32 digest, bytes32 document, uint24 valueDate);
    /// @notice A loan goes on at a new rate from a day on; interest to that day has accrued at the old one.
    event LoanRepriced(
        uint64 indexed loanId, uint16 indexed index, uint24 valueDate, uint24 fixingDay, int40 previousRate, int40 rate,
        uint256 accrued, uint128 instalmentAmount
    );

    /// @notice Thrown when a product has its servicing terms already.
    error LoanBook_ServicingAlreadySet(uint16 product);
    /// @notice Thrown when a product has no servicing terms.
    error LoanBook_ServicingMissing(uint16 product);
    /// @notice Thrown when a business-day rule is none of BusinessDayRule.
    error LoanBook_BusinessDayRuleUnknown(uint8 rule, uint8 last);
    /// @notice Thrown when a calendar is named that no rule uses.
    error LoanBook_CalendarWithoutRule(uint16 calendar);
    /// @notice Thrown when grace lasts longer than a debtor may be past due before default.
    error LoanBook_GraceInvalid(uint8 graceDays, uint8 most);
    /// @notice Thrown when a markup is above the rate itself.
    error LoanBook_MarkupInvalid(uint32 markup, uint32 most);
    /// @notice Thrown when a fee is above a tenth of what it is charged on.
    error LoanBook_FeeRateInvalid(uint32 fee, uint32 most);
    /// @notice Thrown when a spread has no index or is beyond 100 %.
    error LoanBook_SpreadInvalid(uint16 index, int32 spread, int32 most);
    /// @notice Thrown when months between repricings are none of 0, 1, 3, 6 and 12, or have no index.
    error LoanBook_RepricingInvalid(uint16 index, uint8 months);
    /// @notice Thrown when no trigger, or an unknown one, would lead to default.
    error LoanBook_TriggersInvalid(uint8 triggers, uint8 known);
    /// @notice Thrown when the days past due that are a default are zero or too many, or told without their trigger.
    error LoanBook_DefaultDaysInvalid(uint16 defaultDays, uint16 most);
    /// @notice Thrown when a currency is no ISO 4217 number.
    error LoanBook_CurrencyInvalid(uint16 currency);
    /// @notice Thrown when a currency is not that of the products set before: the book has one.
    error LoanBook_CurrencyDiffers(uint16 currency, uint16 book);
    /// @notice Thrown when a year lies outside what loans can name.
    error LoanBook_YearOutOfRange(uint16 year, uint16 earliest, uint16 latest);
    /// @notice Thrown when a day beyond the year's last is told closed.
    error LoanBook_CalendarInvalid(uint16 calendar, uint16 year);
    /// @notice Thrown when a holiday would be longer than due dates may move.
    error LoanBook_ClosedTooLong(uint16 calendar, uint16 year, uint16 closedDays, uint16 most);
    /// @notice Thrown when a calendar that products use would change in a year whose due dates may have passed.
    error LoanBook_CalendarYearBegun(uint16 calendar, uint16 year, uint24 lastDay);
    /// @notice Thrown when an index is zero, or a fixing beyond 100 %.
    error LoanBook_FixingInvalid(uint16 index, int40 value);
    /// @notice Thrown when a fixing is for a day not after the last one's, or in the future.
    error LoanBook_FixingDayInvalid(uint16 index, uint24 day, uint24 earliest, uint24 latest);
    /// @notice Thrown when an index has no fixing by a day.
    error LoanBook_FixingMissing(uint16 index, uint24 day);
    /// @notice Thrown when an application does not carry the rate of its index.
    error LoanBook_RateNotIndexed(int40 rate, int40 right);
    /// @notice Thrown when an application that must be signed names no document.
    error LoanBook_DocumentMissing(uint16 product);
    /// @notice Thrown when a term sheet needs no signature.
    error LoanBook_SignatureNotNeeded(uint64 loanId);
    /// @notice Thrown when a term sheet is signed already.
    error LoanBook_AlreadySigned(uint64 loanId);
    /// @notice Thrown when a signature is not that of the customer's account on this term sheet, on this chain and at this loan
    /// book, or is not in the one form that is accepted.
    error LoanBook_SignatureInvalid(uint64 loanId, address account);
    /// @notice Thrown when a loan would be drawn whose term sheet is not signed.
    error LoanBook_NotSigned(uint64 loanId);
    /// @notice Thrown when the next instalment would fall due on or before a drawdown; `dueDate` is zero where there is none left.
    error LoanBook_DueBeforeStart(uint64 loanId, uint24 dueDate, uint24 valueDate);
    /// @notice Thrown when a loan has no repricing by today; `next` is zero where there will be none.
    error LoanBook_RepricingNotDue(uint64 loanId, uint24 next);
    /// @notice Thrown when interest has accrued beyond the day that a loan was to be repriced on, and beyond its maturity, or the
    /// loan is of an opening book and was not repriced here yet.
    error LoanBook_AccruedBeyondRepricing(uint64 loanId, uint24 repricing, uint24 accruedThrough);

    /// @notice Thrown when a posting dates from before the rates that a loan's last five repricings ended.
    error LoanBook_RateForgotten(uint64 loanId, uint24 valueDate, uint24 knownSince);

    // ---------------------------------------------------------------- products
    /// @notice Set a product. Only risk officers.
    function setProduct(uint16 product, ILoanBook.Product calldata terms) external;
    /// @notice Set the category table from a date on (never in the past). Only risk officers.
    function setCategoryTable(uint24 effectiveFrom, uint16 specialMention, uint16 substandard, uint16 doubtful, uint16 loss) external;
    /// @notice Set how loans of a product are served, once. Only risk officers.
    function setServicing(uint16 product, ServicingTerms calldata terms) external;
    /// @notice Set a year of a calendar. Only risk officers. Once products use the calendar, a year is set anew before the
    /// last business day ahead of it, so that no due date moves into the past or away from today. A year not set is closed at weekends.
    /// @param low Days 0-255 of the year, one bit each. @param high The rest.
    function setCalendarYear(uint16 calendar, uint16 year, uint256 low, uint256 high) external;

    // ---------------------------------------------------------------- rates
    /// @notice Fix a reference rate on a day after its last fixing, at the latest today. Only risk officers and data providers.
    function setFixing(uint16 index, uint24 day, int40 value) external;
    /// @notice Give a loan the rate of its index on the first day, a whole number of repricing periods from the start, that lies
    /// after its last repricing and on or after the day interest has accrued to; at most the product's largest rate. Where interest
    /// has accrued beyond such a day, its rate holds from the day accrued to: a payment delays a new rate, and cannot avert it.
    /// Anyone.
    function reprice(LoanId loanId) external;

    // ---------------------------------------------------------------- term sheets
    /// @notice Bring the signature of the customer's account under the term sheet of an application. Anyone.
    function signTermSheet(LoanId loanId, bytes calldata signature) external;

    // ---------------------------------------------------------------- views
    /// @return The product's terms.
    function productOf(uint16 product) external view returns (ILoanBook.Product memory);
    /// @return The days past due from which special mention, substandard, doubtful and loss hold on a day.
    function categoryTableOn(uint24 day) external view returns (uint16, uint16, uint16, uint16);
    /// @return How loans of a product are served.
    function servicingOf(uint16 product) external view returns (ServicingTerms memory);
    /// @return Whether a calendar's bank is open on a day.
    function isBusinessDay(uint16 calendar, uint24 day) external view returns (bool);
    /// @return low The two words of a calendar's year, and whether it was set.
    function calendarYearOf(uint16 calendar, uint16 year) external view returns (uint256 low, uint256 high, bool isSet);
    /// @return The day that an instalment of a loan falls due on, on a business day; zero where there is none.
    function dueDateOf(LoanId loanId, uint16 instalment) external view returns (uint24);
    /// @return day The day of the fixing in force on a day, and its value.
    function fixingOn(uint16 index, uint24 on) external view returns (uint24 day, int40 value);
    /// @return document The hash of the document an application named, where its product is signed for.
    /// @return isSigned Whether the customer's account has signed.
    function signatureOf(LoanId loanId) external view returns (bytes32 document, bool isSigned);
    /// @return What the customer's account must sign, while the application or approval stands; zero where nothing.
    function digestOf(LoanId loanId) external view returns (bytes32);
}
