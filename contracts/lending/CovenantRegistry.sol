// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICovenantRegistry} from "../../interfaces/ICovenantRegistry.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {Governed, PROPOSAL_DAYS} from "../governance/Governed.sol";
import {Answer, Bound, CovenantTest, Measure, Role, Standing} from "../types/Enums.sol";
import {FacilityWord, Lane, newFacility, newLane, TESTS} from "../types/FacilityWord.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";
import {bit} from "../types/Seat.sol";
import {CovenantRules} from "./CovenantRules.sol";

/// @title CovenantRegistry
/// @dev A fact costs one word read and the rule that bears on it for each product. See ICovenantRegistry.
contract CovenantRegistry is CovenantRules {
    /// @dev One slot.
    struct Debtor {
        uint8 grade; // while under rules
        Standing standing;
        uint24 reportedOn;
        uint8 products;
    }

    /// @dev One slot.
    struct Figure {
        int64 value;
        uint24 asOf;
    }

    /// @dev One slot.
    struct ResetProposal {
        PersonId maker;
        uint24 madeOn;
    }

    uint8 private constant MOST_PRODUCTS = 16; // 16 bits each: the list is one word
    uint256 private constant EVERY_TEST = uint256(CovenantTest.None);
    uint256 private constant RATING = uint256(CovenantTest.Rating);
    uint256 private constant DOWNGRADE = uint256(CovenantTest.Downgrade);
    uint256 private constant STANDING = uint256(CovenantTest.Standing);
    uint256 private constant FIGURE = uint256(CovenantTest.Figure);

    ICustomerRegistry private immutable CUSTOMERS;

    mapping(CustomerId => Debtor) private _debtors;
    mapping(CustomerId => uint256 list) private _products;
    mapping(CustomerId => mapping(Measure => Figure)) private _figures;
    mapping(uint256 facility => FacilityWord) private _facilities;
    mapping(uint256 facility => ResetProposal) private _resets;

    constructor(address authority_, address customers) Governed(authority_) {
        CUSTOMERS = ICustomerRegistry(customers);
    }

    // ---------------------------------------------------------------- facts

    /// @inheritdoc ICovenantRegistry
    function reportStanding(CustomerId customer, uint8 standing_) external {
        PersonId person = _onlyAny(bit(Role.RiskOfficer) | bit(Role.CreditBureau));
        uint24 today = _postingDay();
        CUSTOMERS.nodeOf(customer); // reverts for an unknown customer
        Debtor memory debtor = _debtors[customer];
        Standing previous = debtor.standing;
        (debtor.standing, debtor.reportedOn) = (_standing(standing_), today);
        _debtors[customer] = debtor;
        emit StandingReported(
            CustomerId.unwrap(customer), standing_, uint8(previous), today, PersonId.unwrap(person)
        );
        _retest(customer, STANDING, today);
    }

    /// @inheritdoc ICovenantRegistry
    function reportFigure(CustomerId customer, uint8 measure_, int64 value, uint24 asOf) external {
        PersonId person = _onlyAny(bit(Role.RiskOfficer) | bit(Role.DataProvider));
        uint24 today = _postingDay();
        Measure measure = _measure(measure_);
        CUSTOMERS.nodeOf(customer);
        uint24 earliest = _figures[customer][measure].asOf;
        if (asOf == 0 || asOf < earliest || asOf > today) {
            revert CovenantRegistry_FigureOutOfOrder(CustomerId.unwrap(customer), measure_, asOf, earliest, today);
        }
        _figures[customer][measure] = Figure(value, asOf);
        emit FigureReported(
            CustomerId.unwrap(customer), measure_, value, asOf, today, PersonId.unwrap(person)
        );
        _retest(customer, FIGURE + measure_, today);
    }

    /// @inheritdoc ICovenantRegistry
    function reportRating(CustomerId customer, uint8 grade) external {
        _only(Role.Ratings);
        uint24 today = _postingDay();
        _debtors[customer].grade = grade;
        _retest(customer, RATING, today);
    }

    /// @inheritdoc ICovenantRegistry
    function evaluate(CustomerId customer) external {
        _retest(customer, EVERY_TEST, _postingDay());
    }

    // ---------------------------------------------------------------- facilities

    /// @inheritdoc ICovenantRegistry
    function enter(CustomerId customer, uint16 product, uint8 grade) external {
        _only(Role.Book);
        uint24 today = _postingDay();
        uint32 number = CustomerId.unwrap(customer);
        if (_facilities[_key(customer, product)].enteredOn() != 0) return;
        Debtor storage debtor = _debtors[customer];
        uint8 place = debtor.products;
        _checkRoom(number, product, place);
        (debtor.grade, debtor.products) = (grade, place + 1);
        _products[customer] |= uint256(product) << 16 * uint256(place);
        emit FacilityEntered(number, product, grade, today);
        FacilityWord word = newFacility(today, grade);
        _facilities[_key(customer, product)] = word;
        _settle(customer, product, word, _tested(word, customer, product, EVERY_TEST, today), today);
    }

    function _checkRoom(uint32 customer, uint16 product, uint8 products) private pure {
        if (products == MOST_PRODUCTS) revert CovenantRegistry_TooManyProducts(customer, product, MOST_PRODUCTS);
    }

    /// @inheritdoc ICovenantRegistry
    function proposeReset(CustomerId customer, uint16 product) external {
        PersonId maker = _only(Role.RiskOfficer);
        uint24 today = _actingDay();
        _entered(customer, product);
        _resets[_key(customer, product)] = ResetProposal(maker, today);
        emit ResetProposed(CustomerId.unwrap(customer), product, today, PersonId.unwrap(maker));
    }

    /// @inheritdoc ICovenantRegistry
    function reset(CustomerId customer, uint16 product) external {
        PersonId checker = _only(Role.Approver);
        uint24 today = _actingDay();
        uint256 key = _key(customer, product);
        PersonId maker = _useProposal(key, customer, product, today, checker);
        FacilityWord before = _entered(customer, product);
        FacilityWord word = newFacility(today, _debtors[customer].grade);
        emit FacilityReset(
            CustomerId.unwrap(customer), product, word.entryGrade(), today, PersonId.unwrap(maker), PersonId.unwrap(checker)
        );
        _settle(customer, product, before, _tested(word, customer, product, EVERY_TEST, today), today);
    }

    function _useProposal(uint256 key, CustomerId customer, uint16 product, uint24 today, PersonId checker)
        private
        returns (PersonId maker)
    {
        ResetProposal memory proposal = _resets[key];
        maker = proposal.maker;
        if (PersonId.unwrap(maker) == 0) {
            revert CovenantRegistry_NothingProposed(CustomerId.unwrap(customer), product);
        }
        uint24 last = proposal.madeOn + PROPOSAL_DAYS;
        if (today > last) {
            revert CovenantRegistry_ProposalExpired(CustomerId.unwrap(customer), product, last, today);
        }
        _differs(maker, checker);
        delete _resets[key];
    }

    function _entered(CustomerId customer, uint16 product) private view returns (FacilityWord word) {
        word = _facilities[_key(customer, product)];
        if (word.enteredOn() == 0) revert CovenantRegistry_NotEntered(CustomerId.unwrap(customer), product);
    }

    // ---------------------------------------------------------------- tests

    /// @dev Let a customer's loans of each product answer a fact that is kept.
    function _retest(CustomerId customer, uint256 test, uint24 today) private {
        uint256 list = _products[customer];
        uint256 count = _debtors[customer].products;
        for (uint256 i = 0; i < count; ++i) {
            uint16 product = uint16(list >> 16 * i);
            FacilityWord word = _facilities[_key(customer, product)];
            _settle(customer, product, word, _tested(word, customer, product, test, today), today);
        }
    }

    function _tested(FacilityWord word, CustomerId customer, uint16 product, uint256 test, uint24 today)
        private
        view
        returns (FacilityWord)
    {
        if (test == RATING || test == EVERY_TEST) word = _testRating(word, product, _debtors[customer].grade, today);
        if (test == STANDING || test == EVERY_TEST) {
            word = _testStanding(word, product, _debtors[customer].standing, today);
        }
        if (test >= FIGURE) return _testFigure(word, customer, product, Measure(test - FIGURE), today);
        if (test == EVERY_TEST) {
            uint256 mask = _measures[product];
            for (uint256 i = FIGURE; i <= TESTS; ++i) {
                // A measure that was taken off may still have a notice.
                bool asked = mask >> (i - FIGURE) & 1 != 0 || Lane.unwrap(word.laneOf(i)) != 0;
                if (asked) word = _testFigure(word, customer, product, Measure(i - FIGURE), today);
            }
        }
        return word;
    }

    function _testRating(FacilityWord word, uint16 product, uint8 grade, uint24 today)
        private
        view
        returns (FacilityWord)
    {
        RatingRule memory rule = _ratingRules[product];
        bool beyond = rule.worstGrade != 0 && grade > rule.worstGrade;
        uint8 entry = word.entryGrade();
        bool downgraded = rule.notches != 0 && entry != 0 && grade >= entry + rule.notches;
        word = _told(word, RATING, beyond ? Answer(rule.answer) : Answer.Continue, rule.cureDays, false, today);
        return _told(
            word, DOWNGRADE, downgraded ? Answer(rule.downgradeAnswer) : Answer.Continue, rule.downgradeCureDays, false, today
        );
    }

    function _testStanding(FacilityWord word, uint16 product, Standing standing_, uint24 today)
        private
        view
        returns (FacilityWord)
    {
        StandingRule memory rule = _standingRules[product][standing_];
        return _told(word, STANDING, rule.answer, rule.cureDays, false, today);
    }

    function _testFigure(FacilityWord word, CustomerId customer, uint16 product, Measure measure, uint24 today)
        private
        view
        returns (FacilityWord)
    {
        MeasureRule memory rule = _measureRules[product][measure];
        Figure memory figure = _figures[customer][measure];
        bool beyond = figure.asOf != 0
            && (rule.bound == uint8(Bound.Minimum) ? figure.value < rule.threshold : figure.value > rule.threshold);
        bool late = _isLate(rule, figure, word, today);
        Answer answer = beyond || late ? Answer(rule.answer) : Answer.Continue;
        return _told(word, FIGURE + uint256(measure), answer, rule.cureDays, late, today);
    }

    /// @dev The first figure has as many days from entry as any other from the day of the last.
    function _isLate(MeasureRule memory rule, Figure memory figure, FacilityWord word, uint24 today)
        private
        pure
        returns (bool)
    {
        uint24 since = figure.asOf == 0 ? word.enteredOn() : figure.asOf;
        return rule.longestAge != 0 && today > since + rule.longestAge;
    }

    /// @dev What a test says now: a notice that ran out stands, one that runs is never put off.
    function _told(FacilityWord word, uint256 test, Answer answer, uint16 cureDays, bool late, uint24 today)
        private
        pure
        returns (FacilityWord)
    {
        Lane lane = word.laneOf(test);
        uint24 cureBy = answer == Answer.ServeNotice ? today + cureDays : 0;
        if (lane.laneAnswer() == Answer.ServeNotice) {
            uint24 standing_ = lane.cureByOf();
            if (today > standing_) return word;
            if (standing_ < cureBy) cureBy = standing_;
        }
        return word.withLane(test, newLane(answer, cureBy, late && answer != Answer.Continue));
    }

    /// @dev Keep and tell what changed.
    function _settle(CustomerId customer, uint16 product, FacilityWord before, FacilityWord word, uint24 today) private {
        if (FacilityWord.unwrap(before) == FacilityWord.unwrap(word)) return;
        _facilities[_key(customer, product)] = word;
        uint32 number = CustomerId.unwrap(customer);
        uint256 changed = word.changed(before);
        for (uint256 test = 1; changed >> test != 0; ++test) {
            if (changed >> test & 1 == 0) continue;
            Lane lane = word.laneOf(test);
            emit CovenantTested(
                number, product, uint8(test), uint8(lane.laneAnswer()), lane.cureByOf(), lane.isLate(), today
            );
        }
        (Answer answer, uint256 reason, uint24 cureBy) = word.worstOf();
        (Answer had, uint256 hadReason, uint24 hadCureBy) = before.worstOf();
        if (answer == had && reason == hadReason && cureBy == hadCureBy) return;
        emit ContinuationAnswered(number, product, uint8(answer), uint8(reason), cureBy, today);
    }

    function _key(CustomerId customer, uint16 product) private pure returns (uint256) {
        return uint256(CustomerId.unwrap(customer)) << 16 | product;
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICovenantRegistry
    function checkEntry(CustomerId customer, uint16 product) external view {
        if (_facilities[_key(customer, product)].enteredOn() != 0) return;
        _checkRoom(CustomerId.unwrap(customer), product, _debtors[customer].products);
    }

    /// @inheritdoc ICovenantRegistry
    function checkDrawing(CustomerId customer, uint16 product) external view {
        FacilityWord word = _facilities[_key(customer, product)];
        if (word.enteredOn() == 0) return;
        (Answer answer,, uint24 cureBy) = word.worstOf();
        if (answer == Answer.Continue && _anyLate(word, customer, product)) answer = Answer.SuspendDrawings;
        if (answer == Answer.Continue) return;
        revert CovenantRegistry_DrawingsSuspended(CustomerId.unwrap(customer), product, uint8(answer), cureBy);
    }

    function _anyLate(FacilityWord word, CustomerId customer, uint16 product) private view returns (bool) {
        uint256 mask = _measures[product];
        uint24 today = _today();
        for (uint8 i = 0; mask >> i != 0; ++i) {
            if (mask >> i & 1 == 0) continue;
            Measure measure = Measure(i);
            if (_isLate(_measureRules[product][measure], _figures[customer][measure], word, today)) return true;
        }
        return false;
    }

    /// @inheritdoc ICovenantRegistry
    function breachOf(CustomerId customer, uint16 product, uint24 today) external view returns (bool) {
        return _facilities[_key(customer, product)].ranOut(today);
    }

    /// @inheritdoc ICovenantRegistry
    function isEntered(CustomerId customer) external view returns (bool) {
        return _debtors[customer].products != 0;
    }

    /// @inheritdoc ICovenantRegistry
    function productsOf(CustomerId customer) external view returns (uint16[] memory products) {
        products = new uint16[](_debtors[customer].products);
        for (uint256 i = 0; i < products.length; ++i) {
            products[i] = uint16(_products[customer] >> 16 * i);
        }
    }

    /// @inheritdoc ICovenantRegistry
    function facilityOf(CustomerId customer, uint16 product) external view returns (Facility memory) {
        FacilityWord word = _facilities[_key(customer, product)];
        (Answer answer, uint256 reason, uint24 cureBy) = word.worstOf();
        return Facility({
            enteredOn: word.enteredOn(),
            entryGrade: word.entryGrade(),
            answer: answer,
            reason: uint8(reason),
            cureBy: cureBy
        });
    }

    /// @inheritdoc ICovenantRegistry
    function testOf(CustomerId customer, uint16 product, uint8 test)
        external
        view
        returns (Answer answer, uint24 cureBy, bool late)
    {
        if (test == 0 || test > TESTS) return (Answer.Continue, 0, false);
        Lane lane = _facilities[_key(customer, product)].laneOf(test);
        return (lane.laneAnswer(), lane.cureByOf(), lane.isLate());
    }

    /// @inheritdoc ICovenantRegistry
    function standingOf(CustomerId customer) external view returns (Report memory) {
        Debtor storage debtor = _debtors[customer];
        return Report(debtor.standing, debtor.reportedOn);
    }

    /// @inheritdoc ICovenantRegistry
    function gradeOf(CustomerId customer) external view returns (uint8) {
        return _debtors[customer].grade;
    }

    /// @inheritdoc ICovenantRegistry
    function figureOf(CustomerId customer, uint8 measure) external view returns (int64 value, uint24 asOf) {
        Figure storage figure = _figures[customer][_measure(measure)];
        return (figure.value, figure.asOf);
    }
}
