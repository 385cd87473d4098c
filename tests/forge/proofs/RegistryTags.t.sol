// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {EnrolmentRegistry} from "contracts/EnrolmentRegistry.sol";

import {Registry} from "./Registry.sol";

/// @notice Who makes which tag known and unknown.
contract RegistryTags is Registry {
    EnrolmentRegistry private _registry;

    function setUp() public {
        _registry = new EnrolmentRegistry(keccak256("instance"));
        svm.enableSymbolicStorage(address(_registry));
    }

    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2,3 --default-bytes-lengths 0,32,257
    function check_Tags_OnlyTheirRegistrarChangesThem(address caller, bytes32 tag) public {
        uint256 before = _enrolment(_registry, tag);
        bool registrar = _has(_registry, REGISTRAR, _prefix(tag), caller);
        _callAnything(caller, address(_registry), "EnrolmentRegistry");
        assert(_any(_enrolment(_registry, tag) == before, registrar));
    }

    /// @dev What is not announced never holds a tag: the epoch is in range and has its keys at the moment of enrolment.
    /// @custom:halmos --loop 10 --default-array-lengths 0,1,2,3 --default-bytes-lengths 0,32,257
    function check_Tags_AppearOnlyInAnAnnouncedEpoch(address caller, bytes32 tag) public {
        vm.assume(_enrolment(_registry, tag) == 0);
        uint32 epoch = uint32(uint256(tag) >> 208);
        (uint32 oldest, , uint32 announced) = _epochs(_registry, _prefix(tag));
        bool allowed = _all(epoch >= oldest, epoch <= announced);
        allowed = _all(allowed, _registry.evaluatorKey(_prefix(tag), epoch, 1) != bytes32(0));

        _callAnything(caller, address(_registry), "EnrolmentRegistry");

        uint256 present = _enrolment(_registry, tag);
        assert(_any(present == 0, _all(present == 1, allowed)));
    }

    /// @custom:halmos --loop 10 --array-lengths tags={0,1,2,3}
    function check_Enrol_AddsExactlyTheNamedTags(
        address caller,
        uint16 municipality,
        uint32 epoch,
        bytes32[] calldata tags,
        bytes32 other
    ) public {
        for (uint256 i = 0; i < tags.length; ++i) vm.assume(tags[i] != other);
        uint256 before = _enrolment(_registry, other);
        bool free = true;
        for (uint256 i = 0; i < tags.length; ++i) free = _all(free, _enrolment(_registry, tags[i]) == 0);

        vm.prank(caller);
        _registry.enrol(municipality, epoch, tags);

        assert(_all(free, tags.length != 0));
        assert(_enrolment(_registry, other) == before);
        for (uint256 i = 0; i < tags.length; ++i) {
            assert(_enrolment(_registry, tags[i]) == 1);
            assert(uint256(tags[i]) >> 208 == (uint256(municipality) << 32) | epoch);
        }
    }

    /// @custom:halmos --loop 10 --array-lengths tags={0,1,2,3}
    function check_EndEnrolment_RemovesExactlyTheNamedTags(
        address caller,
        uint16 municipality,
        bytes32[] calldata tags,
        bytes32 other
    ) public {
        for (uint256 i = 0; i < tags.length; ++i) vm.assume(tags[i] != other);
        uint256 before = _enrolment(_registry, other);
        bool known = true;
        for (uint256 i = 0; i < tags.length; ++i) known = _all(known, _enrolment(_registry, tags[i]) != 0);

        vm.prank(caller);
        _registry.endEnrolment(municipality, tags);

        assert(_all(known, tags.length != 0));
        assert(_enrolment(_registry, other) == before);
        for (uint256 i = 0; i < tags.length; ++i) {
            assert(_enrolment(_registry, tags[i]) == 0);
            assert(_prefix(tags[i]) == municipality);
        }
    }

    function _beforeCall(bytes memory data) internal override {
        _emptyTextsOf(_registry, data);
    }
}
