#!/usr/bin/env node
// Speaks as much of the native compiler's command line as Brownie and py-solc-x use, on top of npm's `solc` (soljson),
// because no native solc can be downloaded where the network is closed.
import { createRequire } from "node:module";
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(join(root, "package.json"));
const options = process.argv.slice(2);

function valueOf(name) {
  const at = options.indexOf(name);
  return at >= 0 ? options[at + 1] : undefined;
}

const basePath = valueOf("--base-path") ?? process.cwd();

function readImport(path) {
  const candidates = isAbsolute(path) ? [path] : [join(basePath, path), join(root, path), join(root, "node_modules", path)];
  const found = candidates.find((candidate) => existsSync(candidate));
  return found ? { contents: readFileSync(found, "utf8") } : { error: `File not found: ${path}` };
}

// solc installs a handler that prints the whole 9 MB module on an uncaught error; put ours back.
const solc = require("solc");
process.removeAllListeners("uncaughtException");
process.removeAllListeners("unhandledRejection");

if (options.includes("--version")) {
  console.log("solc, the solidity compiler commandline interface");
  console.log(`Version: ${solc.version()}`);
} else if (options.includes("--standard-json")) {
  process.stdout.write(solc.compile(readFileSync(0, "utf8"), { import: readImport }));
} else {
  console.error(`solc shim: only --version and --standard-json are offered, not: ${options.join(" ")}`);
  process.exitCode = 2;
}
