// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanQuality} from "../../interfaces/ILoanQuality.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {Floor} from "../types/CareWord.sol";
import {Category, ClassificationReason, DefaultTrigger, LoanState} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {CLASSIFY, CURE, DECLARE_CROSS_DEFAULT, DECLARE_DEFAULT} from "../types/LoanActs.sol";
import {CategoryTable, MAX_DAY, Position} from "../types/LoanStorage.sol";
import {Acceleration} from "./Acceleration.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Terms} from "./Terms.sol";

/// @dev Classification, default and cure. A loan's category is the worst of the one by days past due and of its floors; while
/// it is in default it only gets worse.
library Quality {
    using Books for Ledger;
    using LoanMath for Position;
    using Terms for Ledger;

    /// @dev Default by days means more than this many on the oldest obligation, where the product names no other number.
    uint256 private constant DEFAULT_DAYS = 90;
    /// @dev A delay with a technical reason counts from the day after this many.
    uint256 internal constant TECHNICAL_DAYS = 7;
    /// @dev A loan under observation that is seen overdue is observed for this long from then.
    int256 private constant OBSERVED_MONTHS = 12;

    // ------------------------------------------------------------------ classification
    function classify(Ledger storage l, uint64 id, uint24 today, uint16 lastTable) external {
        Position memory p = l.load(id);
        Books.check(id, p, CLASSIFY);
        classifyLoaded(l, id, p, today, l.tableOn(lastTable, today));
    }

    function classifyInBatch(Ledger storage l, LoanId[] calldata loanIds, uint24 today, uint16 lastTable) external {
        CategoryTable memory table = l.tableOn(lastTable, today);
        for (uint256 i; i < loanIds.length; ++i) {
            uint64 id = Books.raw(loanIds[i]);
            Position memory p = l.load(id);
            // A loan closed since the batch was made up is no reason to lose the others.
            if (Books.isLive(p)) classifyLoaded(l, id, p, today, table);
        }
    }

    /// @dev Floors change by acts that settle the category at once, so what makes it better here is days past due.
    function classifyLoaded(Ledger storage l, uint64 id, Position memory p, uint24 today, CategoryTable memory table) internal {
        l.passOverdue(id, p, today);
        settle(l, id, p, today, table, ClassificationReason.DaysPastDue);
    }

    /// @dev Classify a loan whose due dates have passed, and write it back. Where the category gets better, the reason is the
    /// act's; where it gets worse, what decided.
    function settle(
        Ledger storage l, uint64 id, Position memory p, uint24 today, CategoryTable memory table, ClassificationReason act
    ) internal {
        uint256 late = countedDays(l, id, p, today);
        bool anew = late != 0 && p.care.observedUntil() != 0 && _observeAnew(p, today);
        (uint256 category, ClassificationReason decided) = standing(p, table, late);
        if (p.state == LoanState.Defaulted) category = FixedPointMathLib.max(category, p.category);
        _setCategory(l, id, p, category, category < p.category ? act : decided, today);
        if (anew) emit ILoanQuality.ObservationRestarted(id, uint24(p.care.observedUntil()), today);
    }

    /// @dev Days past due as the category counts them: none while a delay has a technical reason and is short.
    function countedDays(Ledger storage l, uint64 id, Position memory p, uint256 today) internal view returns (uint256 late) {
        late = Books.daysPastDue(p, today);
        if (late != 0 && late <= TECHNICAL_DAYS && l.exempted[id] == p.oldestDue) return 0;
    }

    /// @dev The category that days past due and floors give, and which of them decides.
    function standing(Position memory p, CategoryTable memory table, uint256 late)
        internal
        pure
        returns (uint256 category, ClassificationReason reason)
    {
        category = Terms.categoryBy(table, late);
        (uint256 least, Floor floor) = p.care.worstFloor();
        if (least > category) (category, reason) = (least, reasonOf(floor));
    }

    function reasonOf(Floor floor) internal pure returns (ClassificationReason) {
        if (floor == Floor.Judgement) return ClassificationReason.Judgement;
        if (floor == Floor.Contagion) return ClassificationReason.Contagion;
        return floor == Floor.ExpectedLoss ? ClassificationReason.ExpectedLoss : ClassificationReason.Restructured;
    }

    function _observeAnew(Position memory p, uint256 today) private pure returns (bool) {
        uint256 until = FixedPointMathLib.min(Calendar.addMonths(today, OBSERVED_MONTHS), MAX_DAY);
        until = FixedPointMathLib.max(until, p.care.observedUntil());
        if (until == p.care.observedUntil() && p.care.observedPayments() == 0) return false;
        p.care = p.care.withObservation(until, 0);
        return true;
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

    // ------------------------------------------------------------------ default and cure
    function declareDefault(
        Ledger storage l, Wiring calldata w, uint64 id, DefaultTrigger trigger, uint24 today, uint16 lastTable, PersonId person
    ) external {
        // A cross default names the other loan.
        if (trigger == DefaultTrigger.CrossDefault) revert ILoanQuality.LoanQuality_NoCrossDefault(id, 0);
        Position memory p = l.load(id);
        Books.check(id, p, DECLARE_DEFAULT);
        _declareDefault(l, w, id, p, trigger, today, lastTable, person);
    }

    function declareCrossDefault(
        Ledger storage l, Wiring calldata w, uint64 id, uint64 other, uint24 today, uint16 lastTable, PersonId person
    ) external {
        Position memory p = l.load(id);
        Books.check(id, p, DECLARE_CROSS_DEFAULT);
        Position memory o = l.load(other);
        bool inDefault = o.state == LoanState.Defaulted || o.state == LoanState.WrittenOff;
        if (id == other || !inDefault || !_isConnected(w, p.customer, o.customer)) {
            revert ILoanQuality.LoanQuality_NoCrossDefault(id, other);
        }
        _declareDefault(l, w, id, p, DefaultTrigger.CrossDefault, today, lastTable, person);
        emit ILoanQuality.CrossDefaultNamed(id, other, today);
    }

    function _isConnected(Wiring calldata w, uint256 one, uint256 other) private view returns (bool) {
        if (one == other) return true;
        return w.customers.nodeOf(CustomerId.wrap(uint32(one))) == w.customers.nodeOf(CustomerId.wrap(uint32(other)));
    }

    function _declareDefault(
        Ledger storage l, Wiring calldata w, uint64 id, Position memory p, DefaultTrigger trigger, uint24 today, uint16 lastTable,
        PersonId person
    ) private {
        l.passOverdue(id, p, today);
        uint24 daysPastDue = Books.daysPastDue(p, today);
        _checkTrigger(w, id, p, trigger, daysPastDue, today);
        p.state = LoanState.Defaulted;
        (uint256 category,) = standing(p, l.tableOn(lastTable, today), daysPastDue);
        category = FixedPointMathLib.max(FixedPointMathLib.max(category, p.category), uint256(Category.Substandard));
        _setCategory(l, id, p, category, ClassificationReason.Default, today);
        emit ILoanBook.LoanDefaulted(
            id, uint8(trigger), daysPastDue, today, uint128(p.principal), uint128(p.interestDue), PersonId.unwrap(person)
        );
        announce(w, id, p);
    }

    /// @dev What counts as default, the product says; without servicing terms everything does, and days from the 91st on.
    function _checkTrigger(
        Wiring calldata w, uint64 id, Position memory p, DefaultTrigger trigger, uint24 daysPastDue, uint24 today
    ) private view {
        uint256 agreed = p.servicing.triggers();
        if (agreed != 0 && (agreed >> uint256(trigger)) & 1 == 0) {
            revert ILoanQuality.LoanQuality_TriggerNotAgreed(id, uint8(trigger));
        }
        uint256 most = p.servicing.defaultDays();
        if (trigger == DefaultTrigger.DaysPastDue && daysPastDue <= (most == 0 ? DEFAULT_DAYS : most)) {
            revert ILoanBook.LoanBook_NotInDefault(id, daysPastDue);
        }
        if (trigger == DefaultTrigger.Covenant) _checkBreach(w, id, p, today, daysPastDue);
    }

    /// @dev A covenant is a default where its notice ran out and nobody cured it.
    function _checkBreach(Wiring calldata w, uint64 id, Position memory p, uint24 today, uint24 daysPastDue) private view {
        if (!w.covenants.breachOf(CustomerId.wrap(uint32(p.customer)), uint16(p.product), today)) {
            revert ILoanBook.LoanBook_NotInDefault(id, daysPastDue);
        }
    }

    function cure(Ledger storage l, Wiring calldata w, uint64 id, uint24 today, uint16 lastTable, PersonId person) external {
        Position memory p = l.load(id);
        Books.check(id, p, CURE);
        l.passOverdue(id, p, today);
        if (p.due() != 0) revert ILoanBook.LoanBook_InArrears(id, uint24(p.oldestDue));
        p.state = LoanState.Active;
        Acceleration.forget(l, id, p);
        settle(l, id, p, today, l.tableOn(lastTable, today), ClassificationReason.Cured);
        emit ILoanBook.LoanCured(id, today, PersonId.unwrap(person));
        announce(w, id, p);
    }

    // ------------------------------------------------------------------ standing told
    function announce(Ledger storage l, Wiring calldata w, uint64 id) external {
        announce(w, id, l.load(id));
    }

    /// @dev Closed means that nothing is owed and nothing can be drawn; a written-off claim keeps liens and guarantees. A sold
    /// loan's guarantees leave the book with it; its liens keep their rank and wait for the buyer's name.
    function announce(Wiring calldata w, uint64 id, Position memory p) internal {
        bool closed = p.state == LoanState.Repaid || p.state == LoanState.Denied || p.state == LoanState.Lapsed;
        bool inDefault = p.state == LoanState.Defaulted || p.state == LoanState.WrittenOff;
        bool sold = p.state == LoanState.Sold;
        emit ILoanBook.StandingAnnounced(id, closed || sold, inDefault);
        if (sold) w.collateral.markSold(LoanId.wrap(id));
        else w.collateral.markClosed(LoanId.wrap(id), closed);
        w.guarantees.markLoan(LoanId.wrap(id), closed || sold, inDefault);
    }
}
