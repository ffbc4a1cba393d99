// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanQuality} from "../../interfaces/ILoanQuality.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {Penalty} from "../libraries/Penalty.sol";
import {CareWord, Floor} from "../types/CareWord.sol";
import {Category, LoanState} from "../types/Enums.sol";
import {CustomerId} from "../types/Ids.sol";
import {Position} from "../types/LoanStorage.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev Loans as seen from outside, now and at a value date.
library LoanViews {
    using Books for Ledger;
    using LoanMath for Position;
    using Penalty for Position;

    function loanOf(Ledger storage l, uint64 id) external view returns (ILoanBook.Loan memory) {
        return _shown(l.load(id));
    }

    function preview(Ledger storage l, uint64 id, uint256 day) external view returns (ILoanBook.Loan memory) {
        return _shown(at(l, id, day));
    }

    function payoff(Ledger storage l, uint64 id, uint256 day) external view returns (uint128) {
        Position memory p = at(l, id, day);
        return Books.isLive(p) ? uint128(p.payoff()) : 0;
    }

    /// @dev All that is owed under a loan: what a guarantor may be asked for, and what a lien secures. No fee for paying early.
    function claim(Position memory p) internal pure returns (uint256) {
        return p.writtenOff + p.principal + p.due() - p.principalDue + p.accruedUp();
    }

    function claimOf(Ledger storage l, uint64 id, uint256 day)
        external
        view
        returns (CustomerId customer, bool inDefault, uint128 owed)
    {
        if (l.terms[id] == 0) return (customer, false, 0);
        Position memory p = at(l, id, day);
        customer = CustomerId.wrap(uint32(p.customer));
        if (p.start == 0) return (customer, false, 0); // before the first drawdown the accrual's bits hold maker and purpose
        return (customer, p.state == LoanState.Defaulted || p.state == LoanState.WrittenOff, uint128(claim(p)));
    }

    function careOf(Ledger storage l, uint64 id) external view returns (ILoanQuality.Care memory shown) {
        CareWord care = l.load(id).care;
        shown.penaltyAccrued = care.penaltyAccrued();
        shown.misused = uint128(care.misused());
        shown.judgement = Category(care.floorOf(Floor.Judgement));
        shown.contagion = Category(care.floorOf(Floor.Contagion));
        shown.expectedLoss = Category(care.floorOf(Floor.ExpectedLoss));
        shown.restructured = Category(care.floorOf(Floor.Restructured));
        shown.observedUntil = uint24(care.observedUntil());
        shown.observedPayments = uint8(care.observedPayments());
        shown.restructurings = uint8(care.restructurings());
        shown.repricedOn = uint24(care.repricedOn());
        shown.called = care.isCalled();
        shown.uncovered = uint128(care.uncovered());
        shown.technicalDelay = l.exempted[id];
    }

    /// @dev As it would stand on a day, with no payment in between.
    function at(Ledger storage l, uint64 id, uint256 day) internal view returns (Position memory p) {
        p = l.load(id);
        if (!Books.isLive(p)) return p;
        Books.checkDay(id, p, day);
        for (uint256 due = l.nextDue(p); due != 0 && due <= day; due = l.nextDue(p)) {
            (uint256 principal, uint256 interest) = p.fallDue(due);
            if (p.oldestDue == 0 && principal + interest != 0) p.oldestDue = due;
        }
        p.accrue(day);
        p.fallDuePenalty();
    }

    function _shown(Position memory p) private pure returns (ILoanBook.Loan memory loan) {
        loan.customer = CustomerId.wrap(uint32(p.customer));
        loan.product = uint16(p.product);
        (loan.industry, loan.region) = (p.industry, p.region);
        loan.rate = int40(uint40(p.rate));
        (loan.start, loan.maturity) = (uint24(p.start), uint24(p.maturity));
        (loan.state, loan.category) = (p.state, Category(p.category));
        loan.instalment = uint16(p.instalment);
        (loan.principal, loan.undrawn) = (uint128(p.principal), uint128(p.undrawn));
        // Before the first drawdown the accrual's bits hold maker and purpose.
        loan.accrued = p.start == 0 ? 0 : p.accrued;
        loan.accruedThrough = uint24(p.accruedThrough);
        loan.postings = uint16(p.postings);
        loan.instalmentAmount = uint128(p.instalmentAmount);
        (loan.principalDue, loan.interestDue) = (uint128(p.principalDue), uint128(p.interestDue));
        loan.oldestDue = uint24(p.oldestDue);
        (loan.penaltyDue, loan.feeDue) = (uint128(p.penaltyDue), uint128(p.feeDue));
        loan.writtenOff = uint128(p.writtenOff);
        loan.penaltyAccrued = p.care.penaltyAccrued();
        loan.availableUntil = p.state == LoanState.Applied ? 0 : uint24(p.availableUntil);
    }
}
