import 'reflect-metadata';
import { migrationSource } from '#kernel';
import { AppModule } from './apps/api/src/app.module.js';

// For TypeORM's own tools, after a build: npx typeorm migration:show -d dist/ormconfig.js
// Migrations run with `npm run steward -- migrate`, which also brings the capture triggers up to date.
AppModule.forRoot();

export default migrationSource();
