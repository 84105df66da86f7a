import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { HealthController } from '../health/health.controller.js';
import { Health } from '../health/health.service.js';
import { DeadLettersController } from '../outbox/dead-letters.controller.js';
import { MetricsController } from '../metrics/metrics.controller.js';
import { RequestMetrics } from '../metrics/request-metrics.js';
import { RequestLog } from '../logging/request-log.js';
import { AccessCheck } from './access/access-check.js';
import { AccessGuard } from './access/access.guard.js';
import { Drain } from './drain.js';
import { ProblemFilter } from './problem.filter.js';
import { Routes } from './routes.js';
import { RequestValidationPipe } from './validation.pipe.js';

/** What stands between the wire and the rooms' controllers. Only `createHttpApp` imports it. */
@Module({
  imports: [DiscoveryModule],
  controllers: [HealthController, MetricsController, DeadLettersController],
  providers: [
    AccessCheck,
    Drain,
    Health,
    RequestLog,
    RequestMetrics,
    Routes,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_GUARD, useClass: AccessGuard },
    { provide: APP_PIPE, useClass: RequestValidationPipe },
  ],
})
export class HttpModule {}
