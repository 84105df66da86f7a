import type { Server } from 'node:http';
import { type DynamicModule, Logger, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type Environment, loadConfigs } from '../config/define-config.js';
import { processEnvironment } from '../config/kernel.config.js';
import { RequestContext } from '../context/request-context.js';
import { features } from '../features/registry.js';
import { NestLogger } from '../logging/nest-logger.js';
import { RequestLog } from '../logging/request-log.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { serveApiDocs } from '../openapi/api-docs.js';
import { parseJsonOnly } from './body-parser.js';
import { Drain } from './drain.js';
import { openEdge } from './edge.js';
import { httpConfig, type HttpConfig } from './http.config.js';
import { HttpModule } from './http.module.js';
import { answerBrokenRequest, answerUnroutable } from './unroutable.js';

export interface HttpAppOptions {
  /** Where settings are read from, the same that `KernelModule.forRoot` got; unset: the environment of the process. */
  readonly environment?: Environment;
  /** Stop on SIGTERM and SIGINT, draining requests first. Default true. */
  readonly shutdownHooks?: boolean;
}

@Module({})
class HttpApplication {}

/** Longer than the idle timeout of common load balancers, so that they close connections, not we under their feet. */
const KEEP_ALIVE_MS = 72_000;
const MAX_PARAM_LENGTH = 200;

/**
 * The application behind HTTP: `module` with the kernel's edge around it, not yet listening. Throws `ConfigError` with
 * every mistake in the environment before anything is started.
 */
export async function createHttpApp(
  module: Type | DynamicModule,
  { environment = processEnvironment(), shutdownHooks = true }: HttpAppOptions = {},
): Promise<NestFastifyApplication> {
  const config = readConfig(environment);
  const app = await create(module, config);
  app.useSecurityHeaders(securityHeaders);
  if (config.corsOrigins.length > 0) {
    app.enableCors({
      origin: [...config.corsOrigins],
      exposedHeaders: [
        'x-request-id',
        'x-trace-id',
        'idempotent-replayed',
        'retry-after',
        'ratelimit',
        'ratelimit-policy',
      ],
      maxAge: 600,
    });
  }
  const fastify = app.getHttpAdapter().getInstance();
  parseJsonOnly(fastify);
  openEdge(fastify, {
    context: app.get(RequestContext, { strict: false }),
    drain: app.get(Drain, { strict: false }),
    log: app.get(RequestLog, { strict: false }),
    metrics: app.get(RequestMetrics, { strict: false }),
  });
  serveApiDocs(app);
  const server = app.getHttpServer() as Server;
  server.on('checkExpectation', (request, reply) => server.emit('request', request, reply));
  limitTimes(server, config);
  if (shutdownHooks) app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  return app;
}

/** What Nest says while it builds the application waits for our log; when that fails, the error says it all. */
async function create(module: Type | DynamicModule, config: HttpConfig): Promise<NestFastifyApplication> {
  const root = { module: HttpApplication, imports: [module, HttpModule] };
  const options = { abortOnError: false, bodyParser: false, bufferLogs: true, autoFlushLogs: false };
  try {
    const app = await NestFactory.create<NestFastifyApplication>(root, adapter(config), options);
    app.useLogger(app.get(NestLogger, { strict: false }));
    app.flushLogs();
    return app;
  } catch (error) {
    Logger.overrideLogger(false);
    Logger.flush();
    throw error;
  }
}

function readConfig(environment: Environment): HttpConfig {
  const definitions = features().flatMap(({ config }) => config ?? []);
  return loadConfigs(definitions, environment).get(httpConfig.token) as HttpConfig;
}

function adapter(config: HttpConfig): FastifyAdapter {
  return new FastifyAdapter({
    trustProxy: config.trustProxy,
    bodyLimit: config.bodyLimitBytes,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerBrokenRequest,
    // What Node would refuse without a body is refused at the edge.
    http: { requireHostHeader: false },
    // While the process drains, what arrives on an open connection is still answered.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });
}

function limitTimes(server: Server, { requestTimeoutMs }: HttpConfig): void {
  server.requestTimeout = requestTimeoutMs;
  server.headersTimeout = Math.min(requestTimeoutMs, 20_000);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = Math.max(2 * requestTimeoutMs, KEEP_ALIVE_MS + 1000);
}

/** One policy for everything: answers are data, and Swagger UI gets by with our own scripts and inline styles. */
const securityHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'"],
      'connect-src': ["'self'"],
      'base-uri': ["'none'"],
      'form-action': ["'none'"],
      'frame-ancestors': ["'none'"],
    },
  },
  xFrameOptions: { action: 'deny' as const },
  xDownloadOptions: false,
  xDnsPrefetchControl: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};
