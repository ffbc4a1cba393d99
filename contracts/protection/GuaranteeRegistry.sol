// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {LibBitmap} from "solady/src/utils/LibBitmap.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {Governed, PROPOSAL_DAYS} from "../governance/Governed.sol";
import {RankedShares} from "../libraries/RankedShares.sol";
import {GuaranteeState, Role} from "../types/Enums.sol";
import {GuaranteeWord, newGuarantee} from "../types/GuaranteeWord.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {Guarantors} from "./Guarantors.sol";

/// @title GuaranteeRegistry
/// @dev One slot a guarantee. See IGuaranteeRegistry; capacity is in Guarantors, circles in GuaranteeGraph.
contract GuaranteeRegistry is Guarantors {
    using LibBitmap for LibBitmap.Bitmap;

    struct ReleaseProposal {
        // slot 0
        uint56 amount;
        PersonId person;
        uint24 madeOn;
    }

    uint8 private constant MOST_GUARANTORS_BY_ACTS = 24;
    uint8 private constant MOST_GUARANTORS_BY_FACTS = 64;

    mapping(uint64 guaranteeId => GuaranteeWord) private _guarantees;
    mapping(uint64 guaranteeId => ReleaseProposal) private _releases;
    mapping(bytes32 externalRef => uint64) private _byReference;
    LibBitmap.Bitmap private _loanStates; // two bits a loan: closed, in default
    mapping(uint64 guaranteeId => uint128) private _demanded;

    constructor(address authority_, address customers) Governed(authority_) Guarantors(customers) {}

    // ---------------------------------------------------------------- guarantees

    /// @inheritdoc IGuaranteeRegistry
    function guarantee(CustomerId guarantor, CustomerId beneficiary, LoanId loanId, uint128 amount, uint8 rank)
        external
        returns (uint64)
    {
        PersonId person = _only(Role.LoanOfficer);
        uint24 businessDate = _actingDay();
        ImportedGuarantee memory row = ImportedGuarantee(bytes32(0), guarantor, beneficiary, loanId, amount, rank);
        (uint64 from, uint64 to) = _nodes(guarantor, beneficiary);
        _checkRow(row, from == to);
        _refuseCircle(row, from, to);
        _checkCapacity(guarantor, from, amount);
        _bindOrRefuse(row, from, to, MOST_GUARANTORS_BY_ACTS);
        return _give(row, newGuarantee(beneficiary, loanId, amount, rank).withNodes(from, to), 0, businessDate, person);
    }

    function _checkRow(ImportedGuarantee memory row, bool sameParty) private pure {
        bool nameless = LoanId.unwrap(row.loanId) == 0;
        if (sameParty || nameless || row.amount == 0 || row.amount > type(uint56).max) {
            revert GuaranteeRegistry_Invalid(
                CustomerId.unwrap(row.guarantor), CustomerId.unwrap(row.beneficiary), row.amount
            );
        }
    }

    function _refuseCircle(ImportedGuarantee memory row, uint64 from, uint64 to) private view {
        (bool closes, uint64 through) = _circle(from, to);
        if (closes) {
            revert GuaranteeRegistry_CircleRefused(
                CustomerId.unwrap(row.guarantor), CustomerId.unwrap(row.beneficiary), through
            );
        }
    }

    function _bindOrRefuse(ImportedGuarantee memory row, uint64 from, uint64 to, uint8 most) private {
        if (!_bind(from, to, most)) {
            revert GuaranteeRegistry_TooManyGuarantors(CustomerId.unwrap(row.beneficiary), most);
        }
    }

    function _give(
        ImportedGuarantee memory row,
        GuaranteeWord word,
        uint32 importId,
        uint24 businessDate,
        PersonId person
    ) private returns (uint64 id) {
        uint128 live;
        (id, live) = _raise(row.guarantor, row.amount);
        uint64 node = word.guarantorNodeOf();
        if (node >= GROUP_NODES) _raiseGroup(node, row.amount);
        _guarantees[id] = word;
        _tellGiven(id, row, live, importId, businessDate, person);
    }

    function _tellGiven(
        uint64 id,
        ImportedGuarantee memory row,
        uint128 live,
        uint32 importId,
        uint24 businessDate,
        PersonId person
    ) private {
        emit GuaranteeGiven(
            id, CustomerId.unwrap(row.guarantor), CustomerId.unwrap(row.beneficiary), LoanId.unwrap(row.loanId), row.amount,
            row.rank, live, businessDate, importId, row.externalRef, PersonId.unwrap(person)
        );
    }

    /// @dev All that are told have left their old nodes before the first joins its new ones, and have joined them before circles
    /// are looked for: in whatever order they are told, no limit and no circle is found that the last of them would undo.
    /// @inheritdoc IGuaranteeRegistry
    function regroup(uint64[] calldata guaranteeIds) external {
        _postingDay();
        for (uint256 i = 0; i < guaranteeIds.length; ++i) {
            _leaveNodes(guaranteeIds[i]);
        }
        for (uint256 i = 0; i < guaranteeIds.length; ++i) {
            _joinNodes(guaranteeIds[i]);
        }
        for (uint256 i = 0; i < guaranteeIds.length; ++i) {
            _flagCircle(guaranteeIds[i]);
        }
    }

    /// @dev Between its nodes a guarantee has none: no customer has number zero.
    function _leaveNodes(uint64 id) private {
        GuaranteeWord word = _live(id);
        (uint64 from, uint64 to) = (word.guarantorNodeOf(), word.beneficiaryNodeOf());
        if (to == 0) return; // told twice
        (uint64 nextFrom, uint64 nextTo) = _nodes(CustomerId.wrap(_guarantorOf(id)), word.beneficiaryOf());
        if (from == nextFrom && to == nextTo) return;
        _unbind(from, to);
        if (from >= GROUP_NODES) _lower(from, word.amountOf());
        _guarantees[id] = word.withNodes(0, 0);
    }

    function _joinNodes(uint64 id) private {
        GuaranteeWord word = _guarantees[id];
        if (word.beneficiaryNodeOf() != 0) return;
        (uint64 from, uint64 to) = _nodes(CustomerId.wrap(_guarantorOf(id)), word.beneficiaryOf());
        if (!_bind(from, to, MOST_GUARANTORS_BY_FACTS)) {
            revert GuaranteeRegistry_TooManyGuarantors(CustomerId.unwrap(word.beneficiaryOf()), MOST_GUARANTORS_BY_FACTS);
        }
        if (from >= GROUP_NODES) _raiseGroup(from, word.amountOf());
        _guarantees[id] = word.withNodes(from, to);
        emit GuaranteeRegrouped(id, from, to);
        _tellGroupExceeded(from);
    }

    /// @dev A regrouping is a fact: the circle it makes is flagged, not refused. What the board admitted stays flagged.
    function _flagCircle(uint64 id) private {
        GuaranteeWord word = _guarantees[id];
        (bool closes, uint64 through) = _circle(word.guarantorNodeOf(), word.beneficiaryNodeOf());
        if (closes && !word.inCircle()) {
            _guarantees[id] = word.withArisenCircle(true);
            emit CircleArose(id, through);
        } else if (!closes && word.inArisenCircle()) {
            _guarantees[id] = word.withArisenCircle(false);
            emit CircleEnded(id);
        }
    }

    // ---------------------------------------------------------------- release and demand

    /// @inheritdoc IGuaranteeRegistry
    function proposeRelease(uint64 guaranteeId, uint128 amount) external {
        PersonId person = _only(Role.LoanOfficer);
        uint24 businessDate = _postingDay();
        _checkAmount(guaranteeId, _live(guaranteeId), amount);
        _releases[guaranteeId] = ReleaseProposal({amount: uint56(amount), person: person, madeOn: businessDate});
        emit ReleaseProposed(guaranteeId, amount, PersonId.unwrap(person));
    }

    /// @inheritdoc IGuaranteeRegistry
    function release(uint64 guaranteeId, uint128 amount) external {
        PersonId person = _only(Role.Approver);
        uint24 businessDate = _postingDay();
        GuaranteeWord word = _live(guaranteeId);
        _checkAmount(guaranteeId, word, amount);
        ReleaseProposal memory proposal = _releases[guaranteeId];
        if (proposal.amount != amount) revert GuaranteeRegistry_NotProposed(guaranteeId, amount);
        uint24 last = proposal.madeOn + PROPOSAL_DAYS;
        if (businessDate > last) revert GuaranteeRegistry_ProposalExpired(guaranteeId, last, businessDate);
        _differs(proposal.person, person);
        _release(guaranteeId, word, amount, businessDate, person);
    }

    /// @inheritdoc IGuaranteeRegistry
    function releaseClosed(uint64 guaranteeId) external {
        uint24 businessDate = _postingDay();
        GuaranteeWord word = _live(guaranteeId);
        uint64 loanId = LoanId.unwrap(word.loanOf());
        if (!_loanStates.get(_closedBit(loanId))) revert GuaranteeRegistry_LoanStillOwes(guaranteeId, loanId);
        _release(guaranteeId, word, word.amountOf(), businessDate, _callerPerson());
    }

    function _release(uint64 id, GuaranteeWord word, uint128 amount, uint24 businessDate, PersonId person) private {
        (uint128 left, uint128 live) = _reduce(id, word, amount);
        emit GuaranteeReleased(id, _guarantorOf(id), amount, left, live, businessDate, PersonId.unwrap(person));
    }

    function _reduce(uint64 id, GuaranteeWord word, uint128 amount) private returns (uint128 left, uint128 live) {
        left = word.amountOf() - amount;
        uint64 node = word.guarantorNodeOf();
        _guarantees[id] = left == 0 ? word.withAmount(0).withState(GuaranteeState.Released) : word.withAmount(left);
        if (_demanded[id] > left) _demanded[id] = left; // no more is demanded than is guaranteed
        if (left == 0) _unbind(node, word.beneficiaryNodeOf());
        live = _lower(_guarantorOf(id), amount);
        if (node >= GROUP_NODES) _lower(node, amount);
        delete _releases[id];
    }

    /// @inheritdoc IGuaranteeRegistry
    function markLoan(LoanId loanId, bool closed, bool inDefault) external {
        _only(Role.Book);
        uint256 bit = _closedBit(LoanId.unwrap(loanId));
        _loanStates.setTo(bit, closed);
        _loanStates.setTo(bit + 1, inDefault);
    }

    /// @inheritdoc IGuaranteeRegistry
    function demand(uint64 guaranteeId, uint128 amount, PersonId person) external {
        _only(Role.Book);
        uint24 businessDate = _actingDay();
        GuaranteeWord word = _live(guaranteeId);
        _checkAmount(guaranteeId, word, amount);
        uint64 loanId = LoanId.unwrap(word.loanOf());
        if (!_loanStates.get(_closedBit(loanId) + 1)) revert GuaranteeRegistry_LoanNotInDefault(guaranteeId, loanId);
        _guarantees[guaranteeId] = word.withState(GuaranteeState.Demanded);
        _demanded[guaranteeId] = amount;
        uint32 guarantor = _guarantorOf(guaranteeId);
        emit GuaranteeDemanded(guaranteeId, guarantor, loanId, amount, businessDate, PersonId.unwrap(person));
    }

    /// @inheritdoc IGuaranteeRegistry
    function settle(uint64 guaranteeId, uint128 amount) external {
        _only(Role.Book);
        uint24 businessDate = _postingDay();
        GuaranteeWord word = _live(guaranteeId);
        uint128 demanded = _demanded[guaranteeId];
        if (amount == 0 || amount > demanded) revert GuaranteeRegistry_PaymentExceeds(guaranteeId, amount, demanded);
        demanded -= amount;
        _demanded[guaranteeId] = demanded;
        if (demanded == 0) word = word.withState(GuaranteeState.Active);
        (uint128 left, uint128 live) = _reduce(guaranteeId, word, amount);
        emit GuaranteePaid(
            guaranteeId, _guarantorOf(guaranteeId), LoanId.unwrap(word.loanOf()), amount, demanded, left, live, businessDate
        );
    }

    function _checkAmount(uint64 id, GuaranteeWord word, uint128 amount) private pure {
        if (amount == 0 || amount > word.amountOf()) {
            revert GuaranteeRegistry_ReleaseExceeds(id, amount, word.amountOf());
        }
    }

    // ---------------------------------------------------------------- opening book

    /// @inheritdoc IGuaranteeRegistry
    function importGuarantees(uint32 importId, ImportedGuarantee[] calldata rows) external {
        _import(importId, rows, false, _only(Role.LoanOfficer));
    }

    /// @inheritdoc IGuaranteeRegistry
    function importLegacyCircle(uint32 importId, ImportedGuarantee[] calldata rows) external {
        _import(importId, rows, true, _only(Role.Board));
        for (uint256 i = 0; i < rows.length; ++i) {
            (uint64 from, uint64 to) = _nodes(rows[i].guarantor, rows[i].beneficiary);
            (bool closes,) = _circle(from, to);
            if (!closes) {
                revert GuaranteeRegistry_NoCircle(
                    CustomerId.unwrap(rows[i].guarantor), CustomerId.unwrap(rows[i].beneficiary)
                );
            }
        }
    }

    function _import(uint32 importId, ImportedGuarantee[] calldata rows, bool admitted, PersonId person) private {
        uint24 businessDate = _postingDay();
        uint256 total;
        for (uint256 i = 0; i < rows.length; ++i) {
            total += rows[i].amount;
            _record(importId, rows[i], admitted, businessDate, person);
        }
        _count(importId, rows.length, total);
    }

    function _record(uint32 importId, ImportedGuarantee memory row, bool admitted, uint24 businessDate, PersonId person)
        private
    {
        uint64 booked = _byReference[row.externalRef];
        if (row.externalRef == bytes32(0) || booked != 0) revert GuaranteeRegistry_AlreadyImported(booked);
        (uint64 from, uint64 to) = _nodes(row.guarantor, row.beneficiary);
        _checkRow(row, admitted ? row.guarantor == row.beneficiary : from == to);
        if (!admitted) _refuseCircle(row, from, to);
        _bindOrRefuse(row, from, to, MOST_GUARANTORS_BY_FACTS);
        GuaranteeWord word = newGuarantee(row.beneficiary, row.loanId, row.amount, row.rank).withNodes(from, to);
        booked = _give(row, admitted ? word.inAdmittedCircle() : word, importId, businessDate, person);
        _byReference[row.externalRef] = booked;
        if (admitted) {
            emit LegacyCircleAdmitted(
                booked, CustomerId.unwrap(row.guarantor), CustomerId.unwrap(row.beneficiary), PersonId.unwrap(person)
            );
        }
        _tellExceeded(CustomerId.unwrap(row.guarantor));
        _tellGroupExceeded(from);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IGuaranteeRegistry
    function sharesOf(LoanId loanId, uint64[] calldata guaranteeIds, uint128 claim)
        external
        view
        returns (uint128[] memory shares, uint128 unmet)
    {
        uint128[] memory amounts = new uint128[](guaranteeIds.length);
        uint8[] memory ranks = new uint8[](guaranteeIds.length);
        for (uint256 i = 0; i < guaranteeIds.length; ++i) {
            uint64 id = guaranteeIds[i];
            if (i != 0 && id <= guaranteeIds[i - 1]) revert GuaranteeRegistry_OutOfOrder(id);
            GuaranteeWord word = _live(id);
            if (word.loanOf() != loanId) revert GuaranteeRegistry_NotOfLoan(id, LoanId.unwrap(loanId));
            (amounts[i], ranks[i]) = (word.amountOf(), word.rankOf());
        }
        return RankedShares.split(amounts, ranks, claim);
    }

    function _live(uint64 id) private view returns (GuaranteeWord word) {
        word = _guarantees[id];
        if (!word.isLive()) revert GuaranteeRegistry_NotActive(id, uint8(word.stateOf()));
    }

    function _closedBit(uint64 loanId) private pure returns (uint256) {
        return uint256(loanId) * 2;
    }

    /// @inheritdoc IGuaranteeRegistry
    function guaranteeOf(uint64 guaranteeId) external view returns (Guarantee memory) {
        GuaranteeWord word = _guarantees[guaranteeId];
        return Guarantee({
            guarantor: CustomerId.wrap(_guarantorOf(guaranteeId)),
            beneficiary: word.beneficiaryOf(),
            loanId: word.loanOf(),
            amount: word.amountOf(),
            rank: word.rankOf(),
            legacyCircle: word.inCircle(),
            state: word.stateOf()
        });
    }

    /// @inheritdoc IGuaranteeRegistry
    function nodesOf(uint64 guaranteeId) external view returns (uint64 guarantorNode, uint64 beneficiaryNode) {
        GuaranteeWord word = _guarantees[guaranteeId];
        return (word.guarantorNodeOf(), word.beneficiaryNodeOf());
    }

    /// @inheritdoc IGuaranteeRegistry
    function byReference(bytes32 externalRef) external view returns (uint64) {
        return _byReference[externalRef];
    }

    /// @inheritdoc IGuaranteeRegistry
    function loanStateOf(LoanId loanId) external view returns (bool closed, bool inDefault) {
        uint256 bit = _closedBit(LoanId.unwrap(loanId));
        return (_loanStates.get(bit), _loanStates.get(bit + 1));
    }

    /// @inheritdoc IGuaranteeRegistry
    function demandedOf(uint64 guaranteeId) external view returns (uint128) {
        return _demanded[guaranteeId];
    }

    /// @inheritdoc IGuaranteeRegistry
    function releaseProposalOf(uint64 guaranteeId) external view returns (uint128 amount, uint32 person) {
        ReleaseProposal storage proposal = _releases[guaranteeId];
        return (proposal.amount, PersonId.unwrap(proposal.person));
    }
}
