// Loaded before Ganache: its standard input is a pipe the parent holds, so it ends however the parent does,
// and the usual signal lets it write its database first. Unreferenced, the pipe does not keep a failed start alive.
'use strict';

process.stdin.resume().on('end', () => process.kill(process.pid, 'SIGTERM')).unref();
