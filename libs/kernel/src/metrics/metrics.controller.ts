import { createHash, timingSafeEqual } from 'node:crypto';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { InjectConfig } from '../config/define-config.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Public } from '../http/access/access.js';
import { Metrics } from './metrics.js';
import { metricsConfig, type MetricsConfig } from './metrics.config.js';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** For Prometheus and its like, which show a token of their own. Not in the API document: no client of the API needs it. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @InjectConfig(metricsConfig) private readonly config: MetricsConfig,
  ) {}

  @Get()
  @Public()
  async read(
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { token } = this.config;
    if (token === undefined || !isSame(authorization ?? '', `Bearer ${token}`)) {
      throw kernelErrors.problem('kernel.unauthenticated', {
        detail: 'Send what the setting METRICS_TOKEN says, as "Bearer <token>". Without it, nobody may ask.',
      });
    }
    reply.type(TYPE);
    return this.metrics.text();
  }
}

/** Whether two texts are the same, told in the same time wherever they differ. */
const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));
const digest = (text: string) => createHash('sha256').update(text).digest();
