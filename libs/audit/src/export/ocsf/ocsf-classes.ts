/** How an action is classified in OCSF: the class and the activity within it. */
export interface OcsfActivity {
  readonly class: OcsfClass;
  readonly activityId: number;
  readonly activityName: string;
}

export interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly categoryUid: number;
  readonly categoryName: string;
}

const iam = { categoryUid: 3, categoryName: 'Identity & Access Management' };
const application = { categoryUid: 6, categoryName: 'Application Activity' };

export const ACCOUNT_CHANGE: OcsfClass = { uid: 3001, name: 'Account Change', ...iam };
export const AUTHENTICATION: OcsfClass = { uid: 3002, name: 'Authentication', ...iam };
export const ENTITY_MANAGEMENT: OcsfClass = { uid: 3004, name: 'Entity Management', ...iam };
export const API_ACTIVITY: OcsfClass = { uid: 6003, name: 'API Activity', ...application };
export const DATASTORE_ACTIVITY: OcsfClass = { uid: 6005, name: 'Datastore Activity', ...application };

const OTHER = 99;
const activity = (of: OcsfClass, activityId: number, activityName: string): OcsfActivity => ({
  class: of,
  activityId,
  activityName,
});
const account = (id: number, name: string) => activity(ACCOUNT_CHANGE, id, name);
const authentication = (id: number, name: string) => activity(AUTHENTICATION, id, name);
const entity = (id: number, name: string) => activity(ENTITY_MANAGEMENT, id, name);
const datastore = (id: number, name: string) => activity(DATASTORE_ACTIVITY, id, name);

/** What is more than a call of the API. Every other action is one, by its verb. */
export const ACTIVITIES: Readonly<Record<string, OcsfActivity>> = {
  'session.log_in': authentication(1, 'Logon'),
  'session.revoke': authentication(2, 'Logoff'),
  'session.revoke_all': authentication(2, 'Logoff'),
  'session.end_reused': authentication(2, 'Logoff'),
  'session.refresh': authentication(OTHER, 'refresh'),
  'registration.verify': account(1, 'Create'),
  'user.create': account(1, 'Create'),
  'user.create_first_administrator': account(1, 'Create'),
  'user.reactivate': account(2, 'Enable'),
  'password.change': account(3, 'Password Change'),
  'password_reset.request': account(OTHER, 'request'),
  'password.reset': account(4, 'Password Reset'),
  'user.deactivate': account(5, 'Disable'),
  'privacy.erase': account(6, 'Delete'),
  'user.set_roles': account(OTHER, 'set_roles'),
  'user.appoint_administrator': account(OTHER, 'appoint_administrator'),
  'user.update_profile': account(OTHER, 'update_profile'),
  'role.create': entity(1, 'Create'),
  'role.update': entity(3, 'Update'),
  'role.delete': entity(4, 'Delete'),
  'vault.reveal': datastore(10, 'Decrypt'),
  'privacy.export': datastore(1, 'Read'),
  'audit.export': datastore(1, 'Read'),
  'audit.export_exposures': datastore(1, 'Read'),
  'database.change': datastore(2, 'Update'),
};

/** The verbs of CRUD as actions say them. */
const VERBS: readonly (readonly [RegExp, number, string])[] = [
  [/^(create|add|insert|request|register|begin)(_|$)/, 1, 'Create'],
  [/^(read|list|get|check|export|look)(_|$)/, 2, 'Read'],
  [/^(update|change|set|rename|settle|capture|release|replay)(_|$)/, 3, 'Update'],
  [/^(delete|remove|erase|expire|forget|cancel)(_|$)/, 4, 'Delete'],
];

/** The operation by which somebody who gives a wrong password is refused. */
const LOGIN_OPERATION = 'logIn';

/** The class and activity of an entry. */
export function activityOf(entry: {
  readonly action: string;
  readonly resourceType: string | null;
  readonly resourceId: string | null;
}): OcsfActivity {
  const { action, resourceType, resourceId } = entry;
  if (action === 'request.refuse' && resourceType === 'operation' && resourceId === LOGIN_OPERATION)
    return authentication(1, 'Logon');
  const known = Object.hasOwn(ACTIVITIES, action) ? ACTIVITIES[action] : undefined;
  if (known) return known;
  const verb = action.slice(action.lastIndexOf('.') + 1);
  const [, id = OTHER, name = verb] = VERBS.find(([pattern]) => pattern.test(verb)) ?? [];
  return activity(API_ACTIVITY, id, name);
}
