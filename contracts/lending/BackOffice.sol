// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IBackOffice} from "../../interfaces/IBackOffice.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanQuality} from "../../interfaces/ILoanQuality.sol";
import {IWired} from "../../interfaces/IWired.sol";
import {Importing} from "../governance/Importing.sol";
import {known} from "../governance/Known.sol";
import {Category, DefaultTrigger, Role} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {MAX_DAY, MAX_MONEY} from "../types/LoanStorage.sol";
import {bit} from "../types/Seat.sol";
import {Acceleration} from "./Acceleration.sol";
import {Contagion} from "./Contagion.sol";
import {Corrections} from "./Corrections.sol";
import {Judgement} from "./Judgement.sol";
import {Books, Ledger, Proposal, SystemDebt} from "./Ledger.sol";
import {LoanBookBase, wiringOf} from "./LoanBookBase.sol";
import {LoanViews} from "./LoanViews.sol";
import {OpeningBook} from "./OpeningBook.sol";
import {Quality} from "./Quality.sol";
import {Loss, WriteOffs} from "./WriteOffs.sol";

/// @dev Code that LoanBook runs on its own storage. Called at its own address it knows no seat and no open day, so it
/// refuses every act and has no loan to show. See IBackOffice.
contract BackOffice is LoanBookBase, Proxy, Importing, IBackOffice, ILoanQuality {
    using Acceleration for Ledger;
    using Books for Ledger;
    using Contagion for Ledger;
    using Corrections for Ledger;
    using Judgement for Ledger;
    using LoanViews for Ledger;
    using OpeningBook for Ledger;
    using Quality for Ledger;

    /// @inheritdoc IBackOffice
    address public immutable workout;

    constructor(IWired office) LoanBookBase(IGoverned(address(office)).authority(), wiringOf(office)) {
        workout = address(office);
    }

    /// @dev What is not known here, the workout knows.
    function _implementation() internal view override returns (address) {
        return workout;
    }

    // ------------------------------------------------------------------ quality
    /// @inheritdoc IBackOffice
    function declareDefault(LoanId loanId, uint8 trigger) external {
        PersonId person = _only(Role.RiskOfficer);
        DefaultTrigger named = DefaultTrigger(known(trigger, uint8(type(DefaultTrigger).max)));
        _ledger.declareDefault(_wiring(), Books.raw(loanId), named, _postingDay(), _tables, person);
    }

    /// @inheritdoc IBackOffice
    function cure(LoanId loanId) external {
        PersonId person = _only(Role.RiskOfficer);
        _ledger.cure(_wiring(), Books.raw(loanId), _actingDay(), _tables, person);
    }

    /// @inheritdoc ILoanQuality
    function declareCrossDefault(LoanId loanId, LoanId other) external {
        PersonId person = _only(Role.RiskOfficer);
        _ledger.declareCrossDefault(_wiring(), Books.raw(loanId), Books.raw(other), _postingDay(), _tables, person);
    }

    /// @inheritdoc ILoanQuality
    function proposeCall(LoanId loanId) external {
        PersonId maker = _only(Role.RiskOfficer);
        Acceleration.propose(_ledger, Books.raw(loanId), _actingDay(), maker);
    }

    /// @inheritdoc ILoanQuality
    function callLoan(LoanId loanId) external {
        PersonId checker = _only(Role.Approver);
        _ledger.callLoan(_wiring(), Books.raw(loanId), _actingDay(), checker);
    }

    // ------------------------------------------------------------------ judgement
    /// @inheritdoc ILoanQuality
    function judge(LoanId loanId, uint8 category, bytes32 reasonHash) external {
        Judgement.Finding memory finding = _found(reasonHash);
        _ledger.judge(Books.raw(loanId), known(category, uint8(type(Category).max)), finding);
    }

    /// @inheritdoc ILoanQuality
    function confirmJudgement(LoanId loanId, uint8 category, bytes32 reasonHash) external {
        Judgement.Finding memory finding = _confirmed(reasonHash);
        _ledger.confirmJudgement(Books.raw(loanId), known(category, uint8(type(Category).max)), finding);
    }

    /// @inheritdoc ILoanQuality
    function assessLoss(LoanId loanId, uint128 expectedLoss, bytes32 reasonHash) external {
        _ledger.assessLoss(Books.raw(loanId), expectedLoss, _found(reasonHash));
    }

    /// @inheritdoc ILoanQuality
    function confirmAssessment(LoanId loanId, uint128 expectedLoss, bytes32 reasonHash) external {
        _ledger.confirmAssessment(Books.raw(loanId), expectedLoss, _confirmed(reasonHash));
    }

    /// @inheritdoc ILoanQuality
    function exemptTechnicalDelay(LoanId loanId, bytes32 reasonHash) external {
        _ledger.exemptTechnicalDelay(Books.raw(loanId), _found(reasonHash));
    }

    /// @inheritdoc ILoanQuality
    function findMisuse(LoanId loanId, uint128 principal, bytes32 reasonHash) external {
        _ledger.findMisuse(Books.raw(loanId), principal, _found(reasonHash));
    }

    /// @inheritdoc ILoanQuality
    function clearMisuse(LoanId loanId, bytes32 reasonHash) external {
        _ledger.clearMisuse(Books.raw(loanId), _found(reasonHash));
    }

    /// @inheritdoc ILoanQuality
    function confirmMisuse(LoanId loanId, uint128 principal, bytes32 reasonHash) external {
        _ledger.confirmMisuse(Books.raw(loanId), principal, _confirmed(reasonHash));
    }

    /// @inheritdoc ILoanQuality
    function endObservation(LoanId loanId) external {
        _ledger.endObservation(Books.raw(loanId), _postingDay(), _tables);
    }

    /// @dev What a risk officer finds about a loan is a fact, taken while acts are paused.
    function _found(bytes32 reasonHash) private view returns (Judgement.Finding memory) {
        return Judgement.Finding(_only(Role.RiskOfficer), PersonId.wrap(0), _postingDay(), _tables, reasonHash);
    }

    function _confirmed(bytes32 reasonHash) private view returns (Judgement.Finding memory) {
        return Judgement.Finding(PersonId.wrap(0), _only(Role.Approver), _actingDay(), _tables, reasonHash);
    }

    // ------------------------------------------------------------------ contagion
    /// @inheritdoc ILoanQuality
    function spreadContagion(CustomerId customer, LoanId[] calldata bad, LoanId[] calldata targets) external {
        _ledger.spread(_wiring(), customer, bad, targets, _postingDay(), _tables);
    }

    /// @inheritdoc ILoanQuality
    function spreadFromOtherBanks(CustomerId customer, LoanId[] calldata targets) external {
        _ledger.spreadFromOtherBanks(_wiring(), customer, targets, _postingDay(), _tables);
    }

    /// @inheritdoc ILoanQuality
    function liftContagion(CustomerId customer, LoanId[] calldata good, LoanId[] calldata targets) external {
        _ledger.lift(_wiring(), customer, good, targets, _postingDay(), _tables);
    }

    /// @inheritdoc ILoanQuality
    function reportSystemDebt(CustomerId customer, uint128 total, uint128 overdue, uint24 asOf) external {
        PersonId person = _only(Role.CreditBureau);
        _ledger.report(_wiring(), customer, total, overdue, asOf, _postingDay(), person);
    }

    // ------------------------------------------------------------------ write-off

    /// @inheritdoc IBackOffice
    function proposeWriteOff(LoanId loanId, uint128 principal, uint128 interest) external {
        PersonId maker = _only(Role.RiskOfficer);
        WriteOffs.propose(_ledger, Books.raw(loanId), principal, interest, _actingDay(), maker);
    }

    /// @inheritdoc IBackOffice
    function writeOff(LoanId loanId, uint128 principal, uint128 interest, uint24 valueDate) external {
        PersonId checker = _only(Role.Approver);
        uint24 today = _actingDay();
        _checkValueDate(valueDate, today);
        WriteOffs.writeOff(_ledger, _wiring(), Books.raw(loanId), Loss(principal, interest, valueDate, today), checker);
    }

    /// @inheritdoc IBackOffice
    function recover(LoanId loanId, uint128 amount, uint24 valueDate) external {
        PersonId person = _only(Role.Collector);
        _checkSigners(loanId, valueDate, _postingDay());
        WriteOffs.recover(_ledger, Books.raw(loanId), amount, valueDate, person);
    }

    /// @inheritdoc IBackOffice
    function announce(LoanId loanId) external {
        Quality.announce(_ledger, _wiring(), Books.raw(loanId));
    }

    // ------------------------------------------------------------------ corrections
    /// @inheritdoc IBackOffice
    function proposeBackValue(bytes32 posting, uint24 valueDate) external {
        PersonId maker = _onlyAny(bit(Role.Collector) | bit(Role.Treasurer));
        uint24 today = _postingDay();
        _checkValueDate(valueDate, today);
        _ledger.proposeBackValue(posting, valueDate, today, maker);
    }

    /// @inheritdoc IBackOffice
    function authoriseBackValue(bytes32 posting, uint24 valueDate) external {
        PersonId checker = _only(Role.Approver);
        uint24 today = _postingDay();
        _checkValueDate(valueDate, today);
        _ledger.authoriseBackValue(posting, valueDate, today, checker);
    }

    /// @inheritdoc IBackOffice
    function proposeReversal(ILoanBook.Reversal calldata reversal) external {
        PersonId maker = _onlyAny(bit(Role.Collector) | bit(Role.Treasurer));
        _ledger.proposeReversal(reversal, _actingDay(), maker);
    }

    /// @inheritdoc IBackOffice
    function reverse(ILoanBook.Reversal calldata reversal) external {
        PersonId checker = _only(Role.Approver);
        _ledger.reverse(_wiring(), reversal, _actingDay(), checker);
    }

    // ------------------------------------------------------------------ opening book
    /// @inheritdoc IBackOffice
    function importLoans(uint32 importId, ILoanBook.ImportedLoan[] calldata rows) external {
        _only(Role.LoanOfficer);
        uint256 total;
        for (uint256 i; i < rows.length; ++i) {
            total += (rows[i].balances >> 48) & type(uint48).max;
        }
        _count(importId, rows.length, total);
        _loans += uint64(rows.length);
        _ledger.importLoans(_wiring(), importId, rows, _postingDay());
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IBackOffice
    function loanOf(LoanId loanId) external view returns (ILoanBook.Loan memory) {
        return _ledger.loanOf(Books.raw(loanId));
    }

    /// @inheritdoc ILoanQuality
    function careOf(LoanId loanId) external view returns (Care memory) {
        return _ledger.careOf(Books.raw(loanId));
    }

    /// @inheritdoc ILoanQuality
    function systemDebtOf(CustomerId customer) external view returns (uint128 total, uint128 overdue, uint24 asOf) {
        SystemDebt storage debt = _ledger.systemDebts[CustomerId.unwrap(customer)];
        return (debt.total, debt.overdue, debt.asOf);
    }

    /// @inheritdoc IBackOffice
    function preview(LoanId loanId, uint24 valueDate) external view returns (ILoanBook.Loan memory) {
        return _ledger.preview(Books.raw(loanId), valueDate);
    }

    /// @inheritdoc IBackOffice
    function payoff(LoanId loanId, uint24 valueDate) external view returns (uint128) {
        return _ledger.payoff(Books.raw(loanId), valueDate);
    }

    /// @inheritdoc IBackOffice
    function claimOf(LoanId loanId) external view returns (CustomerId customer, bool inDefault, uint128 claim) {
        return _ledger.claimOf(Books.raw(loanId), _today());
    }

    /// @inheritdoc IBackOffice
    function postingHash(LoanId loanId, address account) external pure returns (bytes32) {
        return Books.postingHash(Books.raw(loanId), account);
    }

    /// @inheritdoc IBackOffice
    function batchHash(ILoanBook.Payment[] calldata payments) external pure returns (bytes32) {
        return keccak256(abi.encode(payments));
    }

    /// @inheritdoc IBackOffice
    function obligationOf(LoanId loanId, uint16 instalment) external view returns (uint24, uint128, uint128) {
        uint64 id = Books.raw(loanId);
        uint256 word = _ledger.obligations[Books.obligationKey(id, _ledger.cares[id].restructurings(), instalment)];
        return (uint24(word & MAX_DAY), uint128((word >> 16) & MAX_MONEY), uint128(word >> 63));
    }

    /// @inheritdoc IBackOffice
    function isReversed(LoanId loanId, uint16 posting) external view returns (bool) {
        return Corrections.isReversed(_ledger, Books.raw(loanId), posting);
    }

    /// @inheritdoc IBackOffice
    function proposalOf(bytes32 proposal) external view returns (uint32 maker, uint24 madeOn) {
        Proposal memory made = _ledger.proposals[proposal];
        return (PersonId.unwrap(made.maker), made.madeOn);
    }

    /// @inheritdoc IBackOffice
    function loanIdOf(bytes32 externalRef) external pure returns (LoanId) {
        return LoanId.wrap(OpeningBook.idOf(externalRef));
    }
}
