// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {Category, DayCount, EarmarkMode, LoanType, Waterfall} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {CategoryTable, MAX_MONEY, MAX_RATE} from "../types/LoanStorage.sol";
import {ProductWord} from "../types/ProductWord.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev Products and the category table.
library Terms {
    using Books for Ledger;

    uint256 private constant LONGEST_TERM = 16_383;

    // ------------------------------------------------------------------ products
    function setProduct(Ledger storage l, uint16 product, ILoanBook.Product calldata terms, PersonId person) external {
        _checkProduct(terms);
        ProductWord word = _pack(terms);
        l.products[product] = l.products[product].isServed() ? word.withServed() : word;
        _tellProduct(product, terms, person);
    }

    function _pack(ILoanBook.Product calldata t) private pure returns (ProductWord) {
        return ProductWord.wrap(
            uint256(t.loanType) | (uint256(t.dayCount) << 8) | (uint256(t.waterfall) << 16) | (uint256(t.earmarkMode) << 24)
                | (uint256(t.cycleMonths) << 32) | (uint256(t.approvalDays) << 40) | (uint256(t.maxLoanToValue) << 56)
                | (uint256(t.maxAmount) << 88) | (uint256(t.maxTermDays) << 144) | (uint256(uint40(t.maxRate)) << 160)
        );
    }

    /// @dev Only a bullet may leave all its interest to maturity. Fields count from 0 in the order of ILoanBook.Product.
    function _checkProduct(ILoanBook.Product calldata t) private pure {
        _checkAmount(0, t.loanType, 0, uint8(type(LoanType).max));
        _checkAmount(1, t.dayCount, 0, uint8(type(DayCount).max));
        _checkAmount(2, t.waterfall, 0, uint8(type(Waterfall).max));
        _checkAmount(3, t.earmarkMode, 0, uint8(type(EarmarkMode).max));
        checkCycle(LoanType(t.loanType), t.cycleMonths);
        _checkAmount(7, t.maxAmount, 1, MAX_MONEY);
        _checkAmount(8, t.maxTermDays, 1, LONGEST_TERM);
        // A month counts a twelfth of 365 days.
        if (uint256(t.cycleMonths) * 365 / 12 > t.maxTermDays) {
            revert ILoanBook.LoanBook_CycleTooLong(t.cycleMonths, t.maxTermDays);
        }
        _checkField(9, t.maxRate, 0, int256(MAX_RATE));
    }

    function _checkAmount(uint8 field, uint256 value, uint256 least, uint256 most) private pure {
        _checkField(field, int256(value), int256(least), int256(most));
    }

    function _checkField(uint8 field, int256 value, int256 least, int256 most) private pure {
        if (value < least || value > most) revert ILoanBook.LoanBook_ProductTermInvalid(field, value, least, most);
    }

    /// @dev Months that due dates may be apart; without due dates all principal and interest falls due at maturity.
    function checkCycle(LoanType loanType, uint8 cycle) internal pure {
        bool known = cycle == 1 || cycle == 3 || cycle == 6 || cycle == 12;
        if (!known && (cycle != 0 || loanType != LoanType.Bullet)) {
            revert ILoanBook.LoanBook_ScheduleInvalid(uint8(loanType), cycle);
        }
    }

    /// @dev A cycle is no longer than the loan: counted from its first day, no due date but the last comes after maturity.
    function checkLife(uint8 cycle, uint256 start, uint256 maturity) internal pure {
        if (maturity - start >= uint256(cycle) * 31) return;
        if (Calendar.addMonths(start, int256(uint256(cycle))) > maturity) {
            revert ILoanBook.LoanBook_CycleTooLong(cycle, uint24(maturity - start));
        }
    }

    function _tellProduct(uint16 product, ILoanBook.Product calldata t, PersonId person) private {
        emit ILoanBook.ProductSet(
            product, t.loanType, t.dayCount, t.waterfall, t.earmarkMode, t.cycleMonths, t.approvalDays, t.maxLoanToValue,
            t.maxAmount, t.maxTermDays, t.maxRate, PersonId.unwrap(person)
        );
    }

    function productOf(Ledger storage l, uint16 product) external view returns (ILoanBook.Product memory) {
        ProductWord p = l.product(product);
        return ILoanBook.Product({
            loanType: p.loanType(),
            dayCount: p.dayCount(),
            waterfall: p.waterfall(),
            earmarkMode: uint8(p.earmarkMode()),
            cycleMonths: p.cycleMonths(),
            approvalDays: p.approvalDays(),
            maxLoanToValue: p.maxLoanToValue(),
            maxAmount: p.maxAmount(),
            maxTermDays: p.maxTermDays(),
            maxRate: int40(uint40(p.maxRate()))
        });
    }

    // ------------------------------------------------------------------ categories
    /// @param last Number of the last table, zero for none.
    function addTable(Ledger storage l, uint16 last, CategoryTable calldata t, uint24 earliest, PersonId person) external {
        if (last != 0 && l.categoryTables[last].effectiveFrom > earliest) earliest = l.categoryTables[last].effectiveFrom;
        if (t.effectiveFrom < earliest) revert ILoanBook.LoanBook_EffectiveDateInvalid(t.effectiveFrom, earliest);
        bool rises = t.specialMention != 0 && t.specialMention < t.substandard && t.substandard < t.doubtful;
        if (!rises || t.doubtful >= t.loss) {
            revert ILoanBook.LoanBook_CategoryTableInvalid(t.specialMention, t.substandard, t.doubtful, t.loss);
        }
        l.categoryTables[last + 1] = t;
        emit ILoanBook.CategoryTableSet(
            t.effectiveFrom, t.specialMention, t.substandard, t.doubtful, t.loss, PersonId.unwrap(person)
        );
    }

    /// @dev The table in force on a day: the last set that is effective by then.
    function tableOn(Ledger storage l, uint16 last, uint256 day) internal view returns (CategoryTable memory table) {
        for (uint16 i = last; i != 0; --i) {
            table = l.categoryTables[i];
            if (table.effectiveFrom <= day) return table;
        }
    }

    function categoryBy(CategoryTable memory table, uint256 daysPastDue) internal pure returns (uint256) {
        if (daysPastDue >= table.loss) return uint256(Category.Loss);
        if (daysPastDue >= table.doubtful) return uint256(Category.Doubtful);
        if (daysPastDue >= table.substandard) return uint256(Category.Substandard);
        return uint256(daysPastDue >= table.specialMention ? Category.SpecialMention : Category.Pass);
    }
}
