// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {Category, ClassificationReason, DefaultTrigger, LoanState} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {CLASSIFY, CURE, DECLARE_DEFAULT} from "../types/LoanActs.sol";
import {CategoryTable, Position} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Terms} from "./Terms.sol";

/// @dev Overdue and default.
library Quality {
    using Books for Ledger;
    using LoanMath for Position;
    using Terms for Ledger;

    /// @dev Default by days means more than this many on the oldest obligation.
    uint256 private constant DEFAULT_DAYS = 90;

    function classify(Ledger storage l, uint64 id, uint24 today, uint16 lastTable) external {
        Position memory p = l.load(id);
        Books.check(id, p, CLASSIFY);
        _classify(l, id, p, today, l.tableOn(lastTable, today));
    }

    function classifyInBatch(Ledger storage l, LoanId[] calldata loanIds, uint24 today, uint16 lastTable) external {
        CategoryTable memory table = l.tableOn(lastTable, today);
        for (uint256 i; i < loanIds.length; ++i) {
            uint64 id = Books.raw(loanIds[i]);
            Position memory p = l.load(id);
            // A loan closed since the batch was made up is no reason to lose the others.
            if (Books.isLive(p)) _classify(l, id, p, today, table);
        }
    }

    /// @dev By days past due; while in default it only gets worse.
    function _classify(Ledger storage l, uint64 id, Position memory p, uint24 today, CategoryTable memory table) private {
        l.passOverdue(id, p, today);
        uint256 category = Terms.categoryBy(table, Books.daysPastDue(p, today));
        if (p.state == LoanState.Defaulted) category = FixedPointMathLib.max(category, p.category);
        _setCategory(l, id, p, category, ClassificationReason.DaysPastDue, today);
    }

    /// @dev Write the loan back, with the category told where it changed.
    function _setCategory(
        Ledger storage l, uint64 id, Position memory p, uint256 category, ClassificationReason reason, uint24 today
    ) private {
        uint256 previous = p.category;
        p.category = category;
        l.store(id, p);
        if (category == previous) return;
        emit ILoanBook.LoanClassified(
            id, uint8(category), uint8(previous), Books.daysPastDue(p, today), uint8(reason), today
        );
    }

    function declareDefault(
        Ledger storage l, Wiring memory w, uint64 id, DefaultTrigger trigger, uint24 today, uint16 lastTable, PersonId person
    ) external {
        Position memory p = l.load(id);
        Books.check(id, p, DECLARE_DEFAULT);
        l.passOverdue(id, p, today);
        uint24 daysPastDue = Books.daysPastDue(p, today);
        if (trigger == DefaultTrigger.DaysPastDue && daysPastDue <= DEFAULT_DAYS) {
            revert ILoanBook.LoanBook_NotInDefault(id, daysPastDue);
        }
        if (trigger == DefaultTrigger.Covenant) _checkBreach(w, id, p, today, daysPastDue);
        p.state = LoanState.Defaulted;
        uint256 category = FixedPointMathLib.max(Terms.categoryBy(l.tableOn(lastTable, today), daysPastDue), p.category);
        category = FixedPointMathLib.max(category, uint256(Category.Substandard));
        _setCategory(l, id, p, category, ClassificationReason.Default, today);
        emit ILoanBook.LoanDefaulted(
            id, uint8(trigger), daysPastDue, today, uint128(p.principal), uint128(p.interestDue), PersonId.unwrap(person)
        );
        announce(w, id, p);
    }

    /// @dev A covenant is a default where its notice ran out and nobody cured it.
    function _checkBreach(Wiring memory w, uint64 id, Position memory p, uint24 today, uint24 daysPastDue) private view {
        if (!w.covenants.breachOf(CustomerId.wrap(uint32(p.customer)), uint16(p.product), today)) {
            revert ILoanBook.LoanBook_NotInDefault(id, daysPastDue);
        }
    }

    function cure(Ledger storage l, Wiring memory w, uint64 id, uint24 today, PersonId person) external {
        Position memory p = l.load(id);
        Books.check(id, p, CURE);
        l.passOverdue(id, p, today);
        if (p.due() != 0) revert ILoanBook.LoanBook_InArrears(id, uint24(p.oldestDue));
        p.state = LoanState.Active;
        _setCategory(l, id, p, uint256(Category.Pass), ClassificationReason.Cured, today);
        emit ILoanBook.LoanCured(id, today, PersonId.unwrap(person));
        announce(w, id, p);
    }

    function announce(Ledger storage l, Wiring memory w, uint64 id) external {
        announce(w, id, l.load(id));
    }

    /// @dev Closed means that nothing is owed and nothing can be drawn; a written-off claim keeps liens and guarantees.
    function announce(Wiring memory w, uint64 id, Position memory p) internal {
        bool closed = p.state == LoanState.Repaid || p.state == LoanState.Denied || p.state == LoanState.Lapsed;
        bool inDefault = p.state == LoanState.Defaulted || p.state == LoanState.WrittenOff;
        emit ILoanBook.StandingAnnounced(id, closed, inDefault);
        w.collateral.markClosed(LoanId.wrap(id), closed);
        w.guarantees.markLoan(LoanId.wrap(id), closed, inDefault);
    }
}
