// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {COMPOUNDS, COVENANTED, KEEPS_TERM, SIGNED, ServicingWord} from "./ServicingWord.sol";

/// @dev How loans of a product are served. Markups, fees and the spread are parts per billion.
struct ServicingTerms {
    uint16 calendar; // whose business days the rule means; zero where there is no rule
    uint8 businessDayRule; // BusinessDayRule
    uint8 graceDays; // without penalty interest on overdue amounts
    uint32 overdueMarkup; // on the rate, for overdue amounts
    uint32 misuseMarkup; // on the rate, for principal used otherwise than agreed
    bool compounds; // interest due and unpaid bears interest
    uint32 prepaymentFee; // of principal paid before it is due
    uint32 drawingFee; // of each drawdown
    bool keepsTerm; // a prepayment lowers the instalments; otherwise it shortens the term
    bool signedTerms; // the customer's account must sign before the first drawdown
    bool covenanted;
    uint16 index; // reference rate; zero for a fixed rate
    int32 spread; // over the index
    uint8 repriceMonths; // between repricings: 1, 3, 6 or 12; zero: priced once, at the application
    uint8 triggers; // bit n: DefaultTrigger n leads to default
    uint16 defaultDays; // past due, beyond which is default
    uint16 currency; // ISO 4217 number
}

function pack(ServicingTerms memory t) pure returns (ServicingWord) {
    uint256 options = t.businessDayRule;
    if (t.keepsTerm) options |= KEEPS_TERM;
    if (t.signedTerms) options |= SIGNED;
    if (t.covenanted) options |= COVENANTED;
    if (t.compounds) options |= COMPOUNDS;
    uint256 word = t.calendar | (uint256(t.graceDays) << 16) | (uint256(t.overdueMarkup) << 24) | (uint256(t.misuseMarkup) << 56);
    word |= (uint256(t.prepaymentFee) << 88) | (uint256(t.drawingFee) << 120) | (options << 152) | (uint256(t.index) << 160);
    word |= (uint256(uint32(t.spread)) << 176) | (uint256(t.repriceMonths) << 208) | (uint256(t.triggers) << 216);
    return ServicingWord.wrap(word | (uint256(t.defaultDays) << 224) | (uint256(t.currency) << 240));
}

function unpack(ServicingWord w) pure returns (ServicingTerms memory t) {
    (t.calendar, t.businessDayRule) = (uint16(w.calendar()), uint8(w.businessDayRule()));
    (t.graceDays, t.overdueMarkup, t.misuseMarkup) = (uint8(w.graceDays()), uint32(w.overdueMarkup()), uint32(w.misuseMarkup()));
    (t.compounds, t.keepsTerm) = (w.compounds(), w.keepsTerm());
    (t.signedTerms, t.covenanted) = (w.isSigned(), w.isCovenanted());
    (t.prepaymentFee, t.drawingFee) = (uint32(w.prepaymentFee()), uint32(w.drawingFee()));
    (t.index, t.spread, t.repriceMonths) = (w.index(), int32(w.spread()), uint8(w.repriceMonths()));
    (t.triggers, t.defaultDays, t.currency) = (uint8(w.triggers()), uint16(w.defaultDays()), w.currency());
}
