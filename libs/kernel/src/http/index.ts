export {
  type AccessRule,
  Authenticated,
  CurrentPrincipal,
  Public,
  RequirePermission,
} from './access/access.js';
export { definePermissions, type Permission, PermissionRegistry } from './access/permissions.js';
export { createHttpApp, type HttpAppOptions } from './create-http-app.js';
export {
  ChoiceField,
  DigitsField,
  Field,
  type FieldOptions,
  IdField,
  IntegerField,
  LineField,
  PatternField,
  TextField,
} from './fields.js';
export { httpConfig, type HttpConfig } from './http.config.js';
export { IsId } from './is-id.js';
export { IdParam, PathParam, type PathParamOptions } from './path-params.js';
export { MayBeAbsent } from './may-be-absent.js';
export {
  decodeCursor,
  encodeCursor,
  type Page,
  PageOf,
  type PageOptions,
  PageQuery,
  paginate,
  selectPage,
} from './pagination.js';
export { serveOperations } from './operations-server.js';
export { problemDocument, type ProblemDocument } from './problem-document.js';
export { type Route, Routes } from './routes.js';
export { streamAnswer } from './stream-answer.js';
export { toProblem } from './to-problem.js';
export { IsReadable, IsVisibleText, Trimmed } from './visible-text.js';
export { ForPurpose } from './purpose.js';
