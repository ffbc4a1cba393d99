// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LoanCodec} from "../libraries/LoanCodec.sol";
import {Position, Split} from "../types/LoanStorage.sol";
import {Ledger} from "./Ledger.sol";

/// @dev Changes of the whole book's interest, gathered over a batch for one day count.
struct Tally {
    uint256 unit;
    int256 sum; // both parts, as the word of the totals holds them
}

/// @dev The whole book's interest, accrued and due together, without a loop. A loan owes accrued + interestDue x unit, and until
/// its next posting that grows by principal x rate a day, whatever falls due meanwhile. On day d all loans of a day count owe
/// base + growth x d, with growth the sum of principal x rate and base that of what is owed less principal x rate x the day
/// it is accrued to. A posting changes both by what it changes of one loan.
library Totals {
    using LoanCodec for Position;

    /// @dev A word by unit: growth in bits 0-103, base, signed, in the rest. Growth is never below zero, so both parts change
    /// by one sum.
    uint256 private constant GROWTH_BITS = 104;
    uint256 private constant U47 = (1 << 47) - 1;

    /// @dev What a posting changed: the loan as it will stand against its words as loaded.
    /// Unchecked: no term reaches 2^97.
    function moved(Position memory p) internal pure returns (int256 growth, int256 base) {
        unchecked {
            uint256 unit = p.unit();
            if (p.start != 0) {
                uint256 daily = p.principal * p.rate;
                growth = int256(daily);
                base = int256(p.accrued + p.interestDue * unit) - int256(daily * p.accruedThrough);
            }
            if ((p.wordA >> 128) & type(uint16).max != 0) {
                uint256 b = p.wordB;
                uint256 daily = (b & U47) * ((p.wordA >> 219) & ((1 << 31) - 1));
                growth -= int256(daily);
                base -= int256(((b >> 94) & ((1 << 92) - 1)) + ((p.wordC >> 47) & U47) * unit)
                    - int256(daily * ((b >> 186) & type(uint16).max));
            }
        }
    }

    /// @dev Count a posting that is written by itself.
    function count(Ledger storage l, Position memory p) internal {
        (int256 growth, int256 base) = moved(p);
        unchecked {
            _add(l, p.unit(), (base << GROWTH_BITS) + growth);
        }
    }

    /// @dev Count a payment of a batch; `flush` when the batch ends. Where nothing was rounded up, it takes out just what it
    /// paid: interest once, principal with its growth from its day on.
    function gatherPayment(Ledger storage l, Tally memory t, Position memory p, Split memory s) internal {
        if (p.rounded) return gather(l, t, p);
        unchecked {
            uint256 unit = p.unit();
            uint256 growth = s.principal * p.rate;
            _gather(l, t, unit, -int256(growth), int256(growth * p.accruedThrough) - int256(s.interest * unit));
        }
    }

    /// @dev Count one of a batch; `flush` when the batch ends.
    function gather(Ledger storage l, Tally memory t, Position memory p) internal {
        (int256 growth, int256 base) = moved(p);
        _gather(l, t, p.unit(), growth, base);
    }

    function _gather(Ledger storage l, Tally memory t, uint256 unit, int256 growth, int256 base) private {
        if (unit != t.unit) {
            flush(l, t);
            (t.unit, t.sum) = (unit, 0);
        }
        unchecked {
            t.sum += (base << GROWTH_BITS) + growth;
        }
    }

    function flush(Ledger storage l, Tally memory t) internal {
        _add(l, t.unit, t.sum);
    }

    function _add(Ledger storage l, uint256 unit, int256 sum) private {
        if (sum == 0) return;
        unchecked {
            l.totals[unit] += sum;
        }
    }

    /// @dev What all loans owe in interest on a day no earlier than their last postings, in fen.
    function interestOwed(Ledger storage l, uint256 day) internal view returns (uint128) {
        return uint128(_owed(l, 365e9, day) + _owed(l, 360e9, day));
    }

    function _owed(Ledger storage l, uint256 unit, uint256 day) private view returns (uint256) {
        int256 word = l.totals[unit];
        int256 exact = (word >> GROWTH_BITS) + (word & int256((1 << GROWTH_BITS) - 1)) * int256(day);
        return uint256(exact) / unit;
    }
}
