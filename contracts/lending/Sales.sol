// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {IWorkout} from "../../interfaces/IWorkout.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanState} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {SELL, WAIVE} from "../types/LoanActs.sol";
import {MAX_CLAIM, Position} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Quality} from "./Quality.sol";

/// @dev The terms of a sale.
struct Sale {
    bytes32 buyer;
    uint128 price;
    uint24 valueDate;
}

/// @dev What a bank gives up: waived charges, and loans sold to another lender.
library Sales {
    using Books for Ledger;
    using LoanMath for Position;

    // ------------------------------------------------------------------ waiver
    function proposeWaiver(Ledger storage l, uint64 id, uint128 penalty, uint128 fee, uint24 today, PersonId maker) external {
        Books.check(id, l.load(id), WAIVE);
        if (penalty == 0 && fee == 0) revert ILoanBook.LoanBook_AmountInvalid(id, 0, 0);
        l.propose(id, _waiver(id, penalty, fee), today, maker);
    }

    function waive(
        Ledger storage l, uint64 id, uint128 penalty, uint128 fee, uint24 today, PersonId checker
    ) external {
        Position memory p = l.load(id);
        Books.check(id, p, WAIVE);
        PersonId maker = l.consume(id, _waiver(id, penalty, fee), today, checker);
        l.advance(id, p, today, 0);
        penalty = uint128(FixedPointMathLib.min(penalty, p.penaltyDue));
        fee = uint128(FixedPointMathLib.min(fee, p.feeDue));
        if (penalty == 0 && fee == 0) revert ILoanBook.LoanBook_AmountInvalid(id, 0, 0);
        p.penaltyDue -= penalty;
        p.feeDue -= fee;
        Books.closeIfSettled(p);
        Books.number(id, p);
        l.store(id, p);
        emit IWorkout.ChargesWaived(
            id, uint16(p.postings), today, penalty, fee, uint128(p.penaltyDue), uint128(p.feeDue), p.accrued,
            uint8(p.state), PersonId.unwrap(maker), PersonId.unwrap(checker)
        );
        Books.tellClosed(id, p, today);
    }

    function _waiver(uint64 id, uint128 penalty, uint128 fee) private pure returns (bytes32) {
        return keccak256(abi.encode("waiver", id, penalty, fee));
    }

    // ------------------------------------------------------------------ sale
    function proposeSale(Ledger storage l, uint64 id, Sale memory sale, uint24 today, PersonId maker) external {
        _checkSaleable(id, l.load(id), sale);
        l.propose(id, _hash(id, sale), today, maker);
    }

    function _checkSaleable(uint64 id, Position memory p, Sale memory sale) private pure {
        Books.check(id, p, SELL);
        if (sale.buyer == 0) revert IWorkout.LoanBook_BuyerMissing(id);
        if (sale.price > MAX_CLAIM) revert ILoanBook.LoanBook_AmountInvalid(id, sale.price, MAX_CLAIM);
    }

    /// @dev Everything leaves the book; of interest accrued a part of a fen counts as one, as it would for the borrower.
    function sell(Ledger storage l, Wiring calldata w, uint64 id, Sale memory sale, uint24 today, PersonId checker) external {
        Position memory p = l.load(id);
        _checkSaleable(id, p, sale);
        PersonId maker = l.consume(id, _hash(id, sale), today, checker);
        Books.checkDay(id, p, sale.valueDate);
        if (Books.isLive(p)) l.advance(id, p, sale.valueDate, 0);
        p.accruedThrough = sale.valueDate;
        uint256[12] memory words;
        words[1] = sale.valueDate;
        words[2] = sale.price;
        words[3] = p.principal;
        words[4] = p.interestDue + p.accruedUp();
        words[5] = p.penaltyDue;
        words[6] = p.feeDue;
        words[7] = p.writtenOff;
        words[8] = p.undrawn;
        words[9] = uint256(int256(words[2]) - int256(words[3] + words[4] + words[5] + words[6]));
        words[10] = PersonId.unwrap(maker);
        words[11] = PersonId.unwrap(checker);
        _derecognise(p);
        Books.number(id, p);
        words[0] = p.postings;
        l.store(id, p);
        bytes32 topic = IWorkout.LoanSold.selector;
        bytes32 buyer = sale.buyer;
        assembly ("memory-safe") {
            log3(words, 0x180, topic, id, buyer)
        }
        if (words[3] != 0) w.policy.reduce(Books.keys(p), uint128(words[3]));
        if (words[8] != 0) w.policy.unreserve(Books.keys(p), uint128(words[8]));
        Quality.announce(w, id, p);
    }

    function _derecognise(Position memory p) private pure {
        (p.principal, p.undrawn, p.accrued, p.instalmentAmount) = (0, 0, 0, 0);
        (p.principalDue, p.interestDue, p.penaltyDue, p.feeDue, p.writtenOff, p.oldestDue) = (0, 0, 0, 0, 0, 0);
        p.care = p.care.withPenaltyAccrued(0);
        p.state = LoanState.Sold;
    }

    function _hash(uint64 id, Sale memory sale) private pure returns (bytes32) {
        return keccak256(abi.encode("sale", id, sale));
    }
}
