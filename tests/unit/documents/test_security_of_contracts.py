"""docs/security/contracts.md names what shows each invariant: every name is in the tree, every invariant is named."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
PAGE = (PROJECT / "docs" / "security" / "contracts.md").read_text()
KINDS = {"P": "check_", "I": "invariant_", "F": "testFuzz_"}


def in_the_tree(prefix: str) -> set[str]:
    sources = (path.read_text() for path in (PROJECT / "tests" / "forge").rglob("*.sol"))
    return {name for source in sources for name in re.findall(rf"function ({prefix}\w+)\(", source)}


def named() -> list[tuple[str, str]]:
    return re.findall(r"\b([PIF]) `(\w+)`", PAGE)


def test_page_names_only_what_is_there():
    assert named()
    assert [name for kind, name in named() if name not in in_the_tree(KINDS[kind])] == []


def test_page_names_every_invariant_and_every_proof():
    names = {name for _kind, name in named()}
    assert in_the_tree("invariant_") - names == set()
    assert in_the_tree("check_") - names == set()


def test_page_names_every_role_of_the_contracts():
    sources = (path.read_text() for path in (PROJECT / "contracts").rglob("*.sol"))
    roles = {role for source in sources for role in re.findall(r"bytes32 public constant (\w+) = keccak256", source)}
    table = PAGE.split("## Assets and invariants")[0]
    assert [role for role in sorted(roles) if f"`{role}`" not in table] == []


def test_page_links_only_what_is_there():
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert [link for link in links if not (PROJECT / "docs" / "security" / link).exists()] == []
