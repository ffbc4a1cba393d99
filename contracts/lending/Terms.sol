// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {Category, LoanType} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {CategoryTable, MAX_MONEY, MAX_RATE, StoredProduct} from "../types/LoanStorage.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev Products and the category table.
library Terms {
    using Books for Ledger;

    uint256 private constant LONGEST_TERM = 16_383;

    // ------------------------------------------------------------------ products
    function setProduct(Ledger storage l, uint16 product, ILoanBook.Product calldata terms, PersonId person) external {
        if (!_isSound(terms)) revert ILoanBook.LoanBook_ProductInvalid(product);
        l.products[product] = StoredProduct({
            loanType: terms.loanType,
            dayCount: terms.dayCount,
            waterfall: terms.waterfall,
            earmarkMode: terms.earmarkMode,
            cycleMonths: terms.cycleMonths,
            approvalDays: terms.approvalDays,
            maxLoanToValue: terms.maxLoanToValue,
            maxAmount: uint56(terms.maxAmount),
            maxTermDays: uint16(terms.maxTermDays),
            maxRate: uint32(uint40(terms.maxRate)),
            served: l.products[product].served
        });
        _tellProduct(product, terms, person);
    }

    /// @dev Only a bullet may leave all its interest to maturity.
    function _isSound(ILoanBook.Product calldata terms) private pure returns (bool) {
        uint8 cycle = terms.cycleMonths;
        bool cycleKnown = cycle == 1 || cycle == 3 || cycle == 6 || cycle == 12;
        if (!cycleKnown && (cycle != 0 || terms.loanType != LoanType.Bullet)) return false;
        if (terms.maxAmount == 0 || terms.maxAmount > MAX_MONEY) return false;
        if (terms.maxTermDays == 0 || terms.maxTermDays > LONGEST_TERM) return false;
        return terms.maxRate >= 0 && uint40(terms.maxRate) <= MAX_RATE;
    }

    function _tellProduct(uint16 product, ILoanBook.Product calldata t, PersonId person) private {
        emit ILoanBook.ProductSet(
            product, uint8(t.loanType), uint8(t.dayCount), uint8(t.waterfall), uint8(t.earmarkMode), t.cycleMonths,
            t.approvalDays, t.maxLoanToValue, t.maxAmount, t.maxTermDays, t.maxRate, PersonId.unwrap(person)
        );
    }

    function productOf(Ledger storage l, uint16 product) external view returns (ILoanBook.Product memory) {
        StoredProduct memory p = l.product(product);
        return ILoanBook.Product({
            loanType: p.loanType,
            dayCount: p.dayCount,
            waterfall: p.waterfall,
            earmarkMode: p.earmarkMode,
            cycleMonths: p.cycleMonths,
            approvalDays: p.approvalDays,
            maxLoanToValue: p.maxLoanToValue,
            maxAmount: p.maxAmount,
            maxTermDays: p.maxTermDays,
            maxRate: int40(uint40(p.maxRate))
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
