// Verifies a receiver by a pact file with pact-core: node verify.js FILE PORT
'use strict';
const pact = require('@pact-foundation/pact-core').default;

const [file, port] = process.argv.slice(2);
pact
  .verifyPacts({
    provider: 'webhook-receiver',
    providerBaseUrl: `http://127.0.0.1:${port}`,
    providerStatesSetupUrl: `http://127.0.0.1:${port}/_state`,
    pactUrls: [file],
  })
  .then(() => process.exit(0), () => process.exit(1));
