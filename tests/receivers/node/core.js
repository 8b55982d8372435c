// What a receiver decides: authenticate the raw bytes, parse, keep each event once, on disk where --db names a file.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const { parseArgs } = require('node:util');

const LIMIT = 8_000_000;
const HEADERS = { luciq: 'x-lcq-signature-256', instabug: 'x-ibg-signature-256' };
const IDENTITY = {
  luciq: ['URL', 'url'], instabug: ['URL', 'url'], backtrace: ['fingerprint', 'object_id'],
  bugsplat: ['id', 'stackKeyId'], betterbugs: ['bugId'],
};

const option = { type: 'string', default: '' };
const given = parseArgs({ options: { vendor: option, port: option, secret: option, basic: option, db: option } }).values;
const secret = given.secret.trim();
if (HEADERS[given.vendor] && !secret) {
  console.error('a secret is needed');
  process.exit(1);
}

const records = new Map();
if (given.db && fs.existsSync(given.db)) {
  for (const line of fs.readFileSync(given.db, 'utf8').split('\n').filter(Boolean)) {
    const record = JSON.parse(line);
    records.set(record.key, record);
  }
}

function same(one, other) {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  return a.length === b.length && crypto.timingSafeEqual(a, b);
}

function authentic(headers, body) {
  const name = HEADERS[given.vendor];
  if (name) {
    const expected = crypto.createHmac('sha256', secret).update(body).digest('hex');
    if (!same(String(headers[name] ?? ''), expected)) return false;
  }
  if (given.basic) {
    const expected = 'Basic ' + Buffer.from(given.basic).toString('base64');
    if (!same(String(headers.authorization ?? ''), expected)) return false;
  }
  return true;
}

// Numbers beyond 2^53 lose their last digits in JavaScript, so for reading they become text; what is kept is raw.
function parseJson(text) {
  return JSON.parse(text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"$2"'));
}

function parseMultipart(body, type) {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1];
  if (!boundary) throw new Error('no boundary');
  const parts = body.toString('utf8').split('--' + boundary);
  if (parts.length > 1000 || parts.length < 3) throw new Error('not a form');
  const fields = {};
  for (const part of parts.slice(1, -1)) {
    const [head, ...content] = part.split('\r\n\r\n');
    const name = /name="([^"]*)"/.exec(head)?.[1];
    if (name) fields[name] = content.join('\r\n\r\n').replace(/\r\n$/, '');
  }
  return fields;
}

function parse(type, body) {
  const kind = (type ?? 'application/json').split(';')[0].trim().toLowerCase();
  try {
    if (kind === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
    if (kind === 'multipart/form-data') return parseMultipart(body, type);
    const payload = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
    return payload !== null && typeof payload === 'object' && !Array.isArray(payload) ? payload : null;
  } catch {
    return null;
  }
}

function store(payload, body, form) {
  const identity = IDENTITY[given.vendor].filter((name) => Object.hasOwn(payload, name)).map((name) => String(payload[name]));
  const key = identity.length ? JSON.stringify(identity) : crypto.createHash('sha256').update(body).digest('hex');
  const updatedAt = String(payload.updatedAt ?? '');
  const old = records.get(key);
  if (old && old.updatedAt >= updatedAt) return;
  const record = { key, updatedAt, raw: form ? JSON.stringify(payload) : body.toString('utf8') };
  if (given.db) {
    const file = fs.openSync(given.db, 'a');
    fs.writeSync(file, JSON.stringify(record) + '\n');
    fs.fsyncSync(file);
    fs.closeSync(file);
  }
  records.set(key, record);
}

function decide(method, headers, body) {
  if (method !== 'POST') return 405;
  if (!authentic(headers, body)) return 401;
  const payload = parse(headers['content-type'], body);
  if (payload === null) return 400;
  if (Object.keys(payload).length) store(payload, body, /form/.test(headers['content-type'] ?? ''));
  return 200;
}

const events = () => JSON.stringify([...records.values()]);

module.exports = { LIMIT, port: Number(given.port), decide, events };
