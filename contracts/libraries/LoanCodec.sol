// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LoanState, LoanType, Waterfall} from "../types/Enums.sol";
import {Position} from "../types/LoanStorage.sol";
import {ProductWord} from "../types/ProductWord.sol";

/// @title Loans in storage words and back
/// @notice Layout in LoanStorage.sol, lowest bits first in the order of the fields.
library LoanCodec {
    uint256 private constant U16 = type(uint16).max;
    uint256 private constant U31 = (1 << 31) - 1;
    uint256 private constant U32 = type(uint32).max;
    uint256 private constant U47 = (1 << 47) - 1;
    uint256 private constant U52 = (1 << 52) - 1;
    uint256 private constant U92 = (1 << 92) - 1;
    uint256 private constant ARREARS = 1 << 255;
    /// @dev Bits of `terms` above the product's eight.
    uint256 private constant SERVED = 1 << 8;
    uint256 private constant CARED = 1 << 9;
    uint256 private constant SIGNED = 1 << 10;

    /// @dev Fill the terms from word A.
    function unpackTerms(Position memory p, uint256 word) internal pure {
        p.wordA = word;
        p.customer = word & U32;
        p.product = (word >> 32) & U16;
        p.industry = bytes4(uint32(word >> 48));
        p.region = bytes6(uint48(word >> 80));
        p.start = (word >> 128) & U16;
        p.maturity = (word >> 144) & U16;
        p.category = (word >> 160) & 0xf;
        p.terms = ((word >> 164) & 0xff) | ((word >> 250) << 8);
        p.instalmentAmount = (word >> 172) & U47;
        p.rate = (word >> 219) & U31;
    }

    function packTerms(Position memory p) internal pure returns (uint256) {
        return p.customer | (p.product << 32) | (uint256(uint32(p.industry)) << 48) | (uint256(uint48(p.region)) << 80)
            | (p.start << 128) | (p.maturity << 144) | (p.category << 160) | ((p.terms & 0xff) << 164) | (p.instalmentAmount << 172)
            | (p.rate << 219) | ((p.terms >> 8) << 250);
    }

    /// @dev Fill the running balances from word B.
    function unpackRunning(Position memory p, uint256 word) internal pure {
        p.wordB = word;
        p.principal = word & U47;
        p.undrawn = (word >> 47) & U47;
        p.accrued = (word >> 94) & U92;
        p.accruedThrough = (word >> 186) & U16;
        p.postings = (word >> 202) & U16;
        p.instalment = (word >> 218) & U16;
        p.availableUntil = (word >> 234) & U16;
        p.state = _state((word >> 250) & 0xf);
        p.rounded = (word >> 254) & 1 == 1;
    }

    /// @dev Only states have ever been packed, so none needs checking.
    function _state(uint256 code) private pure returns (LoanState state) {
        assembly ("memory-safe") {
            state := code
        }
    }

    /// @dev Where the loaded state's bits are in a row of the table of states (LoanActs): at 16 times the state.
    function loadedRow(Position memory p) internal pure returns (uint256) {
        return (p.wordB >> 246) & 0xf0;
    }

    function packRunning(Position memory p, bool arrears) internal pure returns (uint256) {
        return p.principal | (p.undrawn << 47) | (p.accrued << 94) | (p.accruedThrough << 186) | (p.postings << 202)
            | (p.instalment << 218) | (p.availableUntil << 234) | (uint256(p.state) << 250)
            | (p.rounded ? uint256(1) << 254 : 0) | (arrears ? ARREARS : 0);
    }

    /// @dev Whether word B says that word C holds something.
    function hasDues(uint256 word) internal pure returns (bool) {
        return word & ARREARS != 0;
    }

    /// @dev Fill what is due from word C.
    function unpackDues(Position memory p, uint256 word) internal pure {
        p.wordC = word;
        p.principalDue = word & U47;
        p.interestDue = (word >> 47) & U47;
        p.penaltyDue = (word >> 94) & U47;
        p.feeDue = (word >> 141) & U47;
        p.writtenOff = (word >> 188) & U52;
        p.oldestDue = word >> 240;
    }

    function packDues(Position memory p) internal pure returns (uint256) {
        return p.principalDue | (p.interestDue << 47) | (p.penaltyDue << 94) | (p.feeDue << 141) | (p.writtenOff << 188)
            | (p.oldestDue << 240);
    }

    /// @dev The product's terms that a loan carries with it. A cycle of 0, 1, 3, 6 or 12 months is coded in three bits.
    function packFlags(ProductWord t, bool exempt) internal pure returns (uint256) {
        return uint256(t.loanType()) | (uint256(t.dayCount()) << 2) | (uint256(t.waterfall()) << 3)
            | (_cycleCode(t.cycleMonths()) << 4) | (exempt ? 0x80 : 0) | (t.isServed() ? SERVED : 0);
    }

    /// @dev The other terms stay.
    function changeSchedule(Position memory p, LoanType kind, uint8 cycle) internal pure {
        p.terms = (p.terms & ~uint256(0x73)) | uint256(kind) | (_cycleCode(cycle) << 4);
    }

    function _cycleCode(uint8 cycle) private pure returns (uint256) {
        return cycle == 12 ? 4 : cycle == 6 ? 3 : cycle == 3 ? 2 : cycle;
    }

    function loanType(Position memory p) internal pure returns (LoanType) {
        return LoanType(p.terms & 3);
    }

    function waterfall(Position memory p) internal pure returns (Waterfall) {
        return Waterfall((p.terms >> 3) & 1);
    }

    function ratingExempt(Position memory p) internal pure returns (bool) {
        return p.terms & 0x80 != 0;
    }

    /// @dev Whether the product has servicing terms, or the loan a word of its own for what few loans carry.
    function isSpecial(Position memory p) internal pure returns (bool) {
        return p.terms & (SERVED | CARED) != 0;
    }

    function isServed(Position memory p) internal pure returns (bool) {
        return p.terms & SERVED != 0;
    }

    function isCared(Position memory p) internal pure returns (bool) {
        return p.terms & CARED != 0;
    }

    /// @dev Whether the borrower has signed the term sheet.
    function isSigned(Position memory p) internal pure returns (bool) {
        return p.terms & SIGNED != 0;
    }

    function markCared(Position memory p) internal pure {
        p.terms |= CARED;
    }

    function markSigned(Position memory p) internal pure {
        p.terms |= SIGNED;
    }

    /// @dev Months between due dates; zero: everything at maturity.
    function cycleMonths(Position memory p) internal pure returns (uint256) {
        return (0x0c06030100 >> (p.terms >> 4 & 7) * 8) & 0xff;
    }

    /// @dev What one fen of interest is in the unit of `accrued`.
    function unit(Position memory p) internal pure returns (uint256) {
        unchecked {
            return 365e9 - (p.terms & 4) * 1.25e9; // 360e9 where the day count's bit is set
        }
    }
}
