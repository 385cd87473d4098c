// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

import {ClaimRegister} from "contracts/ClaimRegister.sol";

import {Proof} from "./Proof.sol";

/// @notice In how many municipalities an account is a creditor, and who sets an encryption key.
contract ClaimCreditors is Proof {
    uint256 private constant _CREDITORSHIPS_SLOT = 5;

    ClaimRegister private _register;

    function setUp() public {
        _register = new ClaimRegister(keccak256("instance"));
        svm.enableSymbolicStorage(address(_register));
    }

    /// @dev With the proof below: the count starts at zero and goes with every role of a creditor, so it is their number.
    /// @custom:halmos --loop 8
    function check_Creditorships_AreNoneAfterDeployment(address account, uint16 municipality) public {
        ClaimRegister fresh = new ClaimRegister(keccak256("instance"));
        assert(_count(fresh, account) == 0);
        assert(!_has(fresh, CREDITOR, municipality, account));
    }

    /// @custom:halmos --loop 8
    function check_Creditorships_GoWithTheRolesOfACreditor(
        address caller,
        uint256 action,
        bytes32 role,
        address grantee,
        address account
    ) public {
        uint256 count = _count(_register, account);
        bool before = _register.hasRole(role, account);
        bool counts = _register.verbOf(role) == CREDITOR;

        vm.prank(caller);
        if (action == 0) _register.grantRole(role, grantee);
        else if (action == 1) _register.revokeRole(role, grantee);
        else _register.renounceRole(role, grantee);

        bool present = _register.hasRole(role, account);
        uint256 more = uint256(_when(_all(counts, _all(present, !before)), bytes32(uint256(1))));
        uint256 fewer = uint256(_when(_all(counts, _all(before, !present)), bytes32(uint256(1))));
        assert(_count(_register, account) == count + more - fewer);
    }

    /// @dev What does not go through these three functions changes neither the count nor a role of a creditor.
    /// @custom:halmos --loop 8
    function check_Creditorships_ChangeOnlyWithARole(address caller, address account, uint16 municipality) public {
        uint256 count = _count(_register, account);
        bool before = _has(_register, CREDITOR, municipality, account);

        _callAnything(caller, address(_register), "ClaimRegister");

        bool unchanged = _all(
            _count(_register, account) == count,
            _has(_register, CREDITOR, municipality, account) == before
        );
        assert(_any(unchanged, _changesARole));
    }

    /// @custom:halmos --loop 8
    function check_EncryptionKey_IsSetByItsCreditorOnly(address caller, address creditor) public {
        bytes32 before = _register.encryptionKeyOf(creditor);
        bool mayAct = _all(caller == creditor, _count(_register, creditor) != 0);
        _callAnything(caller, address(_register), "ClaimRegister");
        bytes32 present = _register.encryptionKeyOf(creditor);
        assert(_any(present == before, _all(mayAct, present != bytes32(0))));
    }

    bool private _changesARole;

    function _beforeCall(bytes memory data) internal override {
        bytes4 selector = bytes4(data);
        bool taking = _any(selector == _register.revokeRole.selector, selector == _register.renounceRole.selector);
        _changesARole = _any(taking, selector == _register.grantRole.selector);
    }

    function _count(ClaimRegister register, address account) private view returns (uint256) {
        return uint256(vm.load(address(register), keccak256(abi.encode(account, _CREDITORSHIPS_SLOT))));
    }
}
