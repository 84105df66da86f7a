import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** What is answered for whoever operates the process, even where it can do no work. */
export const operationsPaths: readonly string[] = ['/health/live', '/health/ready', '/metrics'];

/**
 * Answers for the health and the metrics of a process that serves nothing else, such as a worker. Every other route of the
 * application stays shut. Resolves to the port once it listens; it ends with the process.
 */
export async function serveOperations(
  app: NestFastifyApplication,
  port: number,
  host: string,
): Promise<number> {
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.ready();
  const server: Server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (operationsPaths.includes(path)) fastify.routing(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.unref();
  return (server.address() as AddressInfo).port;
}
