// Ask the registry about one tag with ethers.js: node is_known.mjs <deployment file> <node> <tag>.
// Prints GREEN or RED and ends with 0. Whatever is not certain is an error and ends with 1; it is never red.

import { readFileSync } from "node:fs";
import { Contract, JsonRpcProvider, keccak256 } from "ethers";

process.on("uncaughtException", ({ code, message }) => { console.error(`error: ${code ? `closed epoch, silent node or wrong file? (${code})` : message}`); process.exit(1); });
const { genesisHash, chainId, contracts: { EnrolmentRegistry: { address, codeHash } } } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const [node, tag] = [new JsonRpcProvider(process.argv[3], chainId, { staticNetwork: true }), process.argv[4]];
const found = [(await node.getBlock(0)).hash, keccak256(await node.getCode(address))];
if (found.join() !== [genesisHash, codeHash].join()) throw new Error("another chain or contract than the deployed one");
const settings = "function municipality(uint16) view returns (uint32, uint32, uint32, bytes32, address, string, string)";
const registry = new Contract(address, ["function isKnown(bytes32) view returns (bool)", settings], node);
const [known, [current]] = [await registry.isKnown(tag), await registry.municipality(tag.slice(0, 6))];
if (!known && BigInt("0x" + tag.slice(6, 14)) !== current) throw new Error("a red for an old tag says nothing");
console.log(known ? "GREEN" : "RED");
