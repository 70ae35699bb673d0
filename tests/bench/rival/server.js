// The rival: `DATABASE_URL=… PORT_FILE=… node server.js`. RIVAL_MODE is `batched` (default), `simple` or `plain`, RIVAL_LANES how
// many batches may be under way at once (1). Answers 200 only after COMMIT. Ends with SIGTERM.
import { writeFileSync } from 'node:fs';
import Fastify from 'fastify';
import pg from 'pg';
import { BatchedStore, simple } from './batched.js';
import { PlainStore } from './plain.js';
import { decode } from './webhook.js';

const plain = process.env.RIVAL_MODE === 'plain';
const lanes = Number(process.env.RIVAL_LANES ?? 1);
const secret = process.env.RIVAL_SECRET ?? 'example-secret';
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: plain ? 16 : lanes });
const statement = process.env.RIVAL_MODE === 'simple' ? simple : undefined;
const store = plain ? new PlainStore(pool) : new BatchedStore(pool, lanes, statement);

const app = Fastify({ logger: false, bodyLimit: 256 * 1024, keepAliveTimeout: 75_000 });
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

const answerSchema = {
  response: {
    200: {
      type: 'object',
      properties: { success: { type: 'boolean' }, id: { type: 'string' }, outcome: { type: 'string' } },
    },
  },
};
app.post('/webhooks/maystro/:secret', { schema: answerSchema }, async (request, reply) => {
  if (request.params.secret !== secret) return reply.code(401).send();
  let event;
  try {
    event = decode(request.body);
  } catch {
    return reply.code(202).send({ success: false, outcome: 'quarantined' });
  }
  const id = await store.store(event);
  return { success: true, id: id ?? '', outcome: id === null ? 'duplicate' : 'stored' };
});
app.get('/readyz', async () => {
  await pool.query('select 1');
  return { database: 'up' };
});

process.on('SIGTERM', async () => {
  await app.close();
  await pool.end();
});
await app.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
writeFileSync(process.env.PORT_FILE, `${app.server.address().port}\n`);
