// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICovenantRegistry} from "../../interfaces/ICovenantRegistry.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {IRatingRegistry} from "../../interfaces/IRatingRegistry.sol";
import {Governed} from "../governance/Governed.sol";
import {Importing} from "../governance/Importing.sol";
import {Role} from "../types/Enums.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";

/// @title RatingRegistry
/// @dev See IRatingRegistry.
contract RatingRegistry is IRatingRegistry, Importing {
    /// @dev One slot; the maker counts while the rating waits.
    struct Rating {
        uint8 grade;
        uint16 scorecard;
        uint32 debtServiceCover;
        uint24 ratedOn;
        uint24 expiresOn;
        PersonId maker;
    }

    uint8 private constant WORST_GRADE = 20;

    ICustomerRegistry private immutable CUSTOMERS;
    ICovenantRegistry private immutable COVENANTS;

    mapping(CustomerId => Rating) private _confirmed;
    mapping(CustomerId => Rating) private _proposed;

    constructor(address authority_, address customers, address covenants) Governed(authority_) {
        CUSTOMERS = ICustomerRegistry(customers);
        COVENANTS = ICovenantRegistry(covenants);
    }

    // ---------------------------------------------------------------- ratings

    /// @inheritdoc IRatingRegistry
    function propose(Assessment calldata assessment) external {
        PersonId maker = _only(Role.RiskOfficer);
        _propose(assessment, _actingDay(), maker);
    }

    /// @inheritdoc IRatingRegistry
    function proposeInBatch(Assessment[] calldata assessments) external {
        PersonId maker = _only(Role.RiskOfficer);
        uint24 businessDate = _actingDay();
        for (uint256 i = 0; i < assessments.length; ++i) {
            _propose(assessments[i], businessDate, maker);
        }
    }

    function _propose(Assessment calldata assessment, uint24 businessDate, PersonId maker) private {
        CUSTOMERS.nodeOf(assessment.customer);
        _check(assessment, businessDate);
        if (assessment.expiresOn < businessDate) _refuse(assessment);
        _proposed[assessment.customer] = _packed(assessment, maker);
        emit RatingProposed(
            CustomerId.unwrap(assessment.customer),
            assessment.grade,
            assessment.scorecard,
            assessment.debtServiceCover,
            assessment.ratedOn,
            assessment.expiresOn,
            PersonId.unwrap(maker)
        );
    }

    /// @inheritdoc IRatingRegistry
    function confirm(Assessment calldata assessment) external {
        PersonId checker = _only(Role.Approver);
        _confirm(assessment, _actingDay(), checker);
    }

    /// @inheritdoc IRatingRegistry
    function confirmInBatch(Assessment[] calldata assessments) external {
        PersonId checker = _only(Role.Approver);
        uint24 businessDate = _actingDay();
        for (uint256 i = 0; i < assessments.length; ++i) {
            _confirm(assessments[i], businessDate, checker);
        }
    }

    function _confirm(Assessment calldata assessment, uint24 businessDate, PersonId checker) private {
        CustomerId customer = assessment.customer;
        Rating memory proposal = _proposed[customer];
        if (proposal.grade == 0) revert RatingRegistry_NothingProposed(CustomerId.unwrap(customer));
        _differs(proposal.maker, checker);
        if (!_agree(assessment, proposal)) {
            revert RatingRegistry_Differs(CustomerId.unwrap(customer), assessment.grade, proposal.grade);
        }
        Rating storage earlier = _confirmed[customer];
        uint8 previous = earlier.grade;
        if (assessment.expiresOn < businessDate || assessment.ratedOn < earlier.ratedOn) _refuse(assessment);
        _confirmed[customer] = proposal;
        delete _proposed[customer];
        emit RatingConfirmed(
            CustomerId.unwrap(customer),
            proposal.grade,
            previous,
            proposal.scorecard,
            proposal.debtServiceCover,
            proposal.ratedOn,
            proposal.expiresOn,
            PersonId.unwrap(checker)
        );
        _report(customer, proposal.grade);
    }

    /// @dev The covenants answer in the same transaction; a customer without any costs one read.
    function _report(CustomerId customer, uint8 grade) private {
        if (COVENANTS.isEntered(customer)) COVENANTS.reportRating(customer, grade);
    }

    // ---------------------------------------------------------------- opening book

    /// @inheritdoc IRatingRegistry
    function importRatings(uint32 importId, Assessment[] calldata rows) external {
        PersonId maker = _only(Role.LoanOfficer);
        uint24 businessDate = _postingDay();
        _count(importId, rows.length, 0);
        for (uint256 i = 0; i < rows.length; ++i) {
            _import(importId, rows[i], businessDate, maker);
        }
    }

    function _import(uint32 importId, Assessment calldata assessment, uint24 businessDate, PersonId maker) private {
        CustomerId customer = assessment.customer;
        CUSTOMERS.nodeOf(customer);
        uint8 rated = _confirmed[customer].grade;
        if (rated != 0) revert RatingRegistry_AlreadyRated(CustomerId.unwrap(customer), rated);
        _check(assessment, businessDate);
        _confirmed[customer] = _packed(assessment, maker);
        emit RatingImported(
            CustomerId.unwrap(customer),
            assessment.grade,
            assessment.scorecard,
            assessment.debtServiceCover,
            assessment.ratedOn,
            assessment.expiresOn,
            importId
        );
        _report(customer, assessment.grade);
    }

    function _check(Assessment calldata assessment, uint24 businessDate) private pure {
        bool graded = assessment.grade != 0 && assessment.grade <= WORST_GRADE;
        bool dated = assessment.ratedOn <= businessDate && assessment.ratedOn <= assessment.expiresOn;
        if (!graded || !dated) _refuse(assessment);
    }

    function _refuse(Assessment calldata assessment) private pure {
        revert RatingRegistry_Invalid(
            CustomerId.unwrap(assessment.customer), assessment.grade, assessment.ratedOn, assessment.expiresOn
        );
    }

    function _agree(Assessment calldata assessment, Rating memory proposal) private pure returns (bool) {
        return assessment.grade == proposal.grade && assessment.scorecard == proposal.scorecard
            && assessment.debtServiceCover == proposal.debtServiceCover && assessment.ratedOn == proposal.ratedOn
            && assessment.expiresOn == proposal.expiresOn;
    }

    function _packed(Assessment calldata assessment, PersonId maker) private pure returns (Rating memory) {
        return Rating({
            grade: assessment.grade,
            scorecard: assessment.scorecard,
            debtServiceCover: assessment.debtServiceCover,
            ratedOn: assessment.ratedOn,
            expiresOn: assessment.expiresOn,
            maker: maker
        });
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IRatingRegistry
    function ratingOf(CustomerId customer) external view returns (uint8 grade, uint24 expiresOn) {
        Rating storage rating = _confirmed[customer];
        return (rating.grade, rating.expiresOn);
    }

    /// @inheritdoc IRatingRegistry
    function assessmentOf(CustomerId customer) external view returns (Assessment memory) {
        return _unpacked(customer, _confirmed[customer]);
    }

    /// @inheritdoc IRatingRegistry
    function proposalOf(CustomerId customer) external view returns (Assessment memory assessment, uint32 person) {
        Rating storage proposal = _proposed[customer];
        return (_unpacked(customer, proposal), PersonId.unwrap(proposal.maker));
    }

    function _unpacked(CustomerId customer, Rating storage rating) private view returns (Assessment memory) {
        return Assessment({
            customer: customer,
            grade: rating.grade,
            scorecard: rating.scorecard,
            debtServiceCover: rating.debtServiceCover,
            ratedOn: rating.ratedOn,
            expiresOn: rating.expiresOn
        });
    }
}
