// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {Codes} from "../libraries/Codes.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanSchedule} from "../libraries/LoanSchedule.sol";
import {CareWord} from "../types/CareWord.sol";
import {Category, LoanState} from "../types/Enums.sol";
import {MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {ServicingWord} from "../types/ServicingWord.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Origination} from "./Origination.sol";
import {Tally, Totals} from "./Totals.sol";

/// @dev The opening book: loans recorded as they stood. Interest accrues from the day of the import. Rows come as packed
/// words, laid out so that most of them is stored as it came; ILoanBook.ImportedLoan tells the bits.
library OpeningBook {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using LoanSchedule for Position;
    using Totals for Ledger;

    uint256 private constant U48 = type(uint48).max;
    /// @dev Bits that a row leaves zero.
    uint256 private constant NO_TERMS = (uint256(0x3f) << 250) | (uint256(0x7fff) << 204);
    uint256 private constant NO_BALANCES = uint256(0xffff) << 240;
    uint256 private constant NO_ARREARS = ((uint256(1) << 94) - 1) << 94;

    /// @dev What the rows of a batch share.
    struct Batch {
        uint256 importId;
        uint256 known; // customers registered
        uint256 today;
        uint256 product; // the last row's, and its flags
        uint256 flags;
        ServicingWord servicing;
        uint256 codes; // the last row's industry and region, known to be codes
    }

    function importLoans(
        Ledger storage l, Wiring calldata w, uint32 importId, ILoanBook.ImportedLoan[] calldata rows, uint24 today
    ) external {
        Batch memory b = Batch(importId, w.customers.customers(), today, type(uint256).max, 0, ServicingWord.wrap(0), type(uint256).max);
        Position memory p;
        uint256[12] memory words;
        Tally memory tally;
        for (uint256 i; i < rows.length; ++i) {
            _import(l, w, b, rows[i], p, words);
            l.gather(tally, p);
        }
        l.flush(tally);
    }

    function _import(
        Ledger storage l, Wiring calldata w, Batch memory b, ILoanBook.ImportedLoan calldata row, Position memory p,
        uint256[12] memory words
    ) private {
        uint64 id = idOf(row.externalRef);
        if (l.terms[id] != 0) revert ILoanBook.LoanBook_AlreadyImported(id);
        _unpack(p, row);
        if (p.customer == 0 || p.customer > b.known) revert ILoanBook.LoanBook_CustomerUnknown(uint32(p.customer));
        _checkCodes(b, row, p);
        if (!_agrees(p, row, b.today)) revert ILoanBook.LoanBook_ImportInconsistent(id);
        if (p.product != b.product) {
            b.flags = LoanCodec.packFlags(l.product(uint16(p.product)), false);
            b.product = p.product;
            b.servicing = l.servicing[uint16(p.product)];
        }
        p.terms = b.flags;
        p.accruedThrough = b.today;
        p.servicing = b.servicing;
        p.instalment = p.dueDatesBefore(b.today);
        if (p.servicing.isSet()) _countShifted(l, p, b.today);
        if (p.principal != p.principalDue) p.fixInstalment();
        l.write(id, p);
        _tellImported(id, b, row, p, words);
        _tellBalances(id, row, p, words);
        if (p.principal != 0) w.policy.add(Books.keys(p), uint128(p.principal));
        if (p.servicing.isCovenanted() && Books.isLive(p)) Origination.enter(w, p);
    }

    /// @dev The due dates before a day where a business-day rule moves them.
    function _countShifted(Ledger storage l, Position memory p, uint256 day) private view {
        while (p.instalment != 0 && l.dueDate(p, p.instalment) >= day) --p.instalment;
        for (uint256 due = l.nextDue(p); due != 0 && due < day; due = l.nextDue(p)) ++p.instalment;
        // What is not told due is still to fall due, on whatever day the last instalment was moved to.
        if (p.principal != p.principalDue && p.instalment == p.instalments()) --p.instalment;
    }

    function _checkCodes(Batch memory b, ILoanBook.ImportedLoan calldata row, Position memory p) private pure {
        uint256 codes = (row.terms >> 48) & ((1 << 80) - 1);
        if (codes == b.codes) return;
        if (!Codes.isIndustry(p.industry) || !Codes.isRegion(p.region)) {
            revert ILoanBook.LoanBook_CodeInvalid(p.industry, p.region);
        }
        b.codes = codes;
    }

    /// @dev Fill a loan that is not yet stored.
    function _unpack(Position memory p, ILoanBook.ImportedLoan calldata row) private pure {
        p.unpackTerms(row.terms);
        p.unpackRunning(0);
        p.unpackDues(row.arrears);
        (p.wordA, p.wordC, p.instalmentAmount) = (0, 0, 0);
        (p.care, p.wordD, p.servicing) = (CareWord.wrap(0), CareWord.wrap(0), ServicingWord.wrap(0));
        p.principal = (row.balances >> 48) & U48;
        p.state = _stateOf(p);
    }

    /// @dev Substandard and worse is in default; without anything owed, a loan is repaid or lives on as a claim.
    function _stateOf(Position memory p) private pure returns (LoanState) {
        if (p.principal != 0 || p.interestDue != 0) {
            return p.category >= uint256(Category.Substandard) ? LoanState.Defaulted : LoanState.Active;
        }
        return p.writtenOff != 0 ? LoanState.WrittenOff : LoanState.Repaid;
    }

    /// @dev A row must not contradict itself: what was lent covers what is owed and was paid, arrears have a day, and past
    /// maturity all principal is due.
    function _agrees(Position memory p, ILoanBook.ImportedLoan calldata row, uint256 today) private pure returns (bool) {
        if ((row.terms & NO_TERMS) | (row.balances & NO_BALANCES) | (row.arrears & NO_ARREARS) != 0) return false;
        if (p.start == 0 || p.start > today || p.maturity <= p.start || p.category > uint256(Category.Loss)) return false;
        uint256 originated = row.balances & U48;
        if (originated == 0 || originated > MAX_MONEY) return false;
        if (p.principal + ((row.balances >> 96) & U48) > originated || p.principalDue > p.principal) return false;
        if ((p.principalDue + p.interestDue != 0) != (p.oldestDue != 0) || p.oldestDue > today) return false;
        if (p.category == uint256(Category.None) && p.state != LoanState.Repaid) return false;
        return p.maturity >= today || p.principalDue == p.principal;
    }

    /// @dev LoanImported, word by word in memory.
    function _tellImported(
        uint64 id, Batch memory b, ILoanBook.ImportedLoan calldata row, Position memory p, uint256[12] memory words
    ) private {
        words[0] = b.importId;
        words[1] = uint256(row.externalRef);
        words[2] = p.product;
        words[3] = uint256(bytes32(p.industry));
        words[4] = uint256(bytes32(p.region));
        words[5] = ((row.terms >> 172) & type(uint32).max) << 224;
        words[6] = (row.terms >> 164) & 0xff;
        words[7] = p.rate;
        words[8] = p.start;
        words[9] = p.maturity;
        words[10] = b.today;
        (bytes32 topic, uint256 customer) = (ILoanBook.LoanImported.selector, p.customer);
        assembly ("memory-safe") {
            log3(words, 0x160, topic, id, customer)
        }
    }

    /// @dev BalancesImported, word by word in memory.
    function _tellBalances(uint64 id, ILoanBook.ImportedLoan calldata row, Position memory p, uint256[12] memory words) private {
        uint256 balances = row.balances;
        words[0] = p.category;
        words[1] = p.oldestDue;
        words[2] = balances & U48;
        words[3] = p.principal;
        words[4] = (balances >> 96) & U48;
        words[5] = (balances >> 144) & U48;
        words[6] = (balances >> 192) & U48;
        words[7] = p.writtenOff;
        words[8] = p.principalDue;
        words[9] = p.interestDue;
        words[10] = p.instalmentAmount;
        words[11] = p.instalment;
        (bytes32 topic, uint256 state) = (ILoanBook.BalancesImported.selector, uint256(p.state));
        assembly ("memory-safe") {
            log3(words, 0x180, topic, id, state)
        }
    }

    function idOf(bytes32 externalRef) internal pure returns (uint64 id) {
        assembly ("memory-safe") {
            mstore(0, externalRef)
            id := or(and(keccak256(0, 0x20), 0x7fffffffffffffff), 0x8000000000000000)
        }
    }
}
