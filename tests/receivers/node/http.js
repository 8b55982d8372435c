// The receiver on plain Node http.
'use strict';
const http = require('node:http');
const { LIMIT, port, decide, events } = require('./core.js');

function answer(response, status, text = '') {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const server = http.createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/events') return answer(response, 200, events());
  const tooLarge = () => {
    response.shouldKeepAlive = false;
    answer(response, 413);
    request.unpipe?.();
  };
  if (Number(request.headers['content-length'] ?? 0) > LIMIT) return tooLarge();
  const pieces = [];
  let size = 0;
  request.on('data', (piece) => {
    size += piece.length;
    if (size <= LIMIT) pieces.push(piece);
    else if (!response.headersSent) tooLarge();
  });
  request.on('end', () => {
    if (!response.headersSent) answer(response, decide(request.method, request.headers, Buffer.concat(pieces)));
  });
  request.on('error', () => {});
});
server.listen(port, '127.0.0.1');
