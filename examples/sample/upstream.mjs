// The API behind the gateway of script/server: a few messages, kept in memory.
//
//   node upstream.mjs PORT
//
//   GET  /v1/messages       all of them
//   POST /v1/messages       {"text": "..."} adds one
//   GET  /v1/reports/daily  how many there are; its gateway route asks for a scope that the sample keys lack
//
// Every answer tells whom the gateway let through, from the headers that it set.
import { createServer } from 'node:http';

const port = Number(process.argv[2]);
const bodyBytesMax = 64 * 1024;
const messages = [{ id: 1, text: 'Hello from behind the fence.' }];

async function readBody(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function addMessage(request) {
  const body = await readBody(request);
  if (body === undefined) return [413, { error: 'the body is too large' }];
  let text;
  try {
    ({ text } = JSON.parse(body));
  } catch {
    return [400, { error: 'the body is no JSON object' }];
  }
  if (typeof text !== 'string' || text === '') return [400, { error: 'text is missing' }];
  const message = { id: messages.length + 1, text };
  messages.push(message);
  return [201, message];
}

const routes = {
  'GET /v1/messages': () => [200, { messages }],
  'POST /v1/messages': addMessage,
  'GET /v1/reports/daily': () => [200, { messages: messages.length }],
};

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://sample');
  const route = routes[`${request.method} ${pathname}`];
  const [status, body] = route ? await route(request) : [404, { error: 'no such route' }];
  const caller = { key: request.headers['x-keyfence-key'], account: request.headers['x-keyfence-account'] };
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify({ ...body, caller })}\n`);
});
server.listen(port, '127.0.0.1', () => console.log(`listening on 127.0.0.1:${port}`));
process.on('SIGTERM', () => {
  server.close();
  server.closeAllConnections?.();
});
