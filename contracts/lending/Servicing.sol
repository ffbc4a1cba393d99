// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {ChargeKind} from "../types/Enums.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";
import {CHARGE, REPAY} from "../types/LoanActs.sol";
import {MAX_MONEY, Position, Split} from "../types/LoanStorage.sol";
import {BackValue} from "./BackValue.sol";
import {Books, Ledger} from "./Ledger.sol";
import {Tally, Totals} from "./Totals.sol";

/// @dev Money coming in, and charges.
library Servicing {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using Totals for Ledger;

    /// @dev From this posting on a loan takes only its payoff from a deposit, so that no stream of tiny payments can
    /// exhaust the numbers.
    uint256 private constant LAST_FREE_POSTING = 60_000;

    /// @dev Runs of payments of one customer, industry and region reach the buckets together.
    function receiveBatch(Ledger storage l, ICreditPolicy policy, ILoanBook.Payment[] calldata payments, uint24 valueDate)
        external
    {
        ICreditPolicy.Keys memory run;
        Tally memory tally;
        Position memory p;
        uint256 repaid;
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 i; i < payments.length; ++i) {
            ILoanBook.Payment calldata payment = payments[i];
            uint64 id = Books.raw(payment.loanId);
            l.loadInto(id, p);
            if (CustomerId.unwrap(run.customer) != p.customer || run.industry != p.industry || run.region != p.region) {
                if (repaid != 0) policy.reduce(run, uint128(repaid));
                repaid = 0;
                (run.customer, run.industry, run.region) = (CustomerId.wrap(uint32(p.customer)), p.industry, p.region);
            }
            repaid += _receiveOne(l, tally, id, p, payment.amount, valueDate);
            // Nothing made for one payment is used by the next: memory does not grow with the batch.
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
        }
        if (repaid != 0) policy.reduce(run, uint128(repaid));
        l.flush(tally);
    }

    function _receiveOne(
        Ledger storage l, Tally memory tally, uint64 id, Position memory p, uint256 amount, uint24 valueDate
    ) private returns (uint256) {
        if (valueDate < p.accruedThrough) return BackValue.receiveLate(l, id, amount, valueDate, address(0));
        Split memory s = receivePayment(l, id, p, amount, valueDate, address(0));
        l.gatherPayment(tally, p, s);
        return s.principal;
    }

    /// @dev Check, let due dates pass, split, write, tell. `payer` is zero outside the token.
    /// @return s How it was split. The caller takes the principal out of the buckets and counts what moved in the totals.
    function receivePayment(
        Ledger storage l, uint64 id, Position memory p, uint256 amount, uint24 valueDate, address payer
    ) internal returns (Split memory s) {
        Books.check(id, p, REPAY);
        l.advance(id, p, valueDate, amount);
        bool observed = p.isCared() && p.care.observedUntil() != 0 && p.principalDue + p.interestDue != 0;
        uint256 early = p.principalDue;
        // Less than the principal is less than the payoff, which need not be known then.
        uint256 owed = amount != 0 && amount < p.principal ? type(uint256).max : p.payoff();
        checkAmount(id, p, amount, owed, payer);
        s = p.pay(amount, owed);
        if (p.oldestDue != 0) l.findOldest(id, p);
        if (amount == owed) Books.closeIfSettled(p);
        if (observed && p.due() == 0) p.care = p.care.withPaymentObserved();
        Books.number(id, p);
        l.storeBalances(id, p);
        if (s.prepaymentFee != 0) tellPrepaymentFee(id, p, s, valueDate);
        tellRepaid(id, p, s, valueDate, payer);
        if (observed && p.due() == 0) emit ILoanBook.PaymentObserved(id, uint8(p.care.observedPayments()));
        if (p.isServed() && s.principal > early) keepTerm(l, id, p, valueDate);
        if (amount == owed) Books.tellClosed(id, p, valueDate);
    }

    function checkAmount(uint64 id, Position memory p, uint256 amount, uint256 owed, address payer) internal pure {
        if (amount == 0) revert ILoanBook.LoanBook_AmountInvalid(id, 0, owed);
        if (amount > owed) revert ILoanBook.LoanBook_Overpayment(id, uint128(amount), uint128(owed));
        if (p.postings >= LAST_FREE_POSTING && amount != owed && payer != address(0)) {
            revert ILoanBook.LoanBook_PostingsExhausted(id, uint16(p.postings));
        }
    }

    /// @dev Charged and paid in one posting.
    function tellPrepaymentFee(uint64 id, Position memory p, Split memory s, uint24 valueDate) internal {
        emit ILoanBook.LoanCharged(
            id, uint8(ChargeKind.Fee), uint16(p.postings), valueDate, uint128(s.prepaymentFee), uint128(p.feeDue + s.fee),
            uint128(p.penaltyDue + s.penalty), 0
        );
    }

    /// @dev The instalment anew on what is left, over the term as it was, where the product has it.
    function keepTerm(Ledger storage l, uint64 id, Position memory p, uint24 valueDate) internal {
        uint256 amount = p.instalmentAmount;
        if (p.principal == 0 || amount == 0 || !p.servicing.keepsTerm()) return;
        p.fixInstalment();
        if (p.instalmentAmount == amount) return;
        l.terms[id] = p.packTerms();
        emit ILoanBook.InstalmentFixed(id, valueDate, uint128(p.instalmentAmount));
    }

    /// @dev LoanRepaid, word by word in memory: the event has more fields than the stack has room for.
    function tellRepaid(uint64 id, Position memory p, Split memory s, uint24 valueDate, address payer) internal {
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
        Position memory p = l.load(id);
        Books.check(id, p, CHARGE);
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
