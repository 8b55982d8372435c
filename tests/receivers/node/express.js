// The receiver in Express: the raw parser for every type, so that the signature is checked over the bytes as they came.
'use strict';
const express = require('express');
const { LIMIT, port, decide, events } = require('./core.js');

const app = express();
app.get('/events', (request, response) => response.type('json').send(events()));
// The parser reads a body that is too large to its end before it refuses it; what is announced too large need not come.
app.use('/hook', (request, response, next) => {
  if (Number(request.headers['content-length'] ?? 0) <= LIMIT) return next();
  response.set('connection', 'close').status(413).json({});
});
app.use('/hook', express.raw({ type: () => true, limit: LIMIT, inflate: false }));
app.all('/hook', (request, response) => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  response.status(decide(request.method, request.headers, body)).json({});
});
// The default handler shows a stack trace.
app.use((error, request, response, next) => response.status(error.status ?? 500).json({}));
app.listen(port, '127.0.0.1');
