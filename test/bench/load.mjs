// The load generator, in a process of its own. One socket per connection, one request under way on each, the
// next sent as soon as the answer is complete. It speaks just enough HTTP/1.1 to do that: the client shares the
// machine with the servers it measures, and a full HTTP client would take as much processor as the floor does.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const RUN_NAME = randomBytes(6).toString('hex');
let keys = 0;

function requestBytes({ method, path, body, port, hasIdempotencyKey }, accessToken) {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${accessToken}`,
  ];
  if (body !== undefined)
    lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`);
  const head = lines.join('\r\n');
  const rest = `\r\n\r\n${body ?? ''}`;
  const fixed = Buffer.from(head + rest);
  return hasIdempotencyKey
    ? () => `${head}\r\nIdempotency-Key: ${RUN_NAME}-${(keys += 1)}${rest}`
    : () => fixed;
}

/** Reads one response at a time from a socket; calls `onResponse(status, body)` when it is complete. */
function responseReader(onResponse) {
  let pending;
  return (chunk) => {
    const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    const headEnd = bytes.indexOf('\r\n\r\n');
    if (headEnd === -1) {
      pending = bytes;
      return;
    }
    const head = bytes.latin1Slice(0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length === null) throw new Error(`a response without Content-Length:\n${head}`);
    const end = headEnd + 4 + Number(length[1]);
    if (bytes.length < end) {
      pending = bytes;
      return;
    }
    pending = undefined;
    onResponse(Number(head.slice(9, 12)), bytes, headEnd + 4);
  };
}

/** Runs one closed loop until `seconds` are over or `requests` are answered, whichever is given. */
function closedLoop(job) {
  const { port, accessTokens, connections, seconds = 60, requests = Infinity, expectedStatus } = job;
  const latencies = [];
  const wrong = { count: 0, sample: undefined };
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  let begun = 0;

  const client = (_, index) =>
    new Promise((resolve, reject) => {
      const nextRequest = requestBytes(job, accessTokens[index % accessTokens.length]);
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      socket.setTimeout(15_000, () => socket.destroy(new Error('no answer within 15 s')));
      let sentAt = 0;
      const send = () => {
        sentAt = performance.now();
        if (sentAt >= endsAt || begun >= requests) {
          socket.end();
          resolve();
          return;
        }
        begun += 1;
        socket.write(nextRequest());
      };
      const read = responseReader((status, bytes, bodyStart) => {
        latencies.push(performance.now() - sentAt);
        if (status !== expectedStatus) {
          wrong.count += 1;
          wrong.sample ??= `${status} ${bytes.utf8Slice(bodyStart, bodyStart + 500)}`;
        }
        send();
      });
      socket.on('connect', send);
      socket.on('data', (chunk) => {
        try {
          read(chunk);
        } catch (error) {
          socket.destroy(error);
        }
      });
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed the connection')));
    });

  return Promise.all(Array.from({ length: connections }, client)).then(() => {
    const elapsedS = (performance.now() - startedAt) / 1000;
    const sorted = Float64Array.from(latencies).sort();
    const percentile = (p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0;
    return {
      count: sorted.length,
      perSecond: sorted.length / elapsedS,
      p50Ms: percentile(0.5),
      p99Ms: percentile(0.99),
      wrongCount: wrong.count,
      wrongSample: wrong.sample,
    };
  });
}

process.on('message', (job) => {
  closedLoop(job).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});
