// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {BusinessDays} from "../libraries/BusinessDays.sol";
import {BusinessDayRule, DefaultTrigger} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {ProductWord} from "../types/ProductWord.sol";
import {ServicingTerms, pack, unpack} from "../types/ServicingTerms.sol";
import {ServicingWord} from "../types/ServicingWord.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev How loans of a product are served, and the calendars that their due dates go by.
library ServiceTerms {
    using Books for Ledger;
    using BusinessDays for mapping(uint256 => uint256);

    /// @dev Longer grace would outlast the 90 days after which a debtor is in default.
    uint8 private constant MOST_GRACE = 90;
    uint32 private constant MOST_MARKUP = 1e9;
    uint32 private constant MOST_FEE = 1e8;
    int32 private constant MOST_SPREAD = 1e9;
    uint16 private constant MOST_DEFAULT_DAYS = 360;
    uint8 private constant KNOWN_TRIGGERS = uint8((2 << uint8(DefaultTrigger.Covenant)) - 1);
    uint16 private constant LAST_CURRENCY = 999;
    uint16 private constant FIRST_YEAR = 1971;
    uint16 private constant LAST_YEAR = 2149;

    // ------------------------------------------------------------------ servicing
    function setServicing(Ledger storage l, uint16 product, ServicingTerms calldata terms, PersonId person) external {
        ProductWord plain = l.product(product);
        if (l.servicing[product].isSet()) revert ILoanTerms.LoanBook_ServicingAlreadySet(product);
        ServicingTerms memory t = terms;
        _checkDays(t);
        _checkMoney(t);
        _checkDefault(t);
        _checkCurrency(l.currency, t.currency);
        l.currency = t.currency;
        if (t.businessDayRule != 0) l.closed.markUsed(t.calendar);
        l.servicing[product] = pack(t);
        l.products[product] = plain.withServed();
        _tell(product, t, person);
    }

    function _checkDays(ServicingTerms memory t) private pure {
        uint8 last = uint8(BusinessDayRule.Preceding);
        if (t.businessDayRule > last) revert ILoanTerms.LoanBook_BusinessDayRuleUnknown(t.businessDayRule, last);
        if (t.businessDayRule == 0 && t.calendar != 0) revert ILoanTerms.LoanBook_CalendarWithoutRule(t.calendar);
        if (t.graceDays > MOST_GRACE) revert ILoanTerms.LoanBook_GraceInvalid(t.graceDays, MOST_GRACE);
        uint8 m = t.repriceMonths;
        bool known = m == 0 || m == 1 || m == 3 || m == 6 || m == 12;
        if (!known || (m != 0 && t.index == 0)) revert ILoanTerms.LoanBook_RepricingInvalid(t.index, m);
    }

    function _checkMoney(ServicingTerms memory t) private pure {
        uint32 markup = t.overdueMarkup > t.misuseMarkup ? t.overdueMarkup : t.misuseMarkup;
        if (markup > MOST_MARKUP) revert ILoanTerms.LoanBook_MarkupInvalid(markup, MOST_MARKUP);
        uint32 fee = t.prepaymentFee > t.drawingFee ? t.prepaymentFee : t.drawingFee;
        if (fee > MOST_FEE) revert ILoanTerms.LoanBook_FeeRateInvalid(fee, MOST_FEE);
        bool far = t.spread > MOST_SPREAD || t.spread < -MOST_SPREAD;
        if (far || (t.spread != 0 && t.index == 0)) {
            revert ILoanTerms.LoanBook_SpreadInvalid(t.index, t.spread, MOST_SPREAD);
        }
    }

    function _checkDefault(ServicingTerms memory t) private pure {
        if (t.triggers == 0 || t.triggers > KNOWN_TRIGGERS) {
            revert ILoanTerms.LoanBook_TriggersInvalid(t.triggers, KNOWN_TRIGGERS);
        }
        bool byDays = t.triggers & (1 << uint8(DefaultTrigger.DaysPastDue)) != 0;
        if (byDays != (t.defaultDays != 0) || t.defaultDays > MOST_DEFAULT_DAYS) {
            revert ILoanTerms.LoanBook_DefaultDaysInvalid(t.defaultDays, MOST_DEFAULT_DAYS);
        }
    }

    function _checkCurrency(uint16 book, uint16 currency) private pure {
        if (currency == 0 || currency > LAST_CURRENCY) revert ILoanTerms.LoanBook_CurrencyInvalid(currency);
        if (book != 0 && book != currency) revert ILoanTerms.LoanBook_CurrencyDiffers(currency, book);
    }

    /// @dev ServicingSet: the words of the struct, of which every field is a word in memory, and the person.
    function _tell(uint16 product, ServicingTerms memory t, PersonId person) private {
        uint256[18] memory words;
        bytes32 topic = ILoanTerms.ServicingSet.selector;
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, 0x220) { i := add(i, 0x20) } { mstore(add(words, i), mload(add(t, i))) }
            mstore(add(words, 0x220), person)
            log2(words, 0x240, topic, product)
        }
    }

    function servicingOf(Ledger storage l, uint16 product) external view returns (ServicingTerms memory) {
        ServicingWord word = l.servicing[product];
        if (!word.isSet()) revert ILoanTerms.LoanBook_ServicingMissing(product);
        return unpack(word);
    }

    // ------------------------------------------------------------------ calendars
    function setCalendarYear(
        Ledger storage l, uint16 calendar, uint16 year, uint256 low, uint256 high, uint256 today, PersonId person
    ) external {
        if (year < FIRST_YEAR || year > LAST_YEAR) {
            revert ILoanTerms.LoanBook_YearOutOfRange(year, FIRST_YEAR, LAST_YEAR);
        }
        if (!BusinessDays.isYear(year, high)) revert ILoanTerms.LoanBook_CalendarInvalid(calendar, year);
        if (l.closed.isUsed(calendar)) _checkNotBegun(l, calendar, year, today);
        l.closed.setYear(calendar, year, low, high);
        uint256 longest = l.closed.longestClosed(calendar, year);
        if (longest > BusinessDays.FURTHEST) {
            revert ILoanTerms.LoanBook_ClosedTooLong(calendar, year, uint16(longest), uint16(BusinessDays.FURTHEST));
        }
        emit ILoanTerms.CalendarYearSet(calendar, year, bytes32(low), bytes32(high), PersonId.unwrap(person));
    }

    /// @dev A due date of a year can go back to the last business day before it, and no further.
    function _checkNotBegun(Ledger storage l, uint16 calendar, uint16 year, uint256 today) private view {
        uint256 last = l.closed.before(calendar, DateTimeLib.dateToEpochDay(year, 1, 1) - 1);
        if (today >= last) revert ILoanTerms.LoanBook_CalendarYearBegun(calendar, year, uint24(last));
    }

    function calendarYearOf(Ledger storage l, uint16 calendar, uint16 year) external view returns (uint256, uint256, bool) {
        return l.closed.yearOf(calendar, year);
    }

    function isBusinessDay(Ledger storage l, uint16 calendar, uint24 day) external view returns (bool) {
        return l.closed.isOpen(calendar, day);
    }

    function dueDateOf(Ledger storage l, uint64 id, uint16 instalment) external view returns (uint24) {
        return instalment == 0 ? 0 : uint24(l.dueDate(l.load(id), instalment));
    }
}
