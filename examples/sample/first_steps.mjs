// Makes the sample account and its keys on the first start of script/server, and prints what to try.
//
//   node first_steps.mjs API-URL GATEWAY-URL TOKEN-FILE STATE-FILE PASSWORD-FILE
//
// STATE-FILE remembers ids and secrets, for their owner's eyes only.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const [api, gateway, tokenFile, stateFile, passwordFile] = process.argv.slice(2);
const token = readFileSync(tokenFile, 'utf8').trim();
// Somebody may have removed it after changing the password.
const firstPassword = existsSync(passwordFile) ? readFileSync(passwordFile, 'utf8').trim() : '(removed)';

async function call(method, path, body) {
  const response = await fetch(`${api}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) {
    const error = new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    throw Object.assign(error, { status: response.status });
  }
  return answer;
}

// Where a request from this machine comes from, as the gateway sees it.
const here = [...new Set(['127.0.0.1', new URL(gateway).hostname])];

async function createKey(account, name, entries) {
  const { key, secret } = await call('POST', `/accounts/${account}/keys`, {
    name,
    scopes: ['messages:read', 'messages:write'],
    allowlist: { entries },
  });
  return { id: key.id, secret };
}

async function makeSample() {
  // A number in the name: a start that was interrupted here may have left an account behind.
  const { id: account } = await call('POST', '/accounts', { name: `sample ${Date.now()}` });
  return {
    account,
    here: await createKey(account, 'from this machine', here.map((text) => ({ text, label: 'this machine' }))),
    elsewhere: await createKey(account, 'from the office', [{ text: '203.0.113.0/24', label: 'an office elsewhere' }]),
  };
}

console.log(`
  gateway    ${gateway}
  console    ${api}
  admin API  ${api}/api/v1
  operator   token ${token}
             kept in ${tokenFile}
  sign-in    login operator, first password ${firstPassword}
             kept in ${passwordFile}
`);

/** What the last start left; undefined on the first one, or if the account was deleted since. */
async function findSample() {
  if (!existsSync(stateFile)) return undefined;
  const sample = JSON.parse(readFileSync(stateFile, 'utf8'));
  try {
    await call('GET', `/accounts/${sample.account}`);
    return sample;
  } catch (error) {
    if (error.status === 404) return undefined;
    console.log(`The sample account cannot be looked at, so there is nothing to try: ${error.message}\n`);
    process.exit(0);
  }
}

const found = await findSample();
const sample = found ?? (await makeSample());
if (!found) writeFileSync(stateFile, JSON.stringify(sample, null, 2), { mode: 0o600 });
const { entry_count: officeEntries } = await call('GET', `/keys/${sample.elsewhere.id}/allowlist`);

const ask = (key, path) => `curl -i -H 'Authorization: Bearer ${key.secret}' ${gateway}${path}`;
console.log(`${found ? 'The data of the last start is intact' : 'Made for you'}: the account ${sample.account} with two keys.

Passes: this key's allowlist holds ${here.join(' and ')}.

  ${ask(sample.here, '/v1/messages')}

${
  officeEntries > 1
    ? "Refused until entries were added to this key's allowlist; they are still there:"
    : "Refused, 403 IP_NOT_ALLOWED: this key's allowlist holds 203.0.113.0/24 alone."
}

  ${ask(sample.elsewhere, '/v1/messages')}

Add your address to that allowlist; the refused line passes from the very next request.

  curl -X POST -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\
    -d '{"text":"${here.at(-1)}","label":"me"}' ${api}/api/v1/keys/${sample.elsewhere.id}/allowlist/entries

Refused, 403 INSUFFICIENT_SCOPE: the route asks for a scope that the key lacks.

  ${ask(sample.here, '/v1/reports/daily')}

Every one of these requests is in the usage log, with the reason for its answer.

  KEYFENCE_API=${api} KEYFENCE_TOKEN_FILE=${tokenFile} \\
    build/release/apps/keyfence/keyfence log --follow
`);
