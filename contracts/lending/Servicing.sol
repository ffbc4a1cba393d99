// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {ChargeKind} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {MAX_MONEY, Position, Split} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";

/// @dev Money coming in, and charges.
library Servicing {
    using Books for Ledger;
    using LoanMath for Position;

    /// @dev From this posting on a loan takes only its payoff from a deposit, so that no stream of tiny payments can
    /// exhaust the numbers.
    uint256 private constant LAST_FREE_POSTING = 60_000;

    function receiveBatch(Ledger storage l, Wiring memory w, ILoanBook.Payment[] calldata payments, uint24 valueDate)
        external
    {
        for (uint256 i; i < payments.length; ++i) {
            uint64 id = Books.raw(payments[i].loanId);
            receivePayment(l, w, id, l.loadLive(id), payments[i].amount, valueDate, address(0));
        }
    }

    function receiveOne(Ledger storage l, Wiring memory w, uint64 id, uint256 amount, uint24 valueDate, address payer)
        external
    {
        receivePayment(l, w, id, l.loadLive(id), amount, valueDate, payer);
    }

    /// @dev Check, let due dates pass, split, write, tell; then the buckets. `payer` is zero outside the token.
    function receivePayment(
        Ledger storage l, Wiring memory w, uint64 id, Position memory p, uint256 amount, uint24 valueDate, address payer
    ) internal {
        l.advance(id, p, valueDate, amount);
        uint256 owed = p.payoff();
        if (amount == 0) revert ILoanBook.LoanBook_AmountInvalid(id, 0, owed);
        if (amount > owed) revert ILoanBook.LoanBook_Overpayment(id, uint128(amount), uint128(owed));
        if (p.postings >= LAST_FREE_POSTING && amount != owed && payer != address(0)) {
            revert ILoanBook.LoanBook_PostingsExhausted(id, uint16(p.postings));
        }
        Split memory s = p.pay(amount);
        if (p.oldestDue != 0) l.findOldest(id, p);
        if (amount == owed) Books.closeIfSettled(p);
        Books.number(id, p);
        l.store(id, p);
        _tellRepaid(id, p, s, valueDate, payer);
        Books.tellClosed(id, p, valueDate);
        if (s.principal != 0) w.policy.reduce(Books.keys(p), uint128(s.principal));
    }

    /// @dev LoanRepaid, word by word in memory: the event has more fields than the stack has room for.
    function _tellRepaid(uint64 id, Position memory p, Split memory s, uint24 valueDate, address payer) private {
        uint256[13] memory words;
        words[0] = p.postings;
        words[1] = valueDate;
        words[2] = s.principal;
        words[3] = s.interest;
        words[4] = s.penalty;
        words[5] = s.fee;
        words[6] = p.principal;
        words[7] = p.accrued;
        words[8] = p.principalDue;
        words[9] = p.interestDue;
        words[10] = p.oldestDue;
        words[11] = p.instalment;
        words[12] = uint256(p.state);
        bytes32 topic = ILoanBook.LoanRepaid.selector;
        assembly ("memory-safe") {
            log3(words, 0x1a0, topic, id, payer)
        }
    }

    function charge(Ledger storage l, uint64 id, ChargeKind kind, uint128 amount, uint24 valueDate, PersonId person)
        external
    {
        Position memory p = l.loadLive(id);
        uint256 room = MAX_MONEY - (kind == ChargeKind.Fee ? p.feeDue : p.penaltyDue);
        if (amount == 0 || amount > room) revert ILoanBook.LoanBook_AmountInvalid(id, amount, room);
        if (kind == ChargeKind.Fee) p.feeDue += amount;
        else p.penaltyDue += amount;
        Books.number(id, p);
        l.store(id, p);
        emit ILoanBook.LoanCharged(
            id, uint8(kind), uint16(p.postings), valueDate, amount, uint128(p.feeDue), uint128(p.penaltyDue),
            PersonId.unwrap(person)
        );
    }
}
