// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanState} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {RECOVER, RETURN_EARMARK, WRITE_OFF} from "../types/LoanActs.sol";
import {MAX_CLAIM, Position, Split} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Servicing} from "./Servicing.sol";
import {Totals} from "./Totals.sol";

/// @dev What is written off, as of when, and the business day.
struct Loss {
    uint128 principal;
    uint128 interest;
    uint24 valueDate;
    uint24 today;
}

/// @dev Write-off, recovery, and what is left of an expired earmark.
library WriteOffs {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using Totals for Ledger;

    function propose(Ledger storage l, uint64 id, uint128 principal, uint128 interest, uint24 today, PersonId maker) external {
        Books.check(id, l.load(id), WRITE_OFF);
        l.propose(id, _hash(id, principal, interest), today, maker);
    }

    function writeOff(Ledger storage l, Wiring calldata w, uint64 id, Loss memory loss, PersonId checker) external {
        Position memory p = l.load(id);
        Books.check(id, p, WRITE_OFF);
        PersonId maker = l.consume(id, _hash(id, loss.principal, loss.interest), loss.today, checker);
        l.advance(id, p, loss.valueDate, 0);
        Split memory s = _takeOff(id, p, FixedPointMathLib.min(loss.principal, p.principal), loss.interest);
        l.findOldest(id, p);
        Books.number(id, p);
        l.store(id, p);
        _tellWrittenOff(id, p, s, loss.valueDate, maker, checker);
        if (s.principal != 0) w.policy.reduce(Books.keys(p), uint128(s.principal));
    }

    /// @dev Move principal and interest, up to what is left, into the claim; with the last principal goes everything else.
    function _takeOff(uint64 id, Position memory p, uint256 principal, uint256 interest)
        private
        pure
        returns (Split memory s)
    {
        uint256 whole = p.interestDue + p.accruedUp();
        bool all = principal == p.principal;
        uint256 most = all ? whole : p.interestDue + p.accrued / p.unit();
        interest = FixedPointMathLib.min(interest, most);
        s = all ? Split(principal, whole, p.penaltyDue, p.feeDue, 0) : Split(principal, interest, 0, 0, 0);
        uint256 claim = p.writtenOff + s.principal + s.interest + s.penalty + s.fee;
        if (claim == p.writtenOff) revert ILoanBook.LoanBook_AmountInvalid(id, 0, most);
        if (claim > MAX_CLAIM) revert ILoanBook.LoanBook_AmountInvalid(id, claim, MAX_CLAIM);
        p.writtenOff = claim;
        if (all) {
            (p.principal, p.principalDue, p.accrued) = (0, 0, 0);
            (p.interestDue, p.penaltyDue, p.feeDue) = (0, 0, 0);
            p.state = LoanState.WrittenOff;
            return s;
        }
        p.principal -= principal;
        p.principalDue = FixedPointMathLib.zeroFloorSub(p.principalDue, principal);
        uint256 ofDue = FixedPointMathLib.min(interest, p.interestDue);
        p.interestDue -= ofDue;
        p.accrued -= (interest - ofDue) * p.unit();
    }

    /// @dev LoanWrittenOff, word by word in memory: the event has more fields than the stack has room for.
    function _tellWrittenOff(
        uint64 id, Position memory p, Split memory s, uint24 valueDate, PersonId maker, PersonId checker
    ) private {
        uint256[15] memory words;
        words[0] = p.postings;
        words[1] = valueDate;
        words[2] = s.principal;
        words[3] = s.interest;
        words[4] = s.penalty;
        words[5] = s.fee;
        words[6] = p.principal;
        words[7] = p.principalDue;
        words[8] = p.interestDue;
        words[9] = p.oldestDue;
        words[10] = p.accrued;
        words[11] = p.writtenOff;
        words[12] = uint256(p.state);
        words[13] = PersonId.unwrap(maker);
        words[14] = PersonId.unwrap(checker);
        bytes32 topic = ILoanBook.LoanWrittenOff.selector;
        assembly ("memory-safe") {
            log2(words, 0x1e0, topic, id)
        }
    }

    function _hash(uint64 id, uint128 principal, uint128 interest) private pure returns (bytes32) {
        return keccak256(abi.encode("write-off", id, principal, interest));
    }

    function recover(Ledger storage l, uint64 id, uint128 amount, uint24 valueDate, PersonId person) external {
        Position memory p = l.load(id);
        Books.check(id, p, RECOVER);
        receiveRecovery(l, id, p, amount, valueDate, address(0), person);
    }

    /// @dev `payer` is zero outside the token.
    function receiveRecovery(
        Ledger storage l, uint64 id, Position memory p, uint256 amount, uint24 valueDate, address payer, PersonId person
    ) internal {
        if (amount == 0 || amount > p.writtenOff) revert ILoanBook.LoanBook_AmountInvalid(id, amount, p.writtenOff);
        p.writtenOff -= amount;
        if (p.state == LoanState.WrittenOff) Books.closeIfSettled(p);
        Books.number(id, p);
        l.store(id, p);
        emit ILoanBook.LoanRecovered(
            id, payer, uint16(p.postings), valueDate, uint128(amount), uint128(p.writtenOff), PersonId.unwrap(person)
        );
        Books.tellClosed(id, p, valueDate);
    }

    /// @dev What the borrower did not spend in time pays the loan, or the claim it has become; more than that is freed.
    function returnEarmark(Ledger storage l, Wiring calldata w, LoanId loanId, address borrower, uint24 today) external {
        uint64 id = Books.raw(loanId);
        Position memory p = l.load(id);
        Books.check(id, p, RETURN_EARMARK);
        bool live = Books.isLive(p);
        if (live) l.passDueDates(id, p, today, 0);
        uint256 told = p.accruedThrough;
        if (live) l.advance(id, p, today, 0);
        uint128 returned = w.token.returnEarmark(loanId, borrower, uint128(live ? p.payoff() : p.writtenOff));
        if (returned == 0) {
            // Nothing is owed and nothing accrues: due dates passed, and that was told, but no posting tells of a later day.
            p.accruedThrough = told;
            if (live) l.store(id, p);
            return;
        }
        if (!live) return receiveRecovery(l, id, p, returned, today, borrower, PersonId.wrap(0));
        uint256 principal = Servicing.receivePayment(l, id, p, returned, today, borrower).principal;
        l.count(p);
        if (principal != 0) w.policy.reduce(Books.keys(p), uint128(principal));
    }
}
