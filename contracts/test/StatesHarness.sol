// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LoanState} from "../types/Enums.sol";
import "../types/LoanActs.sol" as Table;

/// @title The table of states behind calls, for tests and docs
contract StatesHarness {
    /// @param name The function, and what it does where it does more than one thing.
    struct Row {
        string name;
        Table.Act act;
    }

    uint256 private constant MOST_ACTS = 64;

    /// @return names The states by number.
    function states() external pure returns (string[] memory names) {
        names = new string[](uint256(type(LoanState).max) + 1);
        names[uint256(LoanState.None)] = "None";
        names[uint256(LoanState.Applied)] = "Applied";
        names[uint256(LoanState.Approved)] = "Approved";
        names[uint256(LoanState.Denied)] = "Denied";
        names[uint256(LoanState.Lapsed)] = "Lapsed";
        names[uint256(LoanState.Active)] = "Active";
        names[uint256(LoanState.Defaulted)] = "Defaulted";
        names[uint256(LoanState.Repaid)] = "Repaid";
        names[uint256(LoanState.WrittenOff)] = "WrittenOff";
        names[uint256(LoanState.Sold)] = "Sold";
    }

    /// @return rows Every act.
    function acts() external pure returns (Row[] memory rows) {
        rows = new Row[](MOST_ACTS);
        uint256 n = _judged(rows, _later(rows, _servicing(rows, _newBusiness(rows, 0))));
        assembly ("memory-safe") {
            mstore(rows, n)
        }
    }

    function _newBusiness(Row[] memory rows, uint256 n) private pure returns (uint256) {
        rows[n++] = Row("applyFor", Table.APPLY);
        rows[n++] = Row("importLoans", Table.IMPORT);
        rows[n++] = Row("approve", Table.APPROVE);
        rows[n++] = Row("signTermSheet", Table.SIGN);
        rows[n++] = Row("deny", Table.DENY);
        rows[n++] = Row("lapse", Table.LAPSE);
        rows[n++] = Row("originate", Table.ORIGINATE);
        rows[n++] = Row("drawDown", Table.DRAW);
        return n;
    }

    function _servicing(Row[] memory rows, uint256 n) private pure returns (uint256) {
        rows[n++] = Row("repay", Table.REPAY);
        rows[n++] = Row("returnEarmark", Table.RETURN_EARMARK);
        rows[n++] = Row("charge", Table.CHARGE);
        rows[n++] = Row("reprice", Table.REPRICE);
        rows[n++] = Row("reverse a payment", Table.REVERSE_PAYMENT);
        rows[n++] = Row("reverse a drawdown", Table.REVERSE_DRAWDOWN);
        rows[n++] = Row("reverse a charge", Table.REVERSE_CHARGE);
        return n;
    }

    function _later(Row[] memory rows, uint256 n) private pure returns (uint256) {
        rows[n++] = Row("classify", Table.CLASSIFY);
        rows[n++] = Row("declareDefault", Table.DECLARE_DEFAULT);
        rows[n++] = Row("declareCrossDefault", Table.DECLARE_CROSS_DEFAULT);
        rows[n++] = Row("callLoan", Table.CALL);
        rows[n++] = Row("cure", Table.CURE);
        rows[n++] = Row("writeOff", Table.WRITE_OFF);
        rows[n++] = Row("recover", Table.RECOVER);
        rows[n++] = Row("restructure", Table.RESTRUCTURE);
        rows[n++] = Row("waive", Table.WAIVE);
        rows[n++] = Row("sell", Table.SELL);
        rows[n++] = Row("payOnGuarantee", Table.PAY_ON_GUARANTEE);
        return n;
    }

    function _judged(Row[] memory rows, uint256 n) private pure returns (uint256) {
        rows[n++] = Row("judge", Table.JUDGE);
        rows[n++] = Row("assessLoss", Table.ASSESS_LOSS);
        rows[n++] = Row("exemptTechnicalDelay", Table.EXEMPT_DELAY);
        rows[n++] = Row("findMisuse", Table.FIND_MISUSE);
        rows[n++] = Row("clearMisuse", Table.CLEAR_MISUSE);
        rows[n++] = Row("spreadContagion", Table.SHOW_QUALITY);
        return n;
    }
}
