// A receiver of Luciq's webhook in Express. The secret comes from the environment; in tests, provider states set it.
'use strict';
const crypto = require('node:crypto');
const express = require('express');

const app = express();
let secret = process.env.LUCIQ_SECRET ?? '';

app.post('/hooks/luciq', express.raw({ type: () => true, limit: '5mb' }), (request, response) => {
  const body = request.body; // the bytes as they came: they are what was signed
  const expected = crypto.createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(request.get('x-lcq-signature-256') ?? '', 'hex');
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) return response.sendStatus(401);
  return response.sendStatus(204);
});

if (process.env.NODE_ENV === 'test') {
  app.post('/_state', express.json(), (request, response) => {
    secret = request.body.params?.secret ?? secret;
    response.json({});
  });
}

app.listen(Number(process.env.PORT ?? 8000), '127.0.0.1');
