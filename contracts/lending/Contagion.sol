// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanQuality} from "../../interfaces/ILoanQuality.sol";
import {Floor} from "../types/CareWord.sol";
import {Category, ClassificationReason, CustomerKind, Dimension, LoanState} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {SHOW_QUALITY} from "../types/LoanActs.sol";
import {CategoryTable, Position} from "../types/LoanStorage.sol";
import {Books, Ledger, SystemDebt, Wiring} from "./Ledger.sol";
import {Quality} from "./Quality.sol";
import {Terms} from "./Terms.sol";

/// @dev What a debtor's other debt says of its loans. Nothing is searched: whoever calls shows the loans that prove it, and the
/// customer's exposure, which the credit policy keeps, tells what part they are.
library Contagion {
    using Books for Ledger;
    using Terms for Ledger;

    /// @dev A debtor on a day.
    struct Debtor {
        uint32 customer;
        uint24 today;
        uint256 exposure; // principal of all its loans
        CategoryTable table;
    }

    // ------------------------------------------------------------------ this bank
    /// @dev More than a tenth is non-performing.
    function spread(
        Ledger storage l, Wiring calldata w, CustomerId customer, LoanId[] calldata bad, LoanId[] calldata targets, uint24 today,
        uint16 lastTable
    ) external {
        Debtor memory d = _debtor(l, w, customer, today, lastTable);
        uint256 part = _shown(l, d, bad, true);
        if (part * 10 <= d.exposure) {
            revert ILoanQuality.LoanQuality_NoContagion(d.customer, uint128(part), uint128(d.exposure));
        }
        emit ILoanQuality.ContagionFound(d.customer, false, uint128(part), uint128(d.exposure), d.today);
        _bind(l, d, targets, uint256(Category.Substandard));
    }

    /// @dev At least nine tenths perform, so that at most one does not; and the other banks say no more either.
    function lift(
        Ledger storage l, Wiring calldata w, CustomerId customer, LoanId[] calldata good, LoanId[] calldata targets, uint24 today,
        uint16 lastTable
    ) external {
        Debtor memory d = _debtor(l, w, customer, today, lastTable);
        SystemDebt memory debt = l.systemDebts[d.customer];
        if (_isLong(debt)) revert ILoanQuality.LoanQuality_ContagionStands(d.customer, debt.overdue, debt.total);
        uint256 part = _shown(l, d, good, false);
        if (part * 10 < d.exposure * 9) {
            revert ILoanQuality.LoanQuality_ContagionStands(d.customer, uint128(part), uint128(d.exposure));
        }
        emit ILoanQuality.ContagionEnded(d.customer, uint128(part), uint128(d.exposure), d.today);
        _bind(l, d, targets, uint256(Category.None));
    }

    /// @dev Natural persons and retail pools are judged loan by loan.
    function _debtor(Ledger storage l, Wiring calldata w, CustomerId customer, uint24 today, uint16 lastTable)
        private
        view
        returns (Debtor memory)
    {
        uint32 number = CustomerId.unwrap(customer);
        CustomerKind kind = w.customers.customerOf(customer).kind;
        if (kind == CustomerKind.Person || kind == CustomerKind.RetailPool) {
            revert ILoanQuality.LoanQuality_Retail(number, uint8(kind));
        }
        uint256 exposure = w.policy.bucketOf(uint8(Dimension.Customer), number).exposure;
        return Debtor(number, today, exposure, l.tableOn(lastTable, today));
    }

    /// @dev Principal of distinct loans of the debtor, each of which is non-performing, or performs, as told. They are
    /// classified by the way, so that what is proven is on record.
    function _shown(Ledger storage l, Debtor memory d, LoanId[] calldata loans, bool bad) private returns (uint256 sum) {
        uint64 previous;
        for (uint256 i; i < loans.length; ++i) {
            uint64 id = Books.raw(loans[i]);
            if (id <= previous) revert ILoanQuality.LoanQuality_NotAscending(id, previous);
            previous = id;
            Position memory p = _load(l, d, id);
            Books.check(id, p, SHOW_QUALITY);
            Quality.classifyLoaded(l, id, p, d.today, d.table);
            bool found = _isNonPerforming(l, id, p, d);
            if (bad && !found) revert ILoanQuality.LoanQuality_Performing(id);
            if (!bad && found) revert ILoanQuality.LoanQuality_NonPerforming(id);
            sum += p.principal;
        }
    }

    /// @dev By its own right: whatever the debtor's other loans are. The loan is stored; its floor is dropped in memory only.
    function _isNonPerforming(Ledger storage l, uint64 id, Position memory p, Debtor memory d) private view returns (bool) {
        if (p.state == LoanState.Defaulted) return true;
        p.care = p.care.withFloor(Floor.Contagion, uint256(Category.None));
        (uint256 category,) = Quality.standing(p, d.table, Quality.countedDays(l, id, p, d.today));
        return category >= uint256(Category.Substandard);
    }

    /// @dev Where no floor changes there is nothing to tell.
    function _bind(Ledger storage l, Debtor memory d, LoanId[] calldata targets, uint256 category) private {
        bool changed;
        for (uint256 i; i < targets.length; ++i) {
            uint64 id = Books.raw(targets[i]);
            Position memory p = _load(l, d, id);
            uint256 previous = p.care.floorOf(Floor.Contagion);
            if (previous == category || !Books.isLive(p)) continue;
            changed = true;
            l.passOverdue(id, p, d.today);
            p.care = p.care.withFloor(Floor.Contagion, category);
            Quality.settle(l, id, p, d.today, d.table, ClassificationReason.Contagion);
            emit ILoanQuality.FloorSet(id, uint8(Floor.Contagion), uint8(category), uint8(previous), d.today, 0, 0, 0);
        }
        if (!changed) revert ILoanQuality.LoanQuality_FloorsUnchanged(d.customer, uint8(category));
    }

    function _load(Ledger storage l, Debtor memory d, uint64 id) private view returns (Position memory p) {
        p = l.load(id);
        if (p.customer != d.customer) revert ILoanQuality.LoanQuality_OtherCustomer(id, d.customer);
    }

    // ------------------------------------------------------------------ all banks
    function report(
        Ledger storage l, Wiring calldata w, CustomerId customer, uint128 total, uint128 overdue, uint24 asOf, uint24 today,
        PersonId person
    ) external {
        w.customers.customerOf(customer); // reverts for an unknown one
        uint32 number = CustomerId.unwrap(customer);
        if (overdue > total || total > type(uint104).max) revert ILoanQuality.LoanQuality_DebtInvalid(number, overdue, total);
        uint24 earliest = l.systemDebts[number].asOf;
        if (asOf == 0 || asOf < earliest || asOf > today) {
            revert ILoanQuality.LoanQuality_ReportOutOfOrder(number, asOf, earliest, today);
        }
        l.systemDebts[number] = SystemDebt(uint104(total), uint104(overdue), asOf);
        emit ILoanQuality.SystemDebtReported(number, total, overdue, asOf, today, PersonId.unwrap(person));
    }

    function spreadFromOtherBanks(
        Ledger storage l, Wiring calldata w, CustomerId customer, LoanId[] calldata targets, uint24 today, uint16 lastTable
    ) external {
        Debtor memory d = _debtor(l, w, customer, today, lastTable);
        SystemDebt memory debt = l.systemDebts[d.customer];
        if (!_isLong(debt)) revert ILoanQuality.LoanQuality_NoContagion(d.customer, debt.overdue, debt.total);
        emit ILoanQuality.ContagionFound(d.customer, true, debt.overdue, debt.total, d.today);
        _bind(l, d, targets, uint256(Category.Substandard));
    }

    /// @dev More than a fifth is long overdue.
    function _isLong(SystemDebt memory debt) private pure returns (bool) {
        return uint256(debt.overdue) * 5 > debt.total;
    }
}
