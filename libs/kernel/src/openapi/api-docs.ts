import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { buildOpenApi } from './build-open-api.js';

/** Serves the document at `/openapi.json` and Swagger UI at `/docs`. The document is built when it is first asked for. */
export function serveApiDocs(app: NestFastifyApplication): void {
  let document: OpenAPIObject | undefined;
  let json: string | undefined;
  const built = () => (document ??= buildOpenApi(app));
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', (_request, reply) => {
      json ??= JSON.stringify(built());
      return reply.type('application/json; charset=utf-8').send(json);
    });
  SwaggerModule.setup('docs', app, built, {
    raw: false,
    customSiteTitle: 'Steward API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}
