// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICovenantRegistry} from "../../interfaces/ICovenantRegistry.sol";
import {Governed} from "../governance/Governed.sol";
import {known} from "../governance/Known.sol";
import {Answer, Bound, Measure, Role, Standing} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";

/// @dev What each product asks of its borrowers. See ICovenantRegistry.
abstract contract CovenantRules is ICovenantRegistry, Governed {
    /// @dev One slot.
    struct StandingRule {
        Answer answer;
        uint16 cureDays;
    }

    uint8 private constant WORST_GRADE = 20;
    uint16 private constant LONGEST_CURE = 730;

    mapping(uint16 product => RatingRule) internal _ratingRules;
    mapping(uint16 product => mapping(Standing => StandingRule)) internal _standingRules;
    mapping(uint16 product => mapping(Measure => MeasureRule)) internal _measureRules;
    mapping(uint16 product => uint256 mask) internal _measures; // bit n: Measure(n) has a rule

    /// @inheritdoc ICovenantRegistry
    function setRatingRule(uint16 product, RatingRule calldata rule) external {
        PersonId person = _only(Role.RiskOfficer);
        uint24 today = _actingDay();
        bool onScale = rule.worstGrade <= WORST_GRADE && rule.notches < WORST_GRADE;
        _checkRule(product, rule.answer, rule.cureDays, onScale);
        _checkRule(product, rule.downgradeAnswer, rule.downgradeCureDays, true);
        _ratingRules[product] = rule;
        emit RatingRuleSet(
            product, rule.worstGrade, rule.answer, rule.cureDays, rule.notches, rule.downgradeAnswer,
            rule.downgradeCureDays, today, PersonId.unwrap(person)
        );
    }

    /// @inheritdoc ICovenantRegistry
    function setStandingRule(uint16 product, uint8 standing_, uint8 answer, uint16 cureDays) external {
        PersonId person = _only(Role.RiskOfficer);
        uint24 today = _actingDay();
        Standing standing = _standing(standing_);
        _checkRule(product, answer, cureDays, standing != Standing.Normal || answer == uint8(Answer.Continue));
        _standingRules[product][standing] = StandingRule(Answer(answer), cureDays);
        emit StandingRuleSet(product, standing_, answer, cureDays, today, PersonId.unwrap(person));
    }

    /// @inheritdoc ICovenantRegistry
    function setMeasureRule(uint16 product, uint8 measure_, MeasureRule calldata rule) external {
        PersonId person = _only(Role.RiskOfficer);
        uint24 today = _actingDay();
        Measure measure = _measure(measure_);
        known(rule.bound, uint8(type(Bound).max));
        _checkRule(product, rule.answer, rule.cureDays, true);
        _measureRules[product][measure] = rule;
        uint256 flag = 1 << measure_;
        _measures[product] = rule.answer == uint8(Answer.Continue) ? _measures[product] & ~flag : _measures[product] | flag;
        emit MeasureRuleSet(
            product, measure_, rule.bound, rule.threshold, rule.answer, rule.cureDays, rule.longestAge, today,
            PersonId.unwrap(person)
        );
    }

    function _checkRule(uint16 product, uint8 answer, uint16 cureDays, bool sound) private pure {
        uint16 most = Answer(known(answer, uint8(type(Answer).max))) == Answer.ServeNotice ? LONGEST_CURE : 0;
        if (!sound || cureDays > most) revert CovenantRegistry_RuleInvalid(product, answer, cureDays);
    }

    function _standing(uint8 code) internal pure returns (Standing) {
        return Standing(known(code, uint8(type(Standing).max)));
    }

    function _measure(uint8 code) internal pure returns (Measure) {
        return Measure(known(code, uint8(type(Measure).max)));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICovenantRegistry
    function ratingRuleOf(uint16 product) external view returns (RatingRule memory) {
        return _ratingRules[product];
    }

    /// @inheritdoc ICovenantRegistry
    function standingRuleOf(uint16 product, uint8 standing_) external view returns (Answer answer, uint16 cureDays) {
        StandingRule storage rule = _standingRules[product][_standing(standing_)];
        return (rule.answer, rule.cureDays);
    }

    /// @inheritdoc ICovenantRegistry
    function measureRuleOf(uint16 product, uint8 measure) external view returns (MeasureRule memory) {
        return _measureRules[product][_measure(measure)];
    }
}
