// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Answer, Standing} from "../contracts/types/Enums.sol";
import {CustomerId} from "../contracts/types/Ids.sol";

/// @title Covenants: whether a customer's loans of a product go on as facts about the customer change
/// @notice Each product has rules, which are data: for the rating, for the customer's standing, and for each financial
/// measure that the borrower reports. A fact is tested against them in the transaction that reports it, and the contract
/// answers: continue, suspend drawings, or serve a notice (which suspends them too) with a last day to cure the breach.
/// The answer of a customer's loans of a product is the severest among its tests; of notices, the one to cure first.
/// A test that goes on failing keeps its last day to cure; a severer rule may bring it forward, nothing puts it off. A test
/// that is met again up to that day, the day itself included, is cured. Afterwards the notice has run out and stands,
/// whatever is reported, until two persons start the covenants anew.
/// @dev Tests are numbered: 1 rating, 2 downgrade, 3 standing, 4 + Measure for a figure; zero is none of them.
interface ICovenantRegistry {
    /// @notice A product's rule for ratings. A customer without a grade is not tested.
    struct RatingRule {
        uint8 worstGrade; // the worst grade that may go on; zero: any
        uint8 answer; // an Answer, to a grade beyond it
        uint16 cureDays;
        uint8 notches; // this many below the grade at entry, or more, are a downgrade; zero: none is
        uint8 downgradeAnswer; // an Answer
        uint16 downgradeCureDays;
    }

    /// @notice A product's rule for one measure.
    struct MeasureRule {
        uint8 bound; // a Bound; the threshold is kept where the figure equals it
        int64 threshold; // parts per billion
        uint8 answer; // an Answer, to a figure beyond it, and to one that is late
        uint16 cureDays;
        uint16 longestAge; // days a figure stands before the next is late; zero: for ever
    }

    /// @notice How a customer stands.
    struct Report {
        Standing standing;
        uint24 reportedOn; // day of the last report, zero for none
    }

    /// @notice A customer's loans of one product.
    struct Facility {
        uint24 enteredOn;
        uint8 entryGrade; // zero for none
        Answer answer;
        uint8 reason; // number of the test
        uint24 cureBy; // last day to cure, zero without a notice
    }

    /// @notice A product's rule for ratings was set and stands from then on.
    event RatingRuleSet(
        uint16 indexed product, uint8 worstGrade, uint8 answer, uint16 cureDays, uint8 notches, uint8 downgradeAnswer,
        uint16 downgradeCureDays, uint24 valueDate, uint32 person
    );
    /// @notice A product's rule for one standing was set and stands from then on.
    event StandingRuleSet(uint16 indexed product, uint8 indexed standing, uint8 answer, uint16 cureDays, uint24 valueDate, uint32 person);
    /// @notice A product's rule for one measure was set and stands from then on.
    event MeasureRuleSet(
        uint16 indexed product, uint8 indexed measure, uint8 bound, int64 threshold, uint8 answer, uint16 cureDays, uint16 longestAge,
        uint24 valueDate, uint32 person
    );
    /// @notice A customer's standing was reported.
    event StandingReported(uint32 indexed customer, uint8 indexed standing, uint8 previous, uint24 valueDate, uint32 person);
    /// @notice A figure was reported, as of a day.
    event FigureReported(uint32 indexed customer, uint8 indexed measure, int64 value, uint24 asOf, uint24 valueDate, uint32 person);
    /// @notice A customer's loans of a product came under the product's rules.
    event FacilityEntered(uint32 indexed customer, uint16 indexed product, uint8 entryGrade, uint24 valueDate);
    /// @notice What one test says of them changed. `late` tells a figure that was not reported in time.
    event CovenantTested(
        uint32 indexed customer, uint16 indexed product, uint8 test, uint8 answer, uint24 cureBy, bool late, uint24 valueDate
    );
    /// @notice The answer for a customer's loans of a product changed: how severe it is, which test it rests on, or the last day
    /// to cure.
    event ContinuationAnswered(
        uint32 indexed customer, uint16 indexed product, uint8 answer, uint8 reason, uint24 cureBy, uint24 valueDate
    );
    /// @notice It was proposed to start a customer's covenants under a product anew; that may be done up to 30 days later.
    event ResetProposed(uint32 indexed customer, uint16 indexed product, uint24 valueDate, uint32 person);
    /// @notice They start anew: what had run out is waived, and a downgrade counts from this grade on.
    event FacilityReset(
        uint32 indexed customer, uint16 indexed product, uint8 entryGrade, uint24 valueDate, uint32 maker, uint32 checker
    );

    /// @notice Thrown when a rule makes no sense: a grade or notches beyond the scale, cure days without a notice or more than
    /// two years of them, or a normal standing that is not to go on.
    error CovenantRegistry_RuleInvalid(uint16 product, uint8 answer, uint16 cureDays);
    /// @notice Thrown when a figure is older than the one that stands, or of a day to come.
    error CovenantRegistry_FigureOutOfOrder(uint32 customer, uint8 measure, uint24 asOf, uint24 earliest, uint24 latest);
    /// @notice Thrown when a customer would come under the rules of more products than a fact can be tested against.
    error CovenantRegistry_TooManyProducts(uint32 customer, uint16 product, uint8 most);
    /// @notice Thrown when money would be drawn that a covenant holds back. A figure that is late suspends drawings from the day
    /// it is, before anybody asks for the answer.
    error CovenantRegistry_DrawingsSuspended(uint32 customer, uint16 product, uint8 answer, uint24 cureBy);
    /// @notice Thrown when a customer's loans of a product are under no rules.
    error CovenantRegistry_NotEntered(uint32 customer, uint16 product);
    /// @notice Thrown when no reset was proposed.
    error CovenantRegistry_NothingProposed(uint32 customer, uint16 product);
    /// @notice Thrown when the reset proposed could be made up to `lastDay`; it may be proposed anew.
    error CovenantRegistry_ProposalExpired(uint32 customer, uint16 product, uint24 lastDay, uint24 businessDate);

    // ---------------------------------------------------------------- rules
    /// @notice Set a product's rule for ratings; it is asked from the next fact on. Only risk officers.
    function setRatingRule(uint16 product, RatingRule calldata rule) external;
    /// @notice Set a product's rule for one standing. Only risk officers.
    function setStandingRule(uint16 product, uint8 standing, uint8 answer, uint16 cureDays) external;
    /// @notice Set a product's rule for one measure; the answer Continue takes the measure off. Only risk officers.
    function setMeasureRule(uint16 product, uint8 measure, MeasureRule calldata rule) external;

    // ---------------------------------------------------------------- facts
    /// @notice Report how a customer stands. Only risk officers or the credit bureau.
    function reportStanding(CustomerId customer, uint8 standing) external;
    /// @notice Report a figure as of a day; one for the same day takes the place of the earlier. Only risk officers or data
    /// providers.
    /// @param value Parts per billion.
    function reportFigure(CustomerId customer, uint8 measure, int64 value, uint24 asOf) external;
    /// @notice Tell that a customer's grade is another. Only the rating registry.
    function reportRating(CustomerId customer, uint8 grade) external;
    /// @notice Test all that is known of a customer, as after a change of a rule or when a figure is late. Anyone.
    function evaluate(CustomerId customer) external;

    // ---------------------------------------------------------------- facilities
    /// @notice Put a customer's loans of a product under its rules, as they stand; nothing where they are. Only the loan book.
    /// @param grade The confirmed grade, zero for none.
    function enter(CustomerId customer, uint16 product, uint8 grade) external;
    /// @notice Propose to start a customer's covenants under a product anew. Only risk officers.
    function proposeReset(CustomerId customer, uint16 product) external;
    /// @notice Start them anew: what ran out is waived, the first figures have their time, and what fails is served anew from
    /// today, a downgrade from today's grade on. Only approvers, never the maker.
    function reset(CustomerId customer, uint16 product) external;

    // ---------------------------------------------------------------- views
    /// @notice Reverts where a customer's loans of a product could not come under its rules: they are none yet, and the customer
    /// is under those of as many products as there may be.
    function checkEntry(CustomerId customer, uint16 product) external view;
    /// @notice Reverts where a covenant holds money back on the business day.
    function checkDrawing(CustomerId customer, uint16 product) external view;
    /// @return Whether a notice was served whose last day to cure is before `today`.
    function breachOf(CustomerId customer, uint16 product, uint24 today) external view returns (bool);
    /// @return Whether a customer has loans under rules.
    function isEntered(CustomerId customer) external view returns (bool);
    /// @return The products under whose rules a customer's loans are, in the order they came.
    function productsOf(CustomerId customer) external view returns (uint16[] memory);
    /// @return A customer's loans of one product; all zero where they are under no rules.
    function facilityOf(CustomerId customer, uint16 product) external view returns (Facility memory);
    /// @return answer What one test says of them. @return cureBy Its last day to cure. @return late Whether a figure is late.
    function testOf(CustomerId customer, uint16 product, uint8 test) external view returns (Answer answer, uint24 cureBy, bool late);
    /// @return How a customer stands.
    function standingOf(CustomerId customer) external view returns (Report memory);
    /// @return The grade of a customer that has loans under rules.
    function gradeOf(CustomerId customer) external view returns (uint8);
    /// @return value The last figure reported, parts per billion. @return asOf Its day, zero for none.
    function figureOf(CustomerId customer, uint8 measure) external view returns (int64 value, uint24 asOf);
    /// @return A product's rule for ratings.
    function ratingRuleOf(uint16 product) external view returns (RatingRule memory);
    /// @return answer A product's answer to a standing. @return cureDays Days to cure it.
    function standingRuleOf(uint16 product, uint8 standing) external view returns (Answer answer, uint16 cureDays);
    /// @return A product's rule for one measure.
    function measureRuleOf(uint16 product, uint8 measure) external view returns (MeasureRule memory);
}
