// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId} from "../contracts/types/Ids.sol";

/// @title Obligor ratings, made by one person and checked by another
/// @notice Grades run from 1 (best) to 20; a rating looks forward (projected debt-service cover) and has a shelf life. One that
/// takes hold is reported to the covenants, which answer in the same transaction.
interface IRatingRegistry {
    /// @notice A rating to make.
    struct Assessment {
        CustomerId customer;
        uint8 grade; // 1 best .. 20 worst
        uint16 scorecard; // version of the scorecard
        uint32 debtServiceCover; // projected, in thousandths (1.250 = 1250)
        uint24 ratedOn; // day number of the data
        uint24 expiresOn; // last day the rating may be used
    }

    /// @notice A rating was made and waits for its check.
    event RatingProposed(uint32 indexed customer, uint8 grade, uint16 scorecard, uint32 debtServiceCover, uint24 ratedOn, uint24 expiresOn, uint32 person);
    /// @notice A rating was checked by another person and holds. `previous` is zero for the first.
    event RatingConfirmed(uint32 indexed customer, uint8 indexed grade, uint8 previous, uint16 scorecard, uint32 debtServiceCover, uint24 ratedOn, uint24 expiresOn, uint32 person);
    /// @notice A rating of an opening book was recorded as it stood.
    event RatingImported(uint32 indexed customer, uint8 indexed grade, uint16 scorecard, uint32 debtServiceCover, uint24 ratedOn, uint24 expiresOn, uint32 importId);

    /// @notice Thrown when a grade or its dates are not allowed: a new rating is of today or before, not before the one it
    /// would replace, and not yet expired.
    error RatingRegistry_Invalid(uint32 customer, uint8 grade, uint24 ratedOn, uint24 expiresOn);
    /// @notice Thrown when there is nothing to confirm.
    error RatingRegistry_NothingProposed(uint32 customer);
    /// @notice Thrown when what is confirmed is not, field by field, what was proposed.
    error RatingRegistry_Differs(uint32 customer, uint8 grade, uint8 proposed);
    /// @notice Thrown when an imported rating already stands.
    error RatingRegistry_AlreadyRated(uint32 customer, uint8 grade);

    /// @notice Make a rating. Only risk officers.
    function propose(Assessment calldata assessment) external;
    /// @notice The same for many; one that is refused refuses all. Only risk officers.
    function proposeInBatch(Assessment[] calldata assessments) external;
    /// @notice Check the rating that waits, told in full so that nothing else can be slipped under the signature.
    /// Only approvers, never the maker.
    function confirm(Assessment calldata assessment) external;
    /// @notice The same for many; one that is refused refuses all. Only approvers, never a maker.
    function confirmInBatch(Assessment[] calldata assessments) external;
    /// @notice Record ratings of an opening book. Only loan officers, under a released import.
    function importRatings(uint32 importId, Assessment[] calldata rows) external;

    /// @return grade The confirmed grade, zero for none. @return expiresOn Its last day.
    function ratingOf(CustomerId customer) external view returns (uint8 grade, uint24 expiresOn);
    /// @return The confirmed assessment in full.
    function assessmentOf(CustomerId customer) external view returns (Assessment memory);
    /// @return assessment The assessment that waits for its check, grade zero for none. @return person Who made it.
    function proposalOf(CustomerId customer) external view returns (Assessment memory assessment, uint32 person);
}
