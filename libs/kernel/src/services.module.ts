import { Global, Module, type Provider } from '@nestjs/common';
import { feature } from './features/feature.js';
import { PermissionRegistry } from './http/access/permissions.js';
import { httpConfig } from './http/http.config.js';
import { IdempotencyAnswer } from './idempotency/idempotency-answer.entity.js';
import { IdempotencyRecord } from './idempotency/idempotency-record.entity.js';
import { Idempotency } from './idempotency/idempotency.service.js';
import { IdempotencyStore, REPLAY_PURPOSE } from './idempotency/idempotency-store.js';
import { IdempotentCalls } from './idempotency/idempotent-calls.js';
import { loggingConfig } from './logging/logging.config.js';
import { NestLogger } from './logging/nest-logger.js';
import { LogDestination, RootLogger, standardOutput } from './logging/root-logger.js';
import { mailConfig } from './mail/mail.config.js';
import { Mailer } from './mail/mailer.js';
import { Metrics } from './metrics/metrics.js';
import { metricsConfig } from './metrics/metrics.config.js';
import { CreateIdempotencyAndRateLimit1700000001100 } from './migrations/1700000001100-create-idempotency-and-rate-limit.js';
import { IndexIdempotencyByPrincipal1700000001200 } from './migrations/1700000001200-index-idempotency-by-principal.js';
import { KeepAnswersApart1700000001300 } from './migrations/1700000001300-keep-answers-apart.js';
import { RateLimit } from './rate-limit/rate-limit.entity.js';
import { RateLimiter } from './rate-limit/rate-limiter.js';

const providers: Provider[] = [
  { provide: LogDestination, useFactory: standardOutput },
  Idempotency,
  IdempotencyStore,
  IdempotentCalls,
  Mailer,
  Metrics,
  NestLogger,
  PermissionRegistry,
  RateLimiter,
  RootLogger,
];

const registration = feature({
  name: 'kernel-services',
  entities: [IdempotencyAnswer, IdempotencyRecord, RateLimit],
  migrations: [
    CreateIdempotencyAndRateLimit1700000001100,
    IndexIdempotencyByPrincipal1700000001200,
    KeepAnswersApart1700000001300,
  ],
  config: [httpConfig, loggingConfig, mailConfig, metricsConfig],
  purposes: {
    [REPLAY_PURPOSE]: {
      description: 'Telling you again what an earlier request with the same idempotency key was told',
      legalBasis: 'contract',
    },
  },
});

/** What rooms use beside the data half of the kernel, with or without HTTP in front. */
@Global()
@Module({
  imports: [registration],
  providers,
  exports: [registration, ...providers],
})
export class ServicesModule {}
