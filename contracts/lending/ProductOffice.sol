// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {CategoryTable} from "../types/LoanStorage.sol";
import {bit} from "../types/Seat.sol";
import {ServicingTerms} from "../types/ServicingTerms.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {LoanBookBase} from "./LoanBookBase.sol";
import {Repricing} from "./Repricing.sol";
import {ServiceTerms} from "./ServiceTerms.sol";
import {SigningDomain} from "./SigningDomain.sol";
import {TermSheets} from "./TermSheets.sol";
import {Terms} from "./Terms.sol";

/// @dev Products and what their loans go by, as code that LoanBook runs on its own storage, reached through BackOffice. See
/// ILoanTerms, and BackOffice for what it is at its own address.
contract ProductOffice is LoanBookBase, SigningDomain, ILoanTerms {
    using Repricing for Ledger;
    using ServiceTerms for Ledger;
    using TermSheets for Ledger;
    using Terms for Ledger;

    constructor(address authority_, Wiring memory wiring) LoanBookBase(authority_, wiring) {}

    // ------------------------------------------------------------------ products
    /// @inheritdoc ILoanTerms
    function setProduct(uint16 product, ILoanBook.Product calldata terms) external {
        PersonId person = _only(Role.RiskOfficer);
        _actingDay();
        _ledger.setProduct(product, terms, person);
    }

    /// @inheritdoc ILoanTerms
    function setCategoryTable(uint24 effectiveFrom, uint16 specialMention, uint16 substandard, uint16 doubtful, uint16 loss)
        external
    {
        PersonId person = _only(Role.RiskOfficer);
        _addTable(CategoryTable(effectiveFrom, specialMention, substandard, doubtful, loss), _actingDay(), person);
    }

    /// @inheritdoc ILoanTerms
    function setServicing(uint16 product, ServicingTerms calldata terms) external {
        PersonId person = _only(Role.RiskOfficer);
        _actingDay();
        _ledger.setServicing(product, terms, person);
    }

    /// @inheritdoc ILoanTerms
    function setCalendarYear(uint16 calendar, uint16 year, uint256 low, uint256 high) external {
        PersonId person = _only(Role.RiskOfficer);
        _ledger.setCalendarYear(calendar, year, low, high, _actingDay(), person);
    }

    // ------------------------------------------------------------------ rates
    /// @inheritdoc ILoanTerms
    function setFixing(uint16 index, uint24 day, int40 value) external {
        PersonId person = _onlyAny(bit(Role.RiskOfficer) | bit(Role.DataProvider));
        _ledger.setFixing(index, day, value, _postingDay(), person);
    }

    /// @inheritdoc ILoanTerms
    function reprice(LoanId loanId) external {
        _ledger.reprice(Books.raw(loanId), _postingDay());
    }

    // ------------------------------------------------------------------ term sheets
    /// @inheritdoc ILoanTerms
    function signTermSheet(LoanId loanId, bytes calldata signature) external {
        _ledger.sign(customers, _domainSeparator(), Books.raw(loanId), signature, _actingDay());
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc ILoanTerms
    function categoryTableOn(uint24 day) external view returns (uint16, uint16, uint16, uint16) {
        CategoryTable memory t = _ledger.tableOn(_tables, day);
        return (t.specialMention, t.substandard, t.doubtful, t.loss);
    }

    /// @inheritdoc ILoanTerms
    function productOf(uint16 product) external view returns (ILoanBook.Product memory) {
        return _ledger.productOf(product);
    }

    /// @inheritdoc ILoanTerms
    function servicingOf(uint16 product) external view returns (ServicingTerms memory) {
        return _ledger.servicingOf(product);
    }

    /// @inheritdoc ILoanTerms
    function isBusinessDay(uint16 calendar, uint24 day) external view returns (bool) {
        return _ledger.isBusinessDay(calendar, day);
    }

    /// @inheritdoc ILoanTerms
    function calendarYearOf(uint16 calendar, uint16 year)
        external
        view
        returns (uint256 low, uint256 high, bool isSet)
    {
        return _ledger.calendarYearOf(calendar, year);
    }

    /// @inheritdoc ILoanTerms
    function dueDateOf(LoanId loanId, uint16 instalment) external view returns (uint24) {
        return _ledger.dueDateOf(Books.raw(loanId), instalment);
    }

    /// @inheritdoc ILoanTerms
    function fixingOn(uint16 index, uint24 on) external view returns (uint24 day, int40 value) {
        return _ledger.fixingOn(index, on);
    }

    /// @inheritdoc ILoanTerms
    function signatureOf(LoanId loanId) external view returns (bytes32 document, bool isSigned) {
        return _ledger.signatureOf(Books.raw(loanId));
    }

    /// @inheritdoc ILoanTerms
    function digestOf(LoanId loanId) external view returns (bytes32) {
        return _ledger.digestOf(_domainSeparator(), Books.raw(loanId));
    }
}
