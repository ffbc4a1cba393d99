#!/usr/bin/env node
// The compiler as py-solc-x, forge and slither call it: the command line of solc over npm's WebAssembly build.
// npm's own command prints a line before the JSON and refuses --allow-paths, which py-solc-x always passes.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const VERSION = '0.8.26+commit.8a97fa7a.Emscripten.clang';
const BINARY = path.resolve(__dirname, '../../node_modules/solc');

/** Reads all of standard input; a pipe that has nothing yet answers EAGAIN and is asked again. */
function readInput() {
  const chunks = [];
  const chunk = Buffer.alloc(1 << 16);
  for (;;) {
    try {
      const count = fs.readSync(0, chunk, 0, chunk.length, null);
      if (count === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(Buffer.from(chunk.subarray(0, count)));
    } catch (error) {
      if (error.code === 'EOF') return Buffer.concat(chunks).toString('utf8');
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Writes all of `text` before returning, since leaving the process cuts what a pipe still buffers. */
function writeOutput(text) {
  const bytes = Buffer.from(text, 'utf8');
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += fs.writeSync(1, bytes, offset);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/** Answers an import that is not among the sources, relative to the folder the compiler is called in. */
function readImport(name) {
  try {
    return { contents: fs.readFileSync(path.resolve(name), 'utf8') };
  } catch (error) {
    return { error: `cannot read ${name}: ${error.code}` };
  }
}

function compile() {
  const solc = require(BINARY);
  if (solc.version() !== VERSION) {
    throw new Error(`node_modules/solc is ${solc.version()}, expected ${VERSION}: run make setup`);
  }
  return solc.compile(readInput(), { import: readImport });
}

const options = process.argv.slice(2);
if (options.includes('--version')) {
  writeOutput(`solc, the solidity compiler commandline interface\nVersion: ${VERSION}\n`);
} else if (options.includes('--standard-json')) {
  writeOutput(compile() + '\n');
} else {
  process.stderr.write('only --version and --standard-json are answered here\n');
  process.exitCode = 1;
}
