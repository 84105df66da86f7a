export { Background } from './background/background.js';
export { Recurring } from './background/recurring.js';
export { AboutSubject, subjectPropertyOf } from './classification/about-subject.js';
export { ExportSource } from './classification/export-source.js';
export { captureOf, type CaptureOptions, AppendOnly, NotCaptured } from './classification/capture.js';
export {
  classificationOf,
  type ColumnClassification,
  NotPersonal,
  PersonalData,
  type PersonalDataOptions,
  type RetentionClass,
  Secret,
} from './classification/marks.js';
export { Sealed } from './classification/sealed.js';
export {
  AmountColumn,
  CodeColumn,
  CurrencyColumn,
  IdColumn,
  InstantColumn,
  IntegerColumn,
  JsonColumn,
  RefColumn,
} from './columns/columns.js';
export {
  ConfigError,
  type ConfigOf,
  defineConfig,
  type Environment,
  InjectConfig,
} from './config/define-config.js';
export { kernelConfig, type KernelConfig } from './config/kernel.config.js';
export { OperatorError } from './config/operator-error.js';
export { type Principal, systemPrincipal } from './context/principal.js';
export { newRequestState, RequestContext, type RequestState } from './context/request-context.js';
export { Database, type SnapshotQuery } from './database/database.js';
export type { Dialect, Statement } from './database/dialects/dialect.js';
export { migrationSource } from './database/migration-source.js';
export { type Migration, Migrator } from './database/migrator.js';
export { InjectRepository, repositoryToken } from './database/repositories.js';
export { kernelErrors } from './errors/kernel.errors.js';
export {
  defineErrors,
  type ErrorCatalogue,
  type ErrorDefinition,
  type FieldError,
  Problem,
  type ProblemOptions,
} from './errors/problem.js';
export { feature } from './features/feature.js';
export {
  type Feature,
  features,
  type PermissionCatalogue,
  type PurposeDefinition,
  registeredEntities,
  registeredMigrations,
} from './features/registry.js';
export { isId, newId } from './ids/ids.js';
export { KernelModule, type KernelOptions } from './kernel.module.js';
export { columns, createIndex, createTable, dropIndex, type TableParts } from './migrations/schema.js';
export { DomainEvent, type DomainEventType } from './outbox/domain-event.js';
export { type DeliveredEvent, Handles, type HandlerOptions } from './outbox/handles.js';
export { OutboxRelay } from './outbox/relay.js';
export { Authenticator, KeyedHash, Ports, SchemaGuard, UnitRecorder, ValueSealer } from './ports/ports.js';
export { Clock } from './time/clock.js';
export { toDate } from './time/to-date.js';
export {
  currentUnit,
  type CommittingUnit,
  MissedUpdate,
  type Unit,
  type UnitDescription,
  type UnitIntent,
} from './unit-of-work/unit.js';
export { UnitHooks } from './unit-of-work/unit-hooks.js';
export { UnitOfWork } from './unit-of-work/unit-of-work.js';
