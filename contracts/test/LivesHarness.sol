// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Books} from "../lending/Ledger.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanSchedule} from "../libraries/LoanSchedule.sol";
import {Penalty} from "../libraries/Penalty.sol";
import {LoanState} from "../types/Enums.sol";
import {MAX_DAY, Position, Split} from "../types/LoanStorage.sol";
import {ServicingWord} from "../types/ServicingWord.sol";

/// @title Whole lives of loans in memory, many in one call, for tests
/// @dev A life is word A of a loan, then principal (47 bits), principal misused (47) and the number of its acts (16), then the
/// product's servicing terms, then its acts: the day (16 bits), what is done (8) and how much of it (32, a share of 2^32).
contract LivesHarness {
    using LoanSchedule for Position;
    using LoanCodec for Position;
    using LoanMath for Position;
    using Penalty for Position;

    /// @dev What is paid on a day: nothing, only time passes; a share of the principal; an annuity's instalment; a share of
    /// what is due; everything.
    enum Payment {
        Nothing,
        OfPrincipal,
        Instalment,
        OfDue,
        Everything
    }

    uint256 private constant MONEY_BITS = 47;
    uint256 private constant MONEY = (1 << MONEY_BITS) - 1;
    uint256 private constant SHARE_BITS = 32;

    /// @return told For each act what it paid: principal (48 bits), interest (64), penalty (64), fees (48); after the acts of
    /// a life its state in the top byte over whatever the loan still holds, all in one.
    function live(uint256[] calldata lives) external pure returns (uint256[] memory told) {
        told = new uint256[](lives.length);
        uint256 n;
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 at; at < lives.length;) {
            uint256 acts = lives[at + 1] >> (2 * MONEY_BITS);
            Position memory p;
            _start(p, lives[at], lives[at + 1], ServicingWord.wrap(lives[at + 2]));
            at += 3;
            for (uint256 end = at + acts; at < end; ++at) {
                told[n++] = _act(p, lives[at]);
            }
            told[n++] = _rest(p);
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
        }
        assembly ("memory-safe") {
            mstore(told, n)
        }
    }

    function _start(Position memory p, uint256 terms, uint256 money, ServicingWord servicing) private pure {
        p.unpackTerms(terms);
        p.servicing = servicing;
        p.care = p.care.withMisused((money >> MONEY_BITS) & MONEY);
        p.principal = money & MONEY;
        p.accruedThrough = p.start;
        p.state = LoanState.Active;
        p.fixInstalment();
    }

    function _act(Position memory p, uint256 act) private pure returns (uint256) {
        if (p.state != LoanState.Active) return 0;
        _advance(p, act & MAX_DAY);
        uint256 owed = p.payoff();
        uint256 amount = _amount(p, owed, Payment((act >> 16) & 0xff), act >> 24);
        if (amount == 0) return 0;
        Split memory s = p.pay(amount, owed);
        if (p.principalDue + p.interestDue == 0) p.oldestDue = 0;
        if (amount == owed) Books.closeIfSettled(p);
        return s.principal | (s.interest << 48) | (s.penalty << 112) | (s.fee << 176);
    }

    function _advance(Position memory p, uint256 day) private pure {
        if (p.mayFallDue(day)) {
            for (uint256 due = p.dueDate(p.instalment + 1); due != 0 && due <= day; due = p.dueDate(p.instalment + 1)) {
                (uint256 principal, uint256 interest) = p.fallDue(due);
                if (p.oldestDue == 0 && principal + interest != 0) p.oldestDue = due;
            }
        }
        p.accrue(day);
        p.fallDuePenalty();
    }

    function _amount(Position memory p, uint256 owed, Payment kind, uint256 share) private pure returns (uint256) {
        if (kind == Payment.Nothing) return 0;
        if (kind == Payment.OfPrincipal) return (p.principal * share) >> SHARE_BITS;
        if (kind == Payment.Instalment) return p.instalmentAmount < p.principal ? p.instalmentAmount : p.principal;
        return kind == Payment.Everything ? owed : (p.due() * share) >> SHARE_BITS;
    }

    function _rest(Position memory p) private pure returns (uint256) {
        uint256 rest = p.principal | p.undrawn | p.accrued | p.principalDue | p.interestDue | p.penaltyDue | p.feeDue;
        return (uint256(p.state) << 248) | rest | p.oldestDue | p.care.penaltyAccrued();
    }
}
