import { AccessDenied, SourceUnreadable } from './log-source.js';
import type { Resources } from './static-log.js';

const TIMEOUT_MS = 30_000;
const TRIES = 3;

export interface WebServerOptions {
  /** Sent as a bearer token with every request, for leaf data that only auditors may read. */
  readonly token?: string;
}

/** What a web server has below an address, such as `https://steward.example/v1/log`. */
export function webServer(address: string, { token }: WebServerOptions = {}): Resources {
  const base = address.replace(/\/+$/, '');
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return {
    name: base,
    readAhead: 8,
    async read(path, maxBytes) {
      const url = `${base}/${path}`;
      for (let attempt = 1; ; attempt++) {
        const answer = await get(url, headers, maxBytes);
        if (!(answer instanceof Error)) return answer;
        if (attempt === TRIES) throw new SourceUnreadable(answer.message, { cause: answer });
      }
    },
  };
}

/** What is there, or an error that another try may not meet. */
async function get(
  url: string,
  headers: Record<string, string>,
  maxBytes: number,
): Promise<Buffer | undefined | Error> {
  let response: Response;
  let body: Buffer | undefined;
  try {
    response = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await bodyOf(response, maxBytes);
  } catch (error) {
    const { cause } = error as Error;
    return new Error(`${url} cannot be read: ${String(cause ?? error)}`, { cause: error });
  }
  if (response.status === 404 || response.status === 410) return undefined;
  if (response.status === 401 || response.status === 403)
    throw new AccessDenied(`${url}: ${response.status}`);
  if (response.status >= 500) return new Error(`${url} answers ${response.status}`);
  if (!response.ok) throw new SourceUnreadable(`${url} answers ${response.status}`);
  if (body === undefined) throw new SourceUnreadable(`${url} has more than ${maxBytes} bytes`);
  return body;
}

/** The whole body, or undefined when it is too long. */
async function bodyOf(response: Response, maxBytes: number): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
