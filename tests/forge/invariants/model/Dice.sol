// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @dev A row of choices out of one number of the fuzzer, so that a step has one argument and every value of it means
/// something.
struct Dice {
    uint256 seed;
}

using {roll, chance} for Dice global;

/// @dev The next number below `sides`.
function roll(Dice memory dice, uint256 sides) pure returns (uint256) {
    dice.seed = uint256(keccak256(abi.encode(dice.seed)));
    return dice.seed % sides;
}

/// @dev True in `percent` of the cases.
function chance(Dice memory dice, uint256 percent) pure returns (bool) {
    return roll(dice, 100) < percent;
}
