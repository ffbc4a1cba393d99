// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {Category, LoanState} from "../types/Enums.sol";
import {CustomerId} from "../types/Ids.sol";
import {MAX_DAY, MAX_MONEY, MAX_RATE, Position} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Origination} from "./Origination.sol";

/// @dev The opening book: loans recorded as they stood. Interest accrues from the day of the import.
library OpeningBook {
    using Books for Ledger;
    using LoanMath for Position;

    function importLoans(
        Ledger storage l, Wiring memory w, uint32 importId, ILoanBook.ImportedLoan[] calldata rows, uint24 today
    ) external {
        uint256 known = w.customers.customers();
        for (uint256 i; i < rows.length; ++i) {
            uint32 customer = CustomerId.unwrap(rows[i].customer);
            if (customer == 0 || customer > known) revert ILoanBook.LoanBook_CustomerUnknown(customer);
            _import(l, w, importId, rows[i], today);
        }
    }

    function _import(Ledger storage l, Wiring memory w, uint32 importId, ILoanBook.ImportedLoan calldata row, uint24 today) private {
        uint64 id = idOf(row.externalRef);
        if (l.terms[id] != 0) revert ILoanBook.LoanBook_AlreadyImported(id);
        if (!_agrees(row, today)) revert ILoanBook.LoanBook_ImportInconsistent(id);
        Position memory p;
        p.customer = CustomerId.unwrap(row.customer);
        p.product = row.product;
        (p.industry, p.region) = (row.industry, row.region);
        (p.start, p.maturity) = (row.start, row.maturity);
        p.category = uint256(row.category);
        p.terms = Origination.flags(l.product(row.product), false);
        p.rate = uint40(row.rate);
        p.principal = row.outstanding;
        p.accruedThrough = today;
        p.instalment = p.dueDatesBefore(today);
        p.state = _stateOf(row);
        (p.principalDue, p.interestDue, p.oldestDue) = (row.principalDue, row.interestDue, row.oldestDue);
        p.writtenOff = row.writtenOff;
        if (p.principal != p.principalDue) p.fixInstalment();
        l.store(id, p);
        _tellImported(id, importId, row, today);
        _tellBalances(id, p, row);
        if (row.outstanding != 0) w.policy.add(Books.keys(p), row.outstanding);
    }

    /// @dev A row must not contradict itself: what was lent covers what is owed and was paid, arrears have a day, and past
    /// maturity all principal is due.
    function _agrees(ILoanBook.ImportedLoan calldata r, uint256 today) private pure returns (bool) {
        if (r.rate < 0 || uint40(r.rate) > MAX_RATE || r.start > today || r.maturity <= r.start) return false;
        if (r.maturity > MAX_DAY || r.originated == 0 || r.originated > MAX_MONEY) return false;
        if (uint256(r.outstanding) + r.principalPaid > r.originated) return false;
        if (r.principalDue > r.outstanding || r.interestDue > MAX_MONEY || r.writtenOff > MAX_MONEY) return false;
        bool arrears = r.principalDue != 0 || r.interestDue != 0;
        if (arrears != (r.oldestDue != 0) || r.oldestDue > today) return false;
        if (r.outstanding != 0 && r.category == Category.None) return false;
        return r.maturity >= today || r.principalDue == r.outstanding;
    }

    /// @dev Substandard and worse is in default; without principal, a loan is repaid or lives on as a claim.
    function _stateOf(ILoanBook.ImportedLoan calldata r) private pure returns (LoanState) {
        if (r.outstanding != 0 || r.interestDue != 0) {
            return r.category >= Category.Substandard ? LoanState.Defaulted : LoanState.Active;
        }
        return r.writtenOff != 0 ? LoanState.WrittenOff : LoanState.Repaid;
    }

    function _tellImported(uint64 id, uint32 importId, ILoanBook.ImportedLoan calldata r, uint24 today) private {
        emit ILoanBook.LoanImported(
            id, CustomerId.unwrap(r.customer), importId, r.externalRef, r.product, r.industry, r.region, r.purpose,
            r.sourceStatus, r.rate, r.start, r.maturity, today
        );
    }

    function _tellBalances(uint64 id, Position memory p, ILoanBook.ImportedLoan calldata r) private {
        emit ILoanBook.BalancesImported(
            id, uint8(p.state), uint8(r.category), r.oldestDue, r.originated, r.outstanding, r.principalPaid, r.interestPaid,
            r.feesPaid, r.writtenOff, r.principalDue, r.interestDue, uint128(p.instalmentAmount), uint16(p.instalment)
        );
    }

    function idOf(bytes32 externalRef) internal pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(externalRef)))) | (1 << 63);
    }
}
