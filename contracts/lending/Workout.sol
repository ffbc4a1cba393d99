// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {IWired} from "../../interfaces/IWired.sol";
import {IWorkout} from "../../interfaces/IWorkout.sol";
import {Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {Assent} from "./Assents.sol";
import {Agreement, Books} from "./Ledger.sol";
import {LoanBookBase, wiringOf} from "./LoanBookBase.sol";
import {Recourse} from "./Recourse.sol";
import {Restructuring} from "./Restructuring.sol";
import {Sale, Sales} from "./Sales.sol";
import {SigningDomain} from "./SigningDomain.sol";

/// @dev Code that LoanBook runs on its own storage, where BackOffice hands a call on: loans in difficulty. See IWorkout.
contract Workout is LoanBookBase, Proxy, SigningDomain, IWorkout {
    address public immutable productOffice;

    constructor(IWired office) LoanBookBase(IGoverned(address(office)).authority(), wiringOf(office)) {
        productOffice = address(office);
    }

    /// @dev What is not known here, the product office knows.
    function _implementation() internal view override returns (address) {
        return productOffice;
    }

    // ------------------------------------------------------------------ restructuring
    /// @inheritdoc IWorkout
    function proposeRestructuring(NewTerms calldata terms) external {
        PersonId maker = _only(Role.RiskOfficer);
        Restructuring.propose(_ledger, terms, _actingDay(), maker);
    }

    /// @inheritdoc IWorkout
    function acceptRestructuring(NewTerms calldata terms, bytes32 documentHash) external {
        Restructuring.accept(_ledger, _wiring(), terms, _spoken(documentHash), _actingDay());
    }

    /// @inheritdoc IWorkout
    function acceptRestructuringSigned(NewTerms calldata terms, bytes calldata signature) external {
        Restructuring.accept(_ledger, _wiring(), terms, _signed(signature), _actingDay());
    }

    /// @inheritdoc IWorkout
    function consentToRestructuring(NewTerms calldata terms, uint64 guaranteeId, bytes32 documentHash) external {
        Restructuring.consent(_ledger, _wiring(), terms, guaranteeId, _spoken(documentHash), _actingDay());
    }

    /// @inheritdoc IWorkout
    function consentToRestructuringSigned(NewTerms calldata terms, uint64 guaranteeId, bytes calldata signature) external {
        Restructuring.consent(_ledger, _wiring(), terms, guaranteeId, _signed(signature), _actingDay());
    }

    /// @dev Recorded by a loan officer; without a document, said by the account itself, which may be a person's of the bank.
    function _spoken(bytes32 documentHash) private view returns (Assent memory) {
        return Assent(documentHash, 0, "", documentHash == 0 ? _callerPerson() : _only(Role.LoanOfficer));
    }

    function _signed(bytes calldata signature) private view returns (Assent memory) {
        return Assent(0, _domainSeparator(), signature, PersonId.wrap(0));
    }

    /// @inheritdoc IWorkout
    function restructure(NewTerms calldata terms) external {
        PersonId checker = _only(Role.Approver);
        Restructuring.restructure(_ledger, policy, terms, _actingDay(), checker);
    }

    /// @inheritdoc IWorkout
    function proposeWaiver(LoanId loanId, uint128 penalty, uint128 fee) external {
        PersonId maker = _only(Role.RiskOfficer);
        Sales.proposeWaiver(_ledger, Books.raw(loanId), penalty, fee, _actingDay(), maker);
    }

    /// @inheritdoc IWorkout
    function waive(LoanId loanId, uint128 penalty, uint128 fee) external {
        PersonId checker = _only(Role.Approver);
        Sales.waive(_ledger, Books.raw(loanId), penalty, fee, _actingDay(), checker);
    }

    /// @inheritdoc IWorkout
    function proposeSale(LoanId loanId, bytes32 buyer, uint128 price, uint24 valueDate) external {
        PersonId maker = _only(Role.RiskOfficer);
        Sales.proposeSale(_ledger, Books.raw(loanId), Sale(buyer, price, valueDate), _actingDay(), maker);
    }

    /// @inheritdoc IWorkout
    function sell(LoanId loanId, bytes32 buyer, uint128 price, uint24 valueDate) external {
        PersonId checker = _only(Role.Approver);
        uint24 today = _actingDay();
        _checkValueDate(valueDate, today);
        Sales.sell(_ledger, _wiring(), Books.raw(loanId), Sale(buyer, price, valueDate), today, checker);
    }

    /// @inheritdoc IWorkout
    function demand(uint64 guaranteeId, uint128 amount) external {
        PersonId person = _only(Role.Collector);
        Recourse.demand(_ledger, _wiring(), guaranteeId, amount, _actingDay(), person);
    }

    /// @inheritdoc IWorkout
    function payOnGuarantee(uint64 guaranteeId, uint128 amount) external {
        Recourse.pay(_ledger, _wiring(), guaranteeId, amount, _postingDay());
    }

    // ------------------------------------------------------------------ views
    /// @inheritdoc IWorkout
    function agreementOf(LoanId loanId, uint8 number)
        external
        view
        returns (bytes32 proposal, uint32 maker, uint32 witness, bool accepted, uint16 posting, uint128 uncovered)
    {
        Agreement memory a = _ledger.agreements[Books.agreementKey(Books.raw(loanId), number)];
        return (a.proposal, PersonId.unwrap(a.maker), PersonId.unwrap(a.witness), a.accepted, a.posting, a.uncovered);
    }

    /// @inheritdoc IWorkout
    function consentedOf(uint64 guaranteeId) external view returns (uint128) {
        return uint128(Restructuring.covered(_ledger, Books.raw(guarantees.guaranteeOf(guaranteeId).loanId), guaranteeId));
    }
}
